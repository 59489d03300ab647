//! The value of `--sink`.

#[cfg(feature = "kafka")]
use std::hash::{DefaultHasher, Hash, Hasher};
use std::{fmt, path::PathBuf, str::FromStr};

use crate::{address::PostgresAddress, topic::TopicAddress};

/// Where a run stores its results.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum SinkChoice {
    /// A database file.
    Sqlite(PathBuf),
    /// A PostgreSQL database.
    Postgres(PostgresAddress),
    /// Topics of Apache Kafka.
    Kafka(TopicAddress),
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
        if let Some(address) = PostgresAddress::parse(text) {
            return address.map(Self::Postgres);
        }
        if let Some(topic) = TopicAddress::parse(text) {
            return topic.map(Self::Kafka);
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
                "`{kind}` is not a sink: use sqlite:PATH, postgres:URL, kafka:BROKERS/TOPIC, ndjson:DIR, csv:DIR or null"
            )),
        }
    }
}

impl fmt::Display for SinkChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(path) | Self::Ndjson(path) | Self::Csv(path) => path.display().fmt(f),
            Self::Postgres(address) => address.fmt(f),
            Self::Kafka(topic) => topic.fmt(f),
            Self::Null => f.write_str("nowhere"),
        }
    }
}

impl SinkChoice {
    /// Returns the group of a pipeline that reads a topic into this sink. Members of a group share
    /// the positions in one store, so a store on this machine alone needs a separate group.
    #[cfg(feature = "kafka")]
    pub(crate) fn group(&self, pipeline: &str) -> String {
        if let Self::Postgres(_) = self {
            return pipeline.to_owned();
        }
        let machine = std::fs::read_to_string("/etc/hostname").unwrap_or_default();
        let folder = std::env::current_dir().unwrap_or_default();
        let mut hasher = DefaultHasher::new();
        (machine, folder, self.to_string()).hash(&mut hasher);
        format!("{pipeline}-{:016x}", hasher.finish())
    }

    /// Returns the `--db` value of the database with the dead letters, if the sink stores any.
    pub(crate) fn dead_letter_db(&self) -> Option<String> {
        match self {
            Self::Sqlite(path) => Some(path.display().to_string()),
            // The URL itself may hold a password.
            Self::Postgres(_) => Some("postgres:URL".to_owned()),
            Self::Ndjson(dir) | Self::Csv(dir) => {
                Some(dir.join(".positions.db").display().to_string())
            }
            Self::Kafka(topic) => Some(positions_beside(topic).display().to_string()),
            Self::Null => None,
        }
    }
}

/// The file with positions and dead letters of what goes to a topic: in the working folder, named
/// after the topic and its brokers.
pub(crate) fn positions_beside(topic: &TopicAddress) -> PathBuf {
    let name = topic.topic.replace(['{', '}'], "");
    let brokers = topic
        .brokers
        .replace(|c: char| !c.is_ascii_alphanumeric(), "_");
    PathBuf::from(format!("{name}.{brokers}.positions.db"))
}
