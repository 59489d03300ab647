//! The arguments of the commands that only print: `graph`, `report` and `dead-letters`.

use clap::Parser;
use fleet_rules::Mode;

use crate::{args::value::ReportFormat, database::DatabaseChoice};

/// The arguments of `graph`.
#[derive(Debug, Parser)]
pub(crate) struct GraphArgs {
    /// The rules: preset:NAME.
    #[arg(long)]
    pub(crate) rules: Option<String>,
    /// As in replay.
    #[arg(long, default_value = "edge")]
    pub(crate) mode: Mode,
}

/// The arguments of `report`.
#[derive(Debug, Parser)]
pub(crate) struct ReportArgs {
    /// The database: a file, or postgres:URL.
    #[arg(long, default_value = "fleet.db")]
    pub(crate) db: DatabaseChoice,
    /// Brokers of Apache Kafka, HOST:PORT: also show how far each pipeline is behind its topics.
    #[arg(long)]
    pub(crate) brokers: Option<String>,
    /// The format of the report.
    #[arg(long, value_enum, default_value_t = ReportFormat::Text)]
    pub(crate) report: ReportFormat,
}

/// The arguments of `dead-letters`.
#[derive(Debug, Parser)]
pub(crate) struct DeadLettersArgs {
    /// The database: a file, or postgres:URL.
    #[arg(long, default_value = "fleet.db")]
    pub(crate) db: DatabaseChoice,
    /// Print partition, offset and reason of each record instead of its bytes.
    #[arg(long, conflicts_with = "rows")]
    pub(crate) reasons: bool,
    /// Print the rows that this sink refused, as JSON with id, key and offset, instead of records.
    #[arg(long, value_name = "SINK")]
    pub(crate) rows: Option<String>,
}
