//! The value of `--db`.

use std::{fmt, path::PathBuf, str::FromStr};

use fleet_core::{Error, ErrorKind, Result};

#[cfg(feature = "postgres")]
use fleet_sinks::postgres::PostgresOptions;

#[cfg(feature = "postgres")]
use crate::database::postgres::PostgresServer;
use crate::{
    address::{PostgresAddress, may_hold_password},
    database::{reader::Database, sqlite::SqliteFile},
};

/// The database that a command reads.
#[derive(Clone, Debug)]
pub(crate) enum DatabaseChoice {
    /// A SQLite file.
    File(PathBuf),
    /// A PostgreSQL database.
    Postgres(PostgresAddress),
}

impl FromStr for DatabaseChoice {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        match PostgresAddress::parse(text) {
            Some(address) => address.map(Self::Postgres),
            None if may_hold_password(text) => {
                Err("it is neither a file nor postgres:URL".to_owned())
            }
            None => Ok(Self::File(text.into())),
        }
    }
}

impl fmt::Display for DatabaseChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => path.display().fmt(f),
            Self::Postgres(address) => address.fmt(f),
        }
    }
}

impl DatabaseChoice {
    /// Opens the database for reading.
    ///
    /// # Errors
    /// Returns an error if the file does not exist or the server refuses the connection.
    pub(crate) async fn open(&self) -> Result<Database> {
        match self {
            Self::File(path) if path.is_file() => Ok(Database::File(SqliteFile(path.clone()))),
            Self::File(_) => {
                let message = format!(
                    "there is no database {self}: run fleet demo first, or name one with --db"
                );
                Err(Error::new(ErrorKind::Config, message))
            }
            #[cfg(feature = "postgres")]
            Self::Postgres(address) => {
                let server = PostgresServer(address.connect(PostgresOptions::default()).await?);
                Ok(Database::Postgres(server))
            }
            #[cfg(not(feature = "postgres"))]
            Self::Postgres(_) => Err(PostgresAddress::not_built()),
        }
    }
}
