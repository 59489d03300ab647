//! A transaction before its commit: the records that it is going to produce.

use std::{fmt, sync::Arc};

use fleet_core::{ContentId, EventTime};

/// A record of a transaction.
pub(super) struct Record {
    pub(super) topic: Arc<str>,
    /// `None` lets the key choose.
    pub(super) partition: Option<i32>,
    pub(super) key: Option<Vec<u8>>,
    /// `None` deletes the key from a compacted topic.
    pub(super) value: Option<Vec<u8>>,
    pub(super) at: Option<EventTime>,
    /// What the header `content-id` holds; entries of the changelog have none.
    pub(super) id: Option<ContentId>,
    pub(super) headers: Vec<(String, Vec<u8>)>,
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
