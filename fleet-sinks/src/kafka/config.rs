//! The properties of the client.

use fleet_core::Error;
use rdkafka::{ClientConfig, config::RDKafkaLogLevel, error::KafkaError as ClientError};

use super::{error::KafkaError, options::KafkaSinkOptions, security::missing_feature};

pub(super) fn producer(
    brokers: &str,
    options: &KafkaSinkOptions,
) -> Result<ClientConfig, KafkaError> {
    let security =
        { &options.security }.properties(brokers, &options.properties, options.insecure_plaintext);
    let security = security.map_err(KafkaError::Config)?;
    let mut config = ClientConfig::new();
    // Otherwise it depends on the crate `log`; connections that are ended are told at this level.
    config.set_log_level(match options.properties.get("debug") {
        Some(_) => RDKafkaLogLevel::Debug,
        None => RDKafkaLogLevel::Info,
    });
    let linger = options.linger.as_millis().to_string();
    let timeout = options.timeout.as_millis().to_string();
    // By default as long as the timeout is, whose error would not say that the topic is unknown.
    let propagation = (options.timeout.as_millis() / 2).to_string();
    for (name, value) in [
        ("bootstrap.servers", brokers),
        ("client.id", "fleet"),
        // Durable on every replica in sync, in order, and once for each time it is sent.
        ("acks", "all"),
        ("enable.idempotence", "true"),
        ("compression.type", options.compression.as_word()),
        ("linger.ms", &linger),
        ("delivery.timeout.ms", &timeout),
        ("topic.metadata.propagation.max.ms", &propagation),
        ("socket.keepalive.enable", "true"),
        // The partition of a key is that of Java's clients.
        ("partitioner", "murmur2_random"),
    ] {
        config.set(name, value);
    }
    for (name, value) in security {
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
