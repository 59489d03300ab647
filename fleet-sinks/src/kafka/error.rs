//! Errors of the sink.

use fleet_core::{Error, ErrorKind};
use rdkafka::error::{KafkaError as ClientError, RDKafkaErrorCode as Code};

#[derive(Debug, thiserror::Error)]
pub(super) enum KafkaError {
    #[error("{0}")]
    Config(String),
    #[error("cannot produce to topic {topic}: {cause}")]
    Produce { topic: String, cause: ClientError },
}

/// Whether a record is refused for what it is: the records around it are not.
pub(super) fn is_of_the_record(cause: &ClientError) -> bool {
    matches!(
        cause.rdkafka_error_code(),
        Some(
            Code::MessageSizeTooLarge
                | Code::InvalidMessageSize
                | Code::InvalidRecord
                | Code::InvalidTimestamp
        )
    )
}

/// Whether a call may succeed later without help.
fn passes(cause: &ClientError) -> bool {
    !matches!(
        cause.rdkafka_error_code(),
        Some(
            Code::TopicAuthorizationFailed
                | Code::ClusterAuthorizationFailed
                | Code::SaslAuthenticationFailed
                | Code::Authentication
                | Code::InvalidTopic
                | Code::UnknownTopic
                | Code::UnknownTopicOrPartition
                | Code::Fatal
                | Code::SSL
        )
    )
}

impl From<KafkaError> for Error {
    fn from(error: KafkaError) -> Self {
        let (kind, retryable) = match &error {
            KafkaError::Config(_) => (ErrorKind::Config, false),
            KafkaError::Produce { cause, .. } => (ErrorKind::Sink, passes(cause)),
        };
        let made = Self::new(kind, error.to_string());
        if retryable { made.retryable() } else { made }
    }
}
