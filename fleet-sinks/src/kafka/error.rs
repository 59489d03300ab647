//! Errors of producing and of declaring topics.

use fleet_core::{Error, ErrorKind};
use rdkafka::error::{KafkaError as ClientError, RDKafkaErrorCode as Code};

#[derive(Debug, thiserror::Error)]
pub(super) enum KafkaError {
    #[error("{0}")]
    Config(String),
    #[error("{0}")]
    NotLetIn(String),
    #[error("cannot produce to topic {topic}: {cause}")]
    Produce { topic: String, cause: ClientError },
    #[error("cannot {doing}: {cause}")]
    Topics { doing: String, cause: ClientError },
    #[error("cannot {doing}: no answer within {seconds} s")]
    Silent { doing: String, seconds: f64 },
}

/// The code of an error, also of one of the calls that the client leaves out.
pub(super) fn code(cause: &ClientError) -> Option<Code> {
    match cause {
        ClientError::AdminOp(code) => Some(*code),
        other => other.rdkafka_error_code(),
    }
}

/// Whether a record is refused for what it is.
pub(crate) fn is_of_the_record(cause: &ClientError) -> bool {
    matches!(
        code(cause),
        Some(
            Code::MessageSizeTooLarge
                | Code::InvalidMessageSize
                | Code::InvalidRecord
                | Code::InvalidTimestamp
        )
    )
}

/// Whether a record is refused for what it is, or for what another of its batch is.
pub(crate) fn is_of_the_batch(cause: &ClientError) -> bool {
    is_of_the_record(cause) || code(cause) == Some(Code::InvalidDifferentRecord)
}

/// Whether a call may succeed later without help.
pub(super) fn passes(cause: &ClientError) -> bool {
    !matches!(
        code(cause),
        Some(
            Code::TopicAuthorizationFailed
                | Code::ClusterAuthorizationFailed
                | Code::SaslAuthenticationFailed
                | Code::Authentication
                | Code::InvalidTopic
                | Code::UnknownTopic
                | Code::UnknownTopicOrPartition
                | Code::InvalidPartitions
                | Code::InvalidReplicationFactor
                | Code::InvalidConfig
                | Code::InvalidRequest
                | Code::PolicyViolation
                | Code::Fatal
                | Code::SSL
        )
    )
}

impl From<KafkaError> for Error {
    fn from(error: KafkaError) -> Self {
        let (kind, retryable) = match &error {
            KafkaError::Config(_) => (ErrorKind::Config, false),
            KafkaError::NotLetIn(_) => (ErrorKind::Sink, false),
            KafkaError::Silent { .. } => (ErrorKind::Sink, true),
            KafkaError::Produce { cause, .. } | KafkaError::Topics { cause, .. } => {
                (ErrorKind::Sink, passes(cause))
            }
        };
        let made = Self::new(kind, error.to_string());
        if retryable { made.retryable() } else { made }
    }
}
