//! Encryption and secrecy of PostgreSQL connections, against real servers.
#![expect(clippy::unwrap_used, reason = "helpers of tests fail by panic")]

mod encryption;
mod secrets;

use std::{error::Error as _, fmt::Write as _};

use fleet_core::{Error, Result};
use fleet_sinks::postgres::{Database, PostgresOptions};

async fn connect(url: &str) -> Result<Database> {
    Database::connect(url, PostgresOptions::default()).await
}

/// Everything that an error shows in any format, including its causes.
fn full_text(error: &Error) -> String {
    let mut full_text = format!("{error} {error:?}");
    let mut cause = error.source();
    while let Some(because) = cause {
        let _ = write!(full_text, " {because} {because:?}");
        cause = because.source();
    }
    full_text
}
