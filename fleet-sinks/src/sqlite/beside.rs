//! Reads through a second connection, beside the one that commits.

use std::{panic::resume_unwind, path::Path, time::Duration};

use fleet_core::{Error, ErrorKind, Result};
use rusqlite::{Connection, OpenFlags};
use tokio::runtime::Handle;

/// Reads from one snapshot of a file. Commits go on meanwhile; only the write-ahead log cannot be
/// reused before the end.
pub(super) fn read<T>(
    path: &Path,
    patience: Duration,
    read: impl FnOnce(&Connection) -> rusqlite::Result<T>,
) -> rusqlite::Result<T> {
    // Not read-only: the last connection that is closed moves the log into the file.
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut db = Connection::open_with_flags(path, flags)?;
    db.busy_timeout(patience)?;
    db.pragma_update(None, "query_only", "on")?;
    let snapshot = db.transaction()?;
    read(&snapshot)
}

/// Runs blocking work on another thread; here if there is no runtime.
pub(super) async fn spawn<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T> {
    let Ok(runtime) = Handle::try_current() else {
        return Ok(work());
    };
    match runtime.spawn_blocking(work).await {
        Ok(done) => Ok(done),
        Err(failed) => match failed.try_into_panic() {
            Ok(panic) => resume_unwind(panic),
            Err(cancelled) => Err(Error::new(
                ErrorKind::Store,
                format!("cannot read a store: the runtime is shutting down: {cancelled}"),
            )),
        },
    }
}
