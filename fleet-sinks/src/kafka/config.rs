//! The properties of the client.

use std::net::IpAddr;

use fleet_core::Error;
use rdkafka::{ClientConfig, error::KafkaError as ClientError};

use super::{error::KafkaError, options::KafkaSinkOptions};

pub(super) fn producer(
    brokers: &str,
    options: &KafkaSinkOptions,
) -> Result<ClientConfig, KafkaError> {
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
    let mut config = ClientConfig::new();
    let linger = options.linger.as_millis().to_string();
    let timeout = options.timeout.as_millis().to_string();
    for (name, value) in [
        ("bootstrap.servers", brokers),
        ("client.id", "fleet"),
        // Durable on every replica in sync, in order, and once for each time it is sent.
        ("acks", "all"),
        ("enable.idempotence", "true"),
        ("compression.type", options.compression.as_word()),
        ("linger.ms", &linger),
        ("delivery.timeout.ms", &timeout),
        ("socket.keepalive.enable", "true"),
        // The partition of a key is that of Java's clients.
        ("partitioner", "murmur2_random"),
    ] {
        config.set(name, value);
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
        let mut options = KafkaSinkOptions::default();
        assert!(producer("localhost:9092,[::1]:9093", &options).is_ok());
        let why = producer("localhost:9092,kafka:9092", &options).unwrap_err();
        assert!(why.to_string().contains("kafka:9092 unencrypted"), "{why}");
        options.insecure_plaintext = true;
        assert!(producer("kafka:9092", &options).is_ok());
    }
}
