//! Topics of Apache Kafka as tables: one topic for all, or one for each.

use std::collections::BTreeSet;

use fleet_core::{Result, TableRow};
use fleet_sinks::{
    SqliteStore,
    kafka::{KafkaSink, KafkaSinkOptions, topics::make_missing},
};

use crate::{
    sink::choice::positions_beside,
    topic::{TopicAddress, to_make},
};

/// The part of a topic's name that stands for the table.
const TABLE: &str = "{table}";
/// The tables that there may be.
const TABLES: [&str; 7] = [
    "telemetry",
    "perception",
    "driving",
    "alerts",
    "windows",
    "self_driving",
    "trips",
];
/// The header that names the table of a row.
const HEADER: &str = "table";

/// Topics, and the store with the positions of what was produced to them.
pub(crate) struct TopicSinks {
    address: TopicAddress,
    pub(super) store: SqliteStore,
}

impl TopicSinks {
    /// Makes the topics that are missing, and opens the store of a pipeline, in the working folder;
    /// `fresh` empties it first.
    ///
    /// # Errors
    /// Returns an error if brokers do not answer, or the store was made by something else.
    pub(super) async fn open(address: &TopicAddress, pipeline: &str, fresh: bool) -> Result<Self> {
        let names: BTreeSet<_> = TABLES
            .iter()
            .map(|table| address.topic.replace(TABLE, table))
            .collect();
        let topics = names.into_iter().map(to_make);
        let (topics, options) = (topics.collect::<Vec<_>>(), KafkaSinkOptions::default());
        make_missing(&address.brokers, &topics, &options).await?;
        let path = positions_beside(address);
        let store = SqliteStore::open(&path, pipeline)?;
        if fresh {
            store.wipe_all()?;
            eprintln!("fleet: what {address} holds already stays there");
        }
        let address = address.clone();
        Ok(Self { address, store })
    }

    /// Opens the sink of a table.
    ///
    /// # Errors
    /// Refuses brokers that would be talked to unencrypted.
    pub(crate) fn sink<R: TableRow>(&self, table: &str) -> Result<KafkaSink<R>> {
        let topic = self.address.topic.replace(TABLE, table);
        let sink = KafkaSink::open(&self.address.brokers, &topic, &KafkaSinkOptions::default())?;
        Ok(sink.with_header(HEADER, table))
    }
}
