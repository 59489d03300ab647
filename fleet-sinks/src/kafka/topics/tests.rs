//! Topics on a real broker, and without one.

use std::{net::TcpListener, time::Duration};

use fleet_core::ErrorKind;

use super::{CleanupPolicy, TimestampType, Topic, ensure};
use crate::kafka::{KafkaSinkOptions, test_topic::unused};

fn name() -> String {
    unused("declared")
}

fn options() -> KafkaSinkOptions {
    KafkaSinkOptions::default()
}

#[tokio::test]
async fn topics_are_made_once_and_each_difference_is_named() {
    let Some(brokers) = xtask::kafka::for_tests() else {
        return;
    };
    let hour = Duration::from_secs(3600);
    let first = Topic {
        retention: Some(hour),
        timestamps: TimestampType::LogAppendTime,
        ..Topic::new(name(), 3, "vehicle_id")
    };
    let second = Topic {
        retention: Some(Duration::MAX),
        cleanup: CleanupPolicy::CompactAndDelete,
        replication: Some(1),
        ..Topic::new(name(), 1, "vehicle_id")
    };
    let declared = [first.clone(), second.clone()];
    let made = ensure(brokers, &declared, &options()).await.unwrap();
    assert_eq!(made, [&*first.name, &*second.name]);
    let made = ensure(brokers, &declared, &options()).await.unwrap();
    assert!(made.is_empty(), "{made:?}");

    let other = [
        Topic {
            partitions: 4,
            retention: Some(hour * 2),
            timestamps: TimestampType::CreateTime,
            ..first.clone()
        },
        Topic {
            cleanup: CleanupPolicy::Compact,
            replication: Some(3),
            ..second.clone()
        },
        Topic::new(name(), 1, "vehicle_id"),
    ];
    let error = ensure(brokers, &other, &options()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config);
    assert!(!error.is_retryable());
    let message = error.to_string();
    for (topic, difference) in [
        (&first, "partitions is 3, should be 4"),
        (&first, "retention.ms is 3600000, should be 7200000"),
        (
            &first,
            "message.timestamp.type is LogAppendTime, should be CreateTime",
        ),
        (&second, "replication factor is 1, should be 3"),
        (
            &second,
            "cleanup.policy is compact,delete, should be compact",
        ),
    ] {
        let difference = format!("{}: {difference}", topic.name);
        assert!(message.contains(&difference), "{difference}: {message}");
    }
    assert!(!message.contains(&other[2].name));
    // Nothing was changed, and nothing was made.
    let made = ensure(brokers, &declared, &options()).await.unwrap();
    assert!(made.is_empty(), "{made:?}");
    let made = ensure(brokers, &other[2..], &options()).await.unwrap();
    assert_eq!(made.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn processes_that_make_a_topic_at_once_all_succeed() {
    let Some(brokers) = xtask::kafka::for_tests() else {
        return;
    };
    let declared = [Topic::new(name(), 2, "vehicle_id")];
    let each = (0..4).map(|_| {
        let declared = declared.clone();
        tokio::spawn(async move { ensure(brokers, &declared, &options()).await })
    });
    let mut made = 0;
    for one in each.collect::<Vec<_>>() {
        made += one.await.unwrap().unwrap().len();
    }
    assert_eq!(made, 1);
}

#[tokio::test]
async fn what_the_broker_cannot_make_is_named_and_not_tried_again() {
    let Some(brokers) = xtask::kafka::for_tests() else {
        return;
    };
    let topic = Topic {
        replication: Some(3),
        ..Topic::new(name(), 1, "vehicle_id")
    };
    let error = ensure(brokers, std::slice::from_ref(&topic), &options()).await;
    let error = error.unwrap_err();
    assert!(!error.is_retryable(), "{error}");
    assert!(error.to_string().contains(&topic.name), "{error}");
}

#[tokio::test]
async fn a_broker_that_does_not_answer_is_named_in_time() {
    // It takes connections, and never says anything.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let brokers = silent.local_addr().unwrap().to_string();
    let patience = KafkaSinkOptions {
        timeout: Duration::from_millis(700),
        ..options()
    };
    let declared = [Topic::new("cars", 1, "vehicle_id")];
    let asked = ensure(&brokers, &declared, &patience);
    let asked = tokio::time::timeout(Duration::from_secs(20), asked).await;
    let error = asked.unwrap().unwrap_err();
    assert!(error.is_retryable(), "{error}");
    let message = error.to_string();
    assert!(
        message.contains(&brokers) && message.contains("0.7 s"),
        "{message}"
    );
}

#[tokio::test]
async fn brokers_elsewhere_are_refused_unencrypted() {
    let declared = [Topic::new("cars", 1, "vehicle_id")];
    let error = ensure("kafka:9092", &declared, &options()).await;
    let error = error.unwrap_err().to_string();
    assert!(error.contains("kafka:9092 unencrypted"), "{error}");
}
