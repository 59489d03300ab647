//! Queries on a database of results.

use std::io::Write;

use fleet_core::Result;
#[cfg(feature = "kafka")]
use fleet_core::{Offset, Partition};
use fleet_sinks::{StoreSummary, StoredDeadLetter};

#[cfg(feature = "postgres")]
use crate::database::postgres::{PostgresServer, SELF_DRIVING, TRIPS};
use crate::database::{row::Row, sqlite::SqliteFile};

/// Every pipeline that this program runs, under the name it has in a store.
const PIPELINES: [&str; 12] = [
    "demo",
    "demo-ndjson",
    "demo-csv",
    "demo-self-driving",
    "demo-self-driving-ndjson",
    "demo-self-driving-csv",
    "demo-trips",
    "demo-trips-ndjson",
    "demo-trips-csv",
    "replay",
    "replay-ndjson",
    "replay-csv",
];

/// An open database.
pub(crate) enum Database {
    File(SqliteFile),
    #[cfg(feature = "postgres")]
    Postgres(PostgresServer),
}

/// Asks whichever database it is.
macro_rules! ask {
    ($database:expr, $method:ident($($argument:expr),*)) => {
        match $database {
            Database::File(file) => file.$method($($argument),*),
            #[cfg(feature = "postgres")]
            Database::Postgres(server) => server.$method($($argument),*).await,
        }
    };
}

impl Database {
    /// Returns the summary of each pipeline that ever ran on this database.
    pub(crate) async fn summaries(&self) -> Result<Vec<StoreSummary>> {
        let mut summaries = Vec::new();
        for pipeline in PIPELINES {
            summaries.push(ask!(self, summary(pipeline))?);
        }
        summaries.retain(|summary| summary.partitions > 0);
        Ok(summaries)
    }

    /// Returns the position of each partition that a pipeline has read.
    #[cfg(feature = "kafka")]
    pub(crate) async fn positions(&self, pipeline: &str) -> Result<Vec<(Partition, Offset)>> {
        use fleet_core::checkpoint::CheckpointStore as _;
        let partitions = match self {
            Self::File(file) => file.store(pipeline)?.partitions().await?,
            #[cfg(feature = "postgres")]
            Self::Postgres(server) => server.store(pipeline).await?.partitions().await?,
        };
        let positions = partitions.into_iter();
        Ok(positions
            .filter_map(|(partition, progress)| Some((partition, progress.next?)))
            .collect())
    }

    /// Returns the first dead letters of each pipeline, at most `limit` of each.
    pub(crate) async fn dead_letters(&self, limit: usize) -> Result<Vec<StoredDeadLetter>> {
        let mut letters = Vec::new();
        for pipeline in PIPELINES {
            letters.extend(ask!(self, dead_letters(pipeline, limit))?);
        }
        Ok(letters)
    }

    /// Writes the dead-lettered records of all pipelines. Returns how many were left out because
    /// only their first bytes are stored.
    pub(crate) async fn export_dead_letters(&self, to: &mut dyn Write) -> Result<u64> {
        let mut cut = 0;
        for pipeline in PIPELINES {
            cut += ask!(self, export_dead_letters(pipeline, to))?.cut;
        }
        Ok(cut)
    }

    /// Writes the rows that the sink of this name refused, of all pipelines. Returns how many were
    /// left out because only their first bytes are stored.
    pub(crate) async fn export_rejected_rows(&self, sink: &str, to: &mut dyn Write) -> Result<u64> {
        let mut cut = 0;
        for pipeline in PIPELINES {
            cut += ask!(self, export_rejected_rows(pipeline, sink, to))?.cut;
        }
        Ok(cut)
    }

    /// Whether the database holds results; the one beside files has none.
    pub(crate) async fn has_results(&self) -> Result<bool> {
        let tables = match self {
            Self::File(_) => ["self_driving", "trips"],
            #[cfg(feature = "postgres")]
            Self::Postgres(_) => ["fleet.self_driving_hours", "fleet.driver_scores"],
        };
        for table in tables {
            if !ask!(self, has_table(table))? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// The sums of self-driving vehicles by hour, to select from.
    pub(crate) fn self_driving(&self) -> &'static str {
        match self {
            Self::File(_) => "self_driving",
            #[cfg(feature = "postgres")]
            Self::Postgres(_) => SELF_DRIVING,
        }
    }

    /// The trips with `score` and the reason of its absence, `insufficient`, to select from.
    pub(crate) fn trips(&self) -> &'static str {
        match self {
            Self::File(_) => "trips",
            #[cfg(feature = "postgres")]
            Self::Postgres(_) => TRIPS,
        }
    }

    /// Runs a query that both databases understand: numbers are cast to `bigint` or
    /// `double precision`, everything else is text.
    pub(crate) async fn rows(&self, sql: &str) -> Result<Vec<Row>> {
        ask!(self, rows(sql))
    }

    /// Runs a query that always returns one row.
    pub(crate) async fn row(&self, sql: &str) -> Result<Row> {
        Ok(self.rows(sql).await?.pop().unwrap_or_default())
    }
}
