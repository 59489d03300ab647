//! Where results go, as the command line names it.

use std::{fmt, path::PathBuf, str::FromStr};

use crate::address::PostgresAddress;

/// A `--sink`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum SinkChoice {
    /// A database file.
    Sqlite(PathBuf),
    /// A database on a server.
    Postgres(PostgresAddress),
    /// A folder of NDJSON files.
    Ndjson(PathBuf),
    /// A folder of CSV files.
    Csv(PathBuf),
    /// Nowhere.
    Null,
}

impl FromStr for SinkChoice {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        if let Some(address) = PostgresAddress::named_by(text) {
            return address.map(Self::Postgres);
        }
        let (kind, path) = text.split_once(':').unwrap_or((text, ""));
        match kind {
            "null" if path.is_empty() => Ok(Self::Null),
            "sqlite" | "ndjson" | "csv" if path.is_empty() => {
                Err(format!("{kind} needs a path: {kind}:PATH"))
            }
            "sqlite" => Ok(Self::Sqlite(path.into())),
            "ndjson" => Ok(Self::Ndjson(path.into())),
            "csv" => Ok(Self::Csv(path.into())),
            _ => Err(format!(
                "`{kind}` is no sink: use sqlite:PATH, postgres:URL, ndjson:DIR, csv:DIR or null"
            )),
        }
    }
}

impl fmt::Display for SinkChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(path) | Self::Ndjson(path) | Self::Csv(path) => path.display().fmt(f),
            Self::Postgres(address) => address.fmt(f),
            Self::Null => f.write_str("nowhere"),
        }
    }
}

impl SinkChoice {
    /// What `--db` takes for the database that holds its dead letters, if it keeps any.
    pub(crate) fn dead_letters(&self) -> Option<String> {
        match self {
            Self::Sqlite(path) => Some(path.display().to_string()),
            // The rest of it holds a password.
            Self::Postgres(_) => Some("postgres:URL".to_owned()),
            Self::Ndjson(dir) | Self::Csv(dir) => {
                Some(dir.join(".positions.db").display().to_string())
            }
            Self::Null => None,
        }
    }
}
