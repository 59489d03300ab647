//! The membership of a source in its group, for a store that commits under the fence of the group.

use std::{
    fmt,
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use fleet_core::{
    Error, ErrorKind, Offset, Partition, Result,
    source::{Assigned, Membership},
};
use rdkafka::{ClientConfig, consumer::Consumer, error::KafkaError as ClientError};

use super::{
    asker,
    error::KafkaError,
    partitions,
    shared::{Place, Shared},
};

/// The membership of a [`KafkaSource`](super::KafkaSource).
pub(super) struct Member {
    config: ClientConfig,
    group: String,
    instance: Option<String>,
    session: Duration,
    timeout: Duration,
    shared: Arc<Shared>,
}

impl Member {
    /// From now on the store tells the group positions.
    pub(super) fn new(
        config: &ClientConfig,
        (session, timeout): (Duration, Duration),
        shared: &Arc<Shared>,
    ) -> Self {
        shared.store_tells.store(true, Ordering::SeqCst);
        Self {
            group: config.get("group.id").unwrap_or_default().to_owned(),
            instance: config.get("group.instance.id").map(str::to_owned),
            config: config.clone(),
            session,
            timeout,
            shared: Arc::clone(shared),
        }
    }

    fn place(&self, partition: &Partition) -> Option<Place> {
        let state = self.shared.lock();
        let mut parts = state.parts.iter();
        let found = parts.find(|(_, part)| part.name == *partition);
        found.map(|(place, _)| place.clone())
    }
}

impl fmt::Debug for Member {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The properties hold a password.
        f.debug_struct("Member")
            .field("group", &self.group)
            .field("instance", &self.instance)
            .finish_non_exhaustive()
    }
}

impl Membership for Member {
    fn group(&self) -> &str {
        &self.group
    }

    fn instance(&self) -> Option<&str> {
        self.instance.as_deref()
    }

    fn session_timeout(&self) -> Duration {
        self.session
    }

    fn cluster(&self) -> Result<String> {
        let asker = asker::open(&self.config)?;
        let found = asker.client().fetch_cluster_id(self.timeout);
        let silent =
            ClientError::MetadataFetch(rdkafka::types::RDKafkaErrorCode::OperationTimedOut);
        found.ok_or_else(|| KafkaError::client("ask for the id of the cluster", silent))
    }

    fn assigned(&self, partition: &Partition) -> Option<Assigned> {
        let state = self.shared.lock();
        let mut parts = state.parts.iter();
        let (place, part) = parts.find(|(_, part)| part.name == *partition)?;
        let (fence, number) = part.fence()?;
        Some(Assigned {
            number,
            topic: Arc::clone(&place.0),
            partition: place.1,
            note: partitions::note(part.known),
            fence,
        })
    }

    fn position(&self, partition: &Partition) -> Result<Option<Offset>> {
        let Some(place) = self.place(partition) else {
            let gone = format!("partition {partition} is not with this member any more");
            return Err(Error::new(ErrorKind::Source, gone).retryable());
        };
        let asker = asker::open(&self.config)?;
        let position = partitions::position(&asker, &place, self.timeout)?;
        Ok(position.map(Offset))
    }
}
