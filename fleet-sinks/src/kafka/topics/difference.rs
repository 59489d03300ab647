//! How a topic differs from its declaration.

use std::collections::{BTreeMap, BTreeSet};

use super::topic::Topic;

/// A topic as the brokers have it.
#[derive(Clone, Debug, Default)]
pub(super) struct Found {
    pub(super) partitions: usize,
    /// The fewest replicas of any partition.
    pub(super) replication: usize,
    pub(super) settings: BTreeMap<String, String>,
}

/// Each setting that differs: topic, setting, what it is, what it should be.
pub(super) fn differences(topic: &Topic, found: &Found) -> Vec<String> {
    let mut differing = Vec::new();
    let mut compare = |setting: &str, is: &str, should: &str| {
        if !same(setting, is, should) {
            let name = &topic.name;
            differing.push(format!("{name}: {setting} is {is}, should be {should}"));
        }
    };
    let partitions = topic.partitions.to_string();
    compare("partitions", &found.partitions.to_string(), &partitions);
    if let Some(replication) = topic.replication {
        let is = found.replication.to_string();
        compare("replication factor", &is, &replication.to_string());
    }
    for (setting, should) in topic.settings() {
        let is = found.settings.get(setting);
        compare(setting, is.map_or("unknown", |is| is), &should);
    }
    differing
}

/// Whether two values mean the same. The order of cleanup policies does not matter.
fn same(setting: &str, is: &str, should: &str) -> bool {
    let words = |value: &'_ str| -> BTreeSet<String> {
        value.split(',').map(|word| word.trim().into()).collect()
    };
    is == should || setting == "cleanup.policy" && words(is) == words(should)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::kafka::topics::{CleanupPolicy, TimestampType};

    #[test]
    fn every_difference_is_named_and_what_is_left_to_the_broker_is_not() {
        let topic = Topic::new("cars", 3, "vehicle_id");
        let settings = [
            ("cleanup.policy", "delete"),
            ("message.timestamp.type", "CreateTime"),
            ("retention.ms", "1"),
        ];
        let settings = settings.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let found = Found {
            partitions: 3,
            replication: 1,
            settings: settings.into(),
        };
        assert!(differences(&topic, &found).is_empty());
        let other = Topic {
            partitions: 4,
            retention: Some(Duration::from_secs(1)),
            cleanup: CleanupPolicy::Compact,
            timestamps: TimestampType::LogAppendTime,
            replication: Some(2),
            ..topic
        };
        assert_eq!(
            differences(&other, &found),
            [
                "cars: partitions is 3, should be 4",
                "cars: replication factor is 1, should be 2",
                "cars: cleanup.policy is delete, should be compact",
                "cars: message.timestamp.type is CreateTime, should be LogAppendTime",
                "cars: retention.ms is 1, should be 1000",
            ]
        );
        assert!(differences(&other, &Found::default()).len() == 5);
    }

    #[test]
    fn cleanup_policies_have_no_order() {
        assert!(same("cleanup.policy", "delete, compact", "compact,delete"));
        assert!(!same("cleanup.policy", "delete", "compact,delete"));
    }
}
