//! A transaction before its commit: the records that it is going to produce.

use std::{fmt, sync::Arc};

use fleet_core::EventTime;
use rdkafka::message::OwnedHeaders;

/// A record of a transaction.
pub(super) struct Record {
    pub(super) topic: Arc<str>,
    /// `None` lets the key choose.
    pub(super) partition: Option<i32>,
    pub(super) key: Option<Vec<u8>>,
    /// `None` deletes the key from a compacted topic.
    pub(super) value: Option<Vec<u8>>,
    pub(super) at: Option<EventTime>,
    pub(super) headers: Option<OwnedHeaders>,
}

/// A transaction of a [`KafkaStore`](super::KafkaStore).
///
/// Until it is committed it exists in memory alone, so dropping it leaves nothing behind, and the
/// brokers hold nobody back meanwhile.
#[derive(Default)]
pub struct KafkaTx {
    pub(super) records: Vec<Record>,
}

impl fmt::Debug for KafkaTx {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut f = f.debug_struct("KafkaTx");
        f.field("records", &self.records.len()).finish()
    }
}
