//! Where the client's own messages go.

use rdkafka::{ClientContext, config::RDKafkaLogLevel, error::KafkaError as ClientError};

/// Passes the messages of a client on to `tracing`.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Logged;

impl ClientContext for Logged {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        match level {
            RDKafkaLogLevel::Emerg
            | RDKafkaLogLevel::Alert
            | RDKafkaLogLevel::Critical
            | RDKafkaLogLevel::Error => tracing::error!(facility, "{message}"),
            RDKafkaLogLevel::Warning => tracing::warn!(facility, "{message}"),
            _ => tracing::debug!(facility, "{message}"),
        }
    }

    fn error(&self, error: ClientError, reason: &str) {
        // The client tries again by itself; what does not pass is in its answers.
        tracing::warn!("{error}: {reason}");
    }
}
