//! State, positions and results in Kafka, in one transaction: no database, and nothing to relay.

use fleet_sinks::kafka::{
    KafkaSinkOptions, KafkaStore, KafkaStoreOptions,
    topics::{self, Topic},
};
use fleet_sources::KafkaSource;

use crate::{
    Fallible,
    topics::{Topics, committed},
};

pub(crate) struct Stores {
    brokers: String,
    /// What tells the changelogs of this run from those of others.
    suffix: String,
    /// The topic of the log of commands.
    pub(super) log: String,
}

impl Stores {
    pub(crate) async fn create(brokers: &str, topics: &Topics) -> Fallible<Self> {
        let log = topics.group("fleet.commands.log");
        let declared = [Topic::new(&log, 4, "id")];
        topics::ensure(brokers, &declared, &KafkaSinkOptions::default()).await?;
        Ok(Self {
            brokers: brokers.to_owned(),
            suffix: topics.group(""),
            log,
        })
    }

    pub(super) fn open(&self, pipeline: &str, source: &KafkaSource) -> Fallible<KafkaStore> {
        let name = format!("{pipeline}{}", self.suffix);
        let options = KafkaStoreOptions::default();
        Ok(KafkaStore::open(
            &self.brokers,
            &name,
            source.membership(),
            options,
        )?)
    }

    pub(super) async fn log_lines(&self) -> Fallible<Vec<(String, String)>> {
        let lines = committed(&self.brokers, &self.log).await?;
        let text = |line: &crate::topics::Record, key| line.text(key).map(str::to_owned);
        lines
            .iter()
            .map(|line| Ok((text(line, "id")?, text(line, "status")?)))
            .collect()
    }
}
