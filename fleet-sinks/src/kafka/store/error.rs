//! Errors of the store.

use fleet_core::{Error, ErrorKind};
use rdkafka::error::{KafkaError as ClientError, RDKafkaErrorCode as Code};

use crate::kafka::error::{code, passes};

#[derive(Debug, thiserror::Error)]
pub(super) enum StoreError {
    #[error("cannot {doing}: {cause}")]
    Client { doing: String, cause: ClientError },
    #[error("the outcome of the last transaction is not known: {0}")]
    Unknown(ClientError),
    #[error("partition {0} is not with this member of the group, or no longer")]
    NotAssigned(String),
    #[error(
        "partition {partition}: the state of key {key:?} at node {node} has {bytes} bytes, more \
         than 65,535 records of {limit} bytes hold; raise `entry_bytes`"
    )]
    StateTooLarge {
        partition: String,
        key: String,
        node: u16,
        bytes: usize,
        limit: usize,
    },
    #[error(
        "the changelog {topic} is damaged at offset {offset} of partition {number}: {why}. Restore \
         the topic, or begin afresh under another name of the pipeline"
    )]
    Damaged {
        topic: String,
        number: i32,
        offset: i64,
        why: String,
    },
    #[error(
        "the changelog {topic} lacks {missing} of {parts} records of the state of key {key:?} at \
         node {node}: was the topic made without cleanup.policy=compact? Begin afresh under another \
         name of the pipeline"
    )]
    Incomplete {
        topic: String,
        key: String,
        node: u16,
        missing: usize,
        parts: usize,
    },
    #[error(
        "partition {partition}: the changelog {topic} stands at {ours}, and the group {group} keeps \
         {theirs}. Somebody reset or deleted the positions of the group, or they expired. To go on \
         where the results end, open the store with `Differing::TakeChangelog`; to read from \
         elsewhere, begin afresh under another name of the pipeline and of the group"
    )]
    Differs {
        partition: String,
        topic: String,
        group: String,
        ours: String,
        theirs: String,
    },
    #[error(
        "partition {partition}: the group {group} keeps {theirs}, and the changelog {topic} knows \
         nothing of it. Another pipeline committed under this group, or the changelog was deleted, and \
         with it the state. Take a group of its own for the pipeline, or restore the changelog; with \
         `Differing::TakeChangelog` it begins afresh, and results come again"
    )]
    NoChangelog {
        partition: String,
        topic: String,
        group: String,
        theirs: String,
    },
    #[error(
        "the group {group} is in cluster {source_cluster}, and the store writes to cluster {store}: a \
         transaction cannot span both. Give the store the brokers of the source, or use a database as \
         store"
    )]
    OtherCluster {
        group: String,
        source_cluster: String,
        store: String,
    },
    #[error(
        "the membership is of another kind of broker: take it from `KafkaSource::membership`, in a \
         program that builds one version of rdkafka"
    )]
    ForeignMember,
    #[error("the runtime is shutting down")]
    Ended,
    #[error("{0}")]
    Config(String),
}

impl StoreError {
    pub(super) fn client(doing: impl Into<String>, cause: ClientError) -> Error {
        let doing = doing.into();
        Self::Client { doing, cause }.into()
    }
}

impl From<StoreError> for Error {
    fn from(error: StoreError) -> Self {
        let (kind, retryable) = match &error {
            StoreError::Client { cause, .. } => (ErrorKind::Store, passes(cause)),
            StoreError::Unknown(_) | StoreError::NotAssigned(_) => (ErrorKind::Store, true),
            StoreError::Damaged { .. } | StoreError::Incomplete { .. } => {
                (ErrorKind::Snapshot, false)
            }
            StoreError::StateTooLarge { .. } | StoreError::Ended => (ErrorKind::Store, false),
            StoreError::Differs { .. }
            | StoreError::NoChangelog { .. }
            | StoreError::OtherCluster { .. }
            | StoreError::ForeignMember
            | StoreError::Config(_) => (ErrorKind::Config, false),
        };
        let made = Self::new(kind, error.to_string());
        if retryable { made.retryable() } else { made }
    }
}

/// Whether a member is refused because its assignment is over.
pub(super) fn is_fenced(cause: &ClientError) -> bool {
    matches!(
        code(cause),
        Some(
            Code::IllegalGeneration
                | Code::UnknownMemberId
                | Code::FencedInstanceId
                | Code::FencedMemberEpoch
                | Code::StaleMemberEpoch
                | Code::RebalanceInProgress
        )
    )
}
