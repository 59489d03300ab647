//! A client that only asks.

use std::sync::Arc;

use fleet_core::Result;
use rdkafka::{
    ClientConfig, ClientContext,
    config::RDKafkaLogLevel,
    consumer::{BaseConsumer, ConsumerContext},
    error::KafkaError as ClientError,
};

use super::config;

/// A client that only asks. The one that reads would have to wait: a broker answers the questions
/// of a connection in order, and a fetch that finds nothing is answered after half a second.
pub(super) type Asker = Arc<BaseConsumer<Quiet>>;

/// Makes one. It asks nothing yet.
pub(super) fn open(config: &ClientConfig) -> Result<Asker> {
    let mut config = config.clone();
    // It is no member of the group.
    config.remove("group.instance.id");
    config.set("statistics.interval.ms", "0");
    let made = config.create_with_context::<_, BaseConsumer<Quiet>>(Quiet);
    Ok(Arc::new(made.map_err(|cause| config::refused(&cause))?))
}

/// What fails is an error of the question.
pub(super) struct Quiet;

impl ClientContext for Quiet {
    fn log(&self, _: RDKafkaLogLevel, facility: &str, message: &str) {
        tracing::debug!(facility, "{message}");
    }

    fn error(&self, error: ClientError, reason: &str) {
        tracing::debug!("{error}: {reason}");
    }
}

impl ConsumerContext for Quiet {}
