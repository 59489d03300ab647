//! Encryption and secrets of PostgreSQL, against real servers.
#![expect(clippy::unwrap_used, reason = "helpers of tests fail by panic")]

mod encryption;
mod secrets;

use std::{error::Error as _, fmt::Write as _};

use fleet_core::{Error, Result};
use fleet_sinks::postgres::{Database, PostgresOptions};

async fn connect(url: &str) -> Result<Database> {
    Database::connect(url, PostgresOptions::default()).await
}

/// All that an error says in any way, its causes included.
fn said(error: &Error) -> String {
    let mut said = format!("{error} {error:?}");
    let mut cause = error.source();
    while let Some(because) = cause {
        let _ = write!(said, " {because} {because:?}");
        cause = because.source();
    }
    said
}
