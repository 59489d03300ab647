//! Addresses of topics: `kafka:BROKERS/TOPIC`.

use std::fmt;

use fleet_core::{Error, ErrorKind};
#[cfg(feature = "kafka")]
use fleet_sinks::kafka::topics::{TimestampType, Topic};

/// Partitions of a topic that is made. Our choice: as many as a few readers share.
#[cfg(feature = "kafka")]
const PARTITIONS: u16 = 6;

/// The topic that the command makes where one is missing.
#[cfg(feature = "kafka")]
pub(crate) fn to_make(name: impl Into<String>) -> Topic {
    Topic {
        // Events may be long ago, and brokers delete by the time of a record.
        timestamps: TimestampType::LogAppendTime,
        ..Topic::new(name, PARTITIONS, "vehicle_id")
    }
}

/// A topic, and where it is. Prints as it was given; it holds no secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TopicAddress {
    /// HOST:PORT, several with commas.
    pub(crate) brokers: String,
    pub(crate) topic: String,
}

impl TopicAddress {
    /// Parses an address. Returns `None` for anything that is no topic.
    ///
    /// # Errors
    /// Says what a topic looks like.
    pub(crate) fn parse(text: &str) -> Option<Result<Self, String>> {
        let place = text.strip_prefix("kafka:")?;
        let parts = place
            .rsplit_once('/')
            .filter(|(brokers, topic)| !brokers.is_empty() && !topic.is_empty());
        let found = parts.map(|(brokers, topic)| Self {
            brokers: brokers.to_owned(),
            topic: topic.to_owned(),
        });
        Some(found.ok_or_else(|| format!("`{text}` names no topic: use kafka:HOST:PORT/TOPIC")))
    }

    /// Returns the error of a build that knows no Kafka.
    pub(crate) fn not_built() -> Error {
        let message = "this build cannot use Kafka: build it with `--features kafka`";
        Error::new(ErrorKind::Config, message)
    }
}

impl fmt::Display for TopicAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "kafka:{}/{}", self.brokers, self.topic)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_topic_is_recognised_by_its_scheme_and_printed_as_it_was_given() {
        let text = "kafka:a:9092,[::1]:9093/fleet.raw";
        let address = TopicAddress::parse(text).unwrap().unwrap();
        assert_eq!(
            (&*address.brokers, &*address.topic),
            ("a:9092,[::1]:9093", "fleet.raw")
        );
        assert_eq!(address.to_string(), text);
        assert!(TopicAddress::parse("kafka.db").is_none());
        for wrong in ["kafka:", "kafka:a:9092", "kafka:a:9092/", "kafka:/t"] {
            let why = TopicAddress::parse(wrong).unwrap().unwrap_err();
            assert!(why.contains("kafka:HOST:PORT/TOPIC"), "{why}");
        }
    }
}
