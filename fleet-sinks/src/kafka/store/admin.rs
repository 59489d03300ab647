//! Clients for administration.

use rdkafka::admin::AdminClient;

use crate::kafka::context::Logged;

/// Drops a client where its end may block: it waits for its thread.
pub(super) fn drop_aside(client: AdminClient<Logged>) {
    tokio::task::spawn_blocking(move || drop(client));
}
