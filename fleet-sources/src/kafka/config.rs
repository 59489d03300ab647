//! The properties of the client.

use std::{net::IpAddr, time::Duration};

use fleet_core::Error;
use rdkafka::{ClientConfig, error::KafkaError as ClientError};

use super::{
    error::KafkaError,
    options::{KafkaOptions, Protocol},
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
    let encrypted = options.properties.get("security.protocol");
    let encrypted = encrypted.is_some_and(|name| name.to_ascii_lowercase().contains("ssl"));
    if !encrypted
        && !options.insecure_plaintext
        && let Some(other) = brokers.split(',').find(|broker| !is_local(broker))
    {
        let message = format!(
            "refusing to talk to {other} unencrypted: everybody on the way can read and change it. \
             Set security.protocol to ssl, or insecure_plaintext"
        );
        return Err(KafkaError::Config(message));
    }
    let kilobytes = (options.buffer_bytes / 1024).max(1).to_string();
    let mut config = ClientConfig::new();
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
    for (name, value) in &options.properties {
        config.set(name, value);
    }
    Ok(config)
}

/// The error of a client that does not take its properties. It names the property, never a value.
pub(super) fn refused(cause: &ClientError) -> Error {
    let why = match cause {
        ClientError::ClientConfig(_, why, name, _) => format!("property {name}: {why}"),
        other => other.to_string(),
    };
    KafkaError::Config(format!("Kafka's client refuses its settings: {why}")).into()
}

/// Whether a broker is on this machine.
fn is_local(broker: &str) -> bool {
    let broker = broker.trim();
    let broker = broker.rsplit_once("://").map_or(broker, |(_, place)| place);
    let host = match broker.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => host,
        _ => broker,
    };
    let host = host.trim_start_matches('[').trim_end_matches(']');
    // RFC 6761: this name always means loopback.
    host == "localhost" || host.parse().is_ok_and(|ip: IpAddr| ip.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unencrypted_connections_leave_this_machine_only_on_request() {
        let mut options = KafkaOptions::default();
        for local in [
            "localhost:9092",
            "127.0.0.1:9092,[::1]:9093",
            "PLAINTEXT://127.0.0.2:1",
        ] {
            assert!(consumer(local, "g", &options).is_ok(), "{local}");
        }
        for other in [
            "localhost:9092,kafka:9092",
            "10.0.0.1:9092",
            "localhost.example.org",
        ] {
            let why = consumer(other, "g", &options).unwrap_err().to_string();
            assert!(why.contains("unencrypted"), "{why}");
        }
        options.insecure_plaintext = true;
        assert!(consumer("kafka:9092", "g", &options).is_ok());
        options.insecure_plaintext = false;
        let ssl = ("security.protocol".to_owned(), "SASL_SSL".to_owned());
        options.properties.extend([ssl]);
        assert!(consumer("kafka:9092", "g", &options).is_ok());
    }
}
