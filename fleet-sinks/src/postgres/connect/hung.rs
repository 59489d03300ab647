//! Ends sessions of ours that hang in the middle of `COPY`.
//!
//! A process that is stopped there, or whose machine is frozen, holds the locks of its transaction
//! for ever: the session counts as active, so no deadline for idle ones applies, and the server
//! does not cancel a statement while it waits for the client. Its successor would wait with it.

use super::connection::PostgresConnection;

/// Ends sessions of the same login and the same `application_name` whose client has sent nothing
/// for as long as a session may be idle in a transaction. `role` is put aside, because who may end
/// a session is decided by login.
const END: &str = "
BEGIN;
SET LOCAL ROLE NONE;
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE datname = current_database() AND usename = session_user AND pid <> pg_backend_pid()
  AND application_name = current_setting('application_name')
  AND state = 'active' AND wait_event = 'ClientRead' AND query ILIKE 'COPY%'
  AND clock_timestamp() - query_start
      > current_setting('idle_in_transaction_session_timeout')::interval;
COMMIT";

impl PostgresConnection {
    /// Ends hung sessions: before a partition is taken over, and after a failure that may have been
    /// a wait for one of them. A session that was only slow is told that its connection is closed,
    /// and tries again. That this does not work is no error: what waits goes on waiting.
    pub(in crate::postgres) async fn end_hung_peers(&self) {
        let ended = self.client().batch_execute(END);
        if let Err(error) = self.run("look for hung sessions in", ended).await {
            tracing::warn!(%error, "sessions that hang are not ended");
            let _ = self.client().batch_execute("ROLLBACK").await;
        }
    }
}
