//! The properties of the client.

use std::time::Duration;

use fleet_core::Error;
use rdkafka::{ClientConfig, config::RDKafkaLogLevel, error::KafkaError as ClientError};

use super::{
    error::KafkaError,
    options::{KafkaOptions, Protocol},
    security::missing_feature,
};

/// How often a member reports to its group. It hears of a rebalance in the answer, so this is how
/// long the partitions of a member that left have no owner. Our choice: a second, while the client
/// waits for three.
const HEARTBEAT: Duration = Duration::from_secs(1);

/// The properties of a member of a group.
pub(super) fn consumer(
    brokers: &str,
    group: &str,
    options: &KafkaOptions,
) -> Result<ClientConfig, KafkaError> {
    if group.is_empty() {
        return Err(KafkaError::Config("a group needs a name".to_owned()));
    }
    let security =
        { &options.security }.properties(brokers, &options.properties, options.insecure_plaintext);
    let security = security.map_err(KafkaError::Config)?;
    let kilobytes = (options.buffer_bytes / 1024).max(1).to_string();
    let mut config = ClientConfig::new();
    // Otherwise it depends on the crate `log`; connections that are ended are told at this level.
    config.set_log_level(match options.properties.get("debug") {
        Some(_) => RDKafkaLogLevel::Debug,
        None => RDKafkaLogLevel::Info,
    });
    for (name, value) in [
        ("bootstrap.servers", brokers),
        ("group.id", group),
        ("client.id", "fleet"),
        // The store has the positions; see `KafkaSource`.
        ("enable.auto.commit", "false"),
        ("enable.auto.offset.store", "false"),
        ("auto.offset.reset", "error"),
        ("enable.partition.eof", "true"),
        ("isolation.level", "read_committed"),
        ("check.crcs", "true"),
        ("socket.keepalive.enable", "true"),
        // Ten seconds otherwise: five connections that fail would be half a minute.
        ("reconnect.backoff.max.ms", "2000"),
        ("allow.auto.create.topics", "false"),
        // A second otherwise, whenever more waits than the pipeline takes.
        ("fetch.queue.backoff.ms", "5"),
        // New topics of a pattern are found in this time.
        ("topic.metadata.refresh.interval.ms", "10000"),
        // For the lag.
        ("statistics.interval.ms", "5000"),
        ("queued.max.messages.kbytes", &kilobytes),
    ] {
        config.set(name, value);
    }
    let strategy = match options.protocol {
        Protocol::CooperativeSticky => Some("cooperative-sticky"),
        Protocol::Range => Some("range"),
        Protocol::Consumer => None,
    };
    if let Some(strategy) = strategy {
        let heartbeat = HEARTBEAT.min(options.session_timeout / 3).as_millis();
        config.set("partition.assignment.strategy", strategy);
        config.set(
            "session.timeout.ms",
            options.session_timeout.as_millis().to_string(),
        );
        config.set("heartbeat.interval.ms", heartbeat.max(1).to_string());
    } else {
        config.set("group.protocol", "consumer");
    }
    if let Some(instance) = &options.instance {
        config.set("group.instance.id", instance);
    }
    for (name, value) in security {
        config.set(name, value);
    }
    for (name, value) in &options.properties {
        config.set(name, value);
    }
    Ok(config)
}

/// Why these topics cannot be subscribed to, if they cannot. Names are those that brokers allow:
/// <https://github.com/apache/kafka/blob/4.0/clients/src/main/java/org/apache/kafka/common/internals/Topic.java>.
pub(super) fn unusable(topics: &[&str]) -> Option<String> {
    if topics.is_empty() {
        return Some("name the topics to read".to_owned());
    }
    let is_name = |topic: &str| {
        let mut bytes = topic.bytes();
        let known = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
        (1..=249).contains(&topic.len()) && bytes.all(known) && topic != "." && topic != ".."
    };
    let mut names = topics.iter().filter(|topic| !topic.starts_with('^'));
    names.find(|topic| !is_name(topic)).map(|topic| {
        format!(
            "no topic can be named {topic:?}: letters, digits, `.`, `_` and `-` are allowed, up to \
             249. Several topics are several names; a pattern begins with ^"
        )
    })
}

/// The error of a client that does not take its properties. It names the property, never a value.
pub(super) fn refused(cause: &ClientError) -> Error {
    let why = match cause {
        ClientError::ClientConfig(_, why, name, _) => match missing_feature(name) {
            Some(feature) => {
                let ours = env!("CARGO_PKG_NAME");
                format!(
                    "property {name}: enable the feature `{feature}` of {ours} to use it ({why})"
                )
            }
            None => format!("property {name}: {why}"),
        },
        other => other.to_string(),
    };
    KafkaError::Config(format!("Kafka's client refuses its settings: {why}")).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_no_topic_can_have_are_refused_at_once() {
        assert_eq!(unusable(&["fleet.raw_1-a", "^any thing"]), None);
        for wrong in ["a,b", "user telemetry", "", "..", &"a".repeat(250)] {
            let why = unusable(&["good", wrong]).unwrap();
            assert!(why.contains(&format!("{wrong:?}")), "{why}");
        }
        assert!(unusable(&[]).unwrap().contains("topics to read"));
    }
}
