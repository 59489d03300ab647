//! Errors of the source.

use fleet_core::{Error, ErrorKind};
use rdkafka::error::{KafkaError as ClientError, RDKafkaErrorCode};

#[derive(Debug, thiserror::Error)]
pub(super) enum KafkaError {
    #[error("{0}")]
    Config(String),
    #[error("cannot {doing}: {cause}")]
    Client { doing: String, cause: ClientError },
    #[error(
        "{partition}: offset {offset} is gone, the oldest record is {oldest}: its topic kept records \
         for too short a time. Restore them, or start afresh with an empty store"
    )]
    Retained {
        partition: String,
        offset: u64,
        oldest: i64,
    },
    #[error(
        "{partition}: offset {offset} is past its end, {end}: the topic was made anew, or cut. \
         Start afresh with an empty store, or restore the topic"
    )]
    Recreated {
        partition: String,
        offset: u64,
        end: i64,
    },
    #[error(
        "{partition} was added to its topic, which had {known} partitions when its group began to \
         read it: a vehicle that moved there would have two states. It is not read; read the topic \
         afresh with an empty store and another group, or set AddedPartitions::Take if the graph \
         keeps no state"
    )]
    Added { partition: String, known: i32 },
    #[error("{partition}: the records from offset {offset} on cannot be read: {why}")]
    Unreadable {
        partition: String,
        offset: u64,
        why: &'static str,
    },
    #[error("{0}")]
    NotLetIn(String),
    #[error(
        "{0}: nothing was ever committed for it, and StartAt::Refuse forbids to begin. If it is \
         new, start once with another StartAt; otherwise see whether this is the right store, and \
         the right name of the pipeline"
    )]
    Refused(String),
    #[error(
        "topic {0} has been unknown to the brokers for {1} s: make it, or see whether its name and \
         the brokers are right"
    )]
    Unknown(String, u64),
    #[error("the thread that reads from Kafka has ended")]
    Ended,
}

impl KafkaError {
    pub(super) fn client(doing: impl Into<String>, cause: ClientError) -> Error {
        let doing = doing.into();
        Self::Client { doing, cause }.into()
    }
}

/// Whether a call may succeed later without help.
fn passes(cause: &ClientError) -> bool {
    use RDKafkaErrorCode as Code;
    !matches!(
        cause.rdkafka_error_code(),
        Some(
            Code::TopicAuthorizationFailed
                | Code::GroupAuthorizationFailed
                | Code::ClusterAuthorizationFailed
                | Code::SaslAuthenticationFailed
                | Code::Authentication
                | Code::InvalidTopic
                | Code::InvalidGroupId
                | Code::FencedInstanceId
                | Code::Fatal
                | Code::SSL
        )
    )
}

impl From<KafkaError> for Error {
    fn from(error: KafkaError) -> Self {
        let kind = match &error {
            KafkaError::Config(_) => ErrorKind::Config,
            _ => ErrorKind::Source,
        };
        let retryable = matches!(&error, KafkaError::Client { cause, .. } if passes(cause));
        let made = Self::new(kind, error.to_string());
        match error {
            // The others go on, for as long as nobody decides.
            KafkaError::Added { .. } => made.pausing(),
            _ if retryable => made.retryable(),
            _ => made,
        }
    }
}
