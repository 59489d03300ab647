//! The declaration of a topic.

use std::{borrow::Cow, collections::BTreeSet, time::Duration};

use crate::{kafka::error::KafkaError, outbox::topic_name_refusal};

/// How a topic gets rid of old records.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CleanupPolicy {
    /// Records older than the retention are deleted.
    #[default]
    Delete,
    /// The newest record of each key is kept for ever.
    Compact,
    /// Both: the newest record of each key is kept up to the retention.
    CompactAndDelete,
}

impl CleanupPolicy {
    pub(super) fn as_word(self) -> &'static str {
        match self {
            Self::Delete => "delete",
            Self::Compact => "compact",
            Self::CompactAndDelete => "compact,delete",
        }
    }
}

/// Which time the records of a topic have.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TimestampType {
    /// The time that the producer gives; our sinks give the event time.
    #[default]
    CreateTime,
    /// The time at which the broker appended the record, which never goes back within a partition.
    /// Topics that are merged by log time need it.
    LogAppendTime,
}

impl TimestampType {
    pub(super) fn as_word(self) -> &'static str {
        match self {
            Self::CreateTime => "CreateTime",
            Self::LogAppendTime => "LogAppendTime",
        }
    }
}

/// A topic as it should be.
///
/// What is `None` is left to the broker when the topic is made, and is not compared.
///
/// # Units
/// The retention is counted in milliseconds; less is cut off.
///
/// # Examples
/// ```
/// use std::time::Duration;
/// use fleet_sinks::kafka::topics::{TimestampType, Topic};
/// let topic = Topic {
///     retention: Some(Duration::from_secs(24 * 3600)),
///     timestamps: TimestampType::LogAppendTime,
///     ..Topic::new("fleet.telemetry", 12, "vehicle_id")
/// };
/// assert_eq!(topic.replication, None);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Topic {
    /// The name: 1 to 249 of the characters `a-z A-Z 0-9 . _ -`.
    pub name: String,
    /// The number of partitions, at least 1.
    pub partitions: u16,
    /// What the key of each record is, for readers of the code and of messages. Brokers do not know
    /// it.
    pub key: Cow<'static, str>,
    /// How long records are kept; [`Duration::MAX`] keeps them for ever. Default: `None`.
    pub retention: Option<Duration>,
    /// How old records go. Default: [`CleanupPolicy::Delete`].
    pub cleanup: CleanupPolicy,
    /// Which time records have. Default: [`TimestampType::CreateTime`].
    pub timestamps: TimestampType,
    /// The number of brokers that hold each partition. Default: `None`.
    pub replication: Option<u16>,
}

impl Topic {
    /// Declares a topic of this name, with this number of partitions and the named key.
    pub fn new(
        name: impl Into<String>,
        partitions: u16,
        key: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self {
            name: name.into(),
            partitions,
            key: key.into(),
            retention: None,
            cleanup: CleanupPolicy::default(),
            timestamps: TimestampType::default(),
            replication: None,
        }
    }

    /// The settings of the topic that brokers know by name.
    pub(super) fn settings(&self) -> Vec<(&'static str, String)> {
        let mut settings = vec![
            ("cleanup.policy", self.cleanup.as_word().to_owned()),
            (
                "message.timestamp.type",
                self.timestamps.as_word().to_owned(),
            ),
        ];
        if let Some(retention) = self.retention {
            // The broker's word for "for ever" is -1.
            let millis = i64::try_from(retention.as_millis()).unwrap_or(-1);
            settings.push(("retention.ms", millis.to_string()));
        }
        settings
    }

    /// Why no broker can have such a topic.
    fn refusal(&self) -> Option<&'static str> {
        if let Some(why) = topic_name_refusal(&self.name) {
            return Some(why);
        }
        if self.partitions == 0 {
            return Some("it needs at least one partition");
        }
        if self.replication == Some(0) {
            return Some("it needs at least one replica");
        }
        let sliver = |kept: Duration| kept < Duration::from_millis(1);
        if self.retention.is_some_and(sliver) {
            return Some("a retention is at least 1 ms");
        }
        None
    }
}

/// Refuses declarations that no broker can have, and two of one name.
pub(super) fn check(topics: &[Topic]) -> Result<(), KafkaError> {
    let mut names = BTreeSet::new();
    for topic in topics {
        let twice = (!names.insert(&topic.name)).then_some("it is declared twice");
        if let Some(why) = topic.refusal().or(twice) {
            let message = format!("cannot use topic {:?} as declared: {why}", topic.name);
            return Err(KafkaError::Config(message));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn declarations_that_no_broker_can_have_are_refused() {
        let good = Topic::new("a.b_c-1", 1, "vehicle_id");
        let refused = |topics: &[Topic]| check(topics).unwrap_err().to_string();
        check(std::slice::from_ref(&good)).unwrap();
        assert!(refused(&[good.clone(), good.clone()]).contains("twice"));
        assert!(refused(&[Topic::new("a b", 1, "")]).contains("name"));
        let zero = Topic {
            partitions: 0,
            ..good.clone()
        };
        assert!(refused(&[zero]).contains("partition"));
        let alone = Topic {
            replication: Some(0),
            ..good.clone()
        };
        assert!(refused(&[alone]).contains("replica"));
        let brief = Topic {
            retention: Some(Duration::from_micros(999)),
            ..good
        };
        assert!(refused(&[brief]).contains("1 ms"));
    }

    #[test]
    fn a_retention_is_written_in_milliseconds_and_for_ever_as_minus_one() {
        let kept = |retention| {
            let topic = Topic {
                retention,
                ..Topic::new("a", 1, "")
            };
            let settings = topic.settings().into_iter();
            settings
                .filter(|(name, _)| *name == "retention.ms")
                .map(|(_, value)| value)
                .next()
        };
        assert_eq!(kept(None), None);
        assert_eq!(kept(Some(Duration::MAX)).as_deref(), Some("-1"));
        assert_eq!(
            kept(Some(Duration::from_secs(3600))).as_deref(),
            Some("3600000")
        );
    }
}
