//! The topics of a store: the changelog and the dead letters.

use std::{collections::HashMap, sync::Arc, time::Duration};

use fleet_core::{Result, checkpoint::Sealed};
use rdkafka::{
    admin::{AdminClient, AdminOptions, NewPartitions},
    error::{KafkaError as ClientError, RDKafkaErrorCode as Code},
};

use super::{
    admin::drop_aside, error::StoreError, head::Head, key::Entry, options::KafkaStoreOptions,
    parts, restoring::StateKey, tx::Record,
};
use crate::{
    kafka::{
        config,
        context::Logged,
        topics::{self, CleanupPolicy, Topic},
    },
    outbox::topic_name_refusal,
};

/// The names of the topics of a pipeline.
#[derive(Clone, Debug)]
pub(super) struct Names {
    pub(super) changelog: Arc<str>,
    pub(super) dead_letters: Arc<str>,
}

impl Names {
    /// # Errors
    /// Refuses a name of a pipeline that cannot be part of the name of a topic.
    pub(super) fn of(pipeline: &str) -> Result<Self> {
        let [changelog, dead_letters] =
            ["changelog", "dead-letters"].map(|what| format!("fleet.{pipeline}.{what}"));
        let refusal = topic_name_refusal(&changelog).or_else(|| topic_name_refusal(&dead_letters));
        if pipeline.is_empty() {
            let why = "name the pipeline: its changelog is a topic of that name".to_owned();
            return Err(StoreError::Config(why).into());
        }
        if let Some(why) = refusal {
            let why = format!("the pipeline {pipeline:?} cannot name its topics: {why}");
            return Err(StoreError::Config(why).into());
        }
        Ok(Self {
            changelog: changelog.into(),
            dead_letters: dead_letters.into(),
        })
    }

    /// Makes the topics if they are missing, and adds partitions if the topic of the source has
    /// more.
    pub(super) async fn prepare(
        &self,
        brokers: &str,
        partitions: i32,
        options: &KafkaStoreOptions,
    ) -> Result<()> {
        let count = u16::try_from(partitions.max(1)).unwrap_or(u16::MAX);
        let topic = |name: &str, key: &'static str, cleanup, retention| Topic {
            cleanup,
            retention,
            replication: options.replication,
            ..Topic::new(name, count, key)
        };
        let declared = [
            topic(&self.changelog, "entry", CleanupPolicy::Compact, None),
            // Until somebody has looked at them.
            topic(
                &self.dead_letters,
                "key",
                CleanupPolicy::Delete,
                Some(Duration::MAX),
            ),
        ];
        topics::make_missing(brokers, &declared, &options.sink).await?;
        self.grow(brokers, count, options).await
    }

    /// The number of a partition of the changelog is that of the partition of the source.
    async fn grow(&self, brokers: &str, count: u16, options: &KafkaStoreOptions) -> Result<()> {
        let config = config::producer(brokers, &options.sink)?;
        let made = config.create_with_context(Logged);
        let client: AdminClient<Logged> = made.map_err(|cause| config::refused(&cause))?;
        let new = NewPartitions::new(&self.changelog, count.into());
        let patience = AdminOptions::new().request_timeout(Some(options.timeout()));
        let doing = || format!("add partitions to {}", self.changelog);
        let answers = client.create_partitions([&new], &patience).await;
        drop_aside(client);
        let answers = answers.map_err(|cause| StoreError::client(doing(), cause))?;
        for answer in answers {
            match answer {
                // It has as many already, or more.
                Ok(_) | Err((_, Code::InvalidPartitions)) => {}
                Err((_, code)) => {
                    return Err(StoreError::client(doing(), ClientError::AdminOp(code)));
                }
            }
        }
        Ok(())
    }

    /// The records of a commit in the changelog: the head, and what changed of the state. `split`
    /// tells of how many parts the states were that had more than one; those of this commit that
    /// have, or had, more are added to `changed`.
    pub(super) fn records(
        &self,
        sealed: &Sealed,
        number: i32,
        limit: usize,
        split: &HashMap<StateKey, u16>,
        to: &mut Vec<Record>,
    ) -> Result<HashMap<StateKey, u16>> {
        let mut changed = HashMap::new();
        let record = |entry: &Entry, value| Record {
            topic: Arc::clone(&self.changelog),
            partition: Some(number),
            key: Some(entry.encode(&sealed.partition)),
            value,
            at: None,
            id: None,
            headers: Vec::new(),
        };
        for saved in &sealed.saved {
            let (node, key) = (saved.node, saved.key.clone());
            let Some(values) = parts::split(saved, limit) else {
                return Err(StoreError::StateTooLarge {
                    partition: sealed.partition.to_string(),
                    key: key.to_string(),
                    node,
                    bytes: saved.bytes.as_ref().map_or(0, Vec::len),
                    limit,
                }
                .into());
            };
            let parts = u16::try_from(values.len()).unwrap_or(u16::MAX);
            let before = if split.is_empty() {
                1
            } else {
                split.get(&(node, key.clone())).copied().unwrap_or(1)
            };
            if parts.max(before) > 1 {
                changed.insert((node, key.clone()), parts);
            }
            let mut entry = Entry::State { node, key, part: 0 };
            let values = (0..).zip(values.into_iter().map(Some));
            // Those of a larger state before, or of one that is deleted.
            let stale = (parts..before).map(|part| (part, None));
            to.extend(values.chain(stale).map(|(at, value)| {
                if let Entry::State { part, .. } = &mut entry {
                    *part = at;
                }
                record(&entry, value)
            }));
        }
        to.push(record(&Entry::Head, Some(Head::of(sealed).encode())));
        Ok(changed)
    }
}
