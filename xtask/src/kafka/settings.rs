//! The properties of a node.

use std::fmt::Write;
use std::path::Path;

use super::options::{Nodes, Tls};
use super::security::Access;

/// The settings that do not depend on the node, also of the container in `compose.yaml`. The times
/// are short: a test waits for members that join and die, and for nodes that are killed.
pub const SETTINGS: &[(&str, &str)] = &[
    ("auto.create.topics.enable", "false"),
    ("offsets.topic.num.partitions", "4"),
    ("transaction.state.log.num.partitions", "4"),
    ("share.coordinator.state.topic.num.partitions", "4"),
    ("group.initial.rebalance.delay.ms", "0"),
    ("group.consumer.min.session.timeout.ms", "6000"),
    ("group.consumer.session.timeout.ms", "6000"),
    ("group.consumer.min.heartbeat.interval.ms", "500"),
    ("group.consumer.heartbeat.interval.ms", "1000"),
    ("broker.session.timeout.ms", "6000"),
    ("broker.heartbeat.interval.ms", "1000"),
    ("num.network.threads", "2"),
    ("num.io.threads", "4"),
    ("log.segment.bytes", "67108864"),
    // 128 MiB otherwise, half of the heap: a node that starts slowly does not start at all.
    ("log.cleaner.dedupe.buffer.size", "16777216"),
];

/// The settings that hold a number of replicas.
pub const REPLICAS: &[&str] = &[
    "default.replication.factor",
    "offsets.topic.replication.factor",
    "transaction.state.log.replication.factor",
    "share.coordinator.state.topic.replication.factor",
];

/// The settings that hold how many replicas must have a record.
pub const IN_SYNC: &[&str] = &[
    "min.insync.replicas",
    "transaction.state.log.min.isr",
    "share.coordinator.state.topic.min.isr",
];

/// The ports of one node.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ports {
    pub(super) plain: u16,
    pub(super) controller: u16,
    /// With [`Tls::On`] these are listened on.
    pub(super) ssl: u16,
    pub(super) sasl_ssl: u16,
    pub(super) sasl: u16,
}

/// The file `server.properties` of node `number`, whose folder is `folder`.
pub(super) fn properties(
    (nodes, tls): (Nodes, Tls),
    (number, folder): (u32, &Path),
    ports: &[Ports],
    access: &Access,
) -> Option<String> {
    let mut each = nodes.numbers().zip(ports);
    let own = each.find(|(other, _)| *other == number)?.1;
    let voters: Vec<String> = { nodes.numbers().zip(ports) }
        .map(|(number, ports)| format!("{number}@127.0.0.1:{}", ports.controller))
        .collect();
    let mut text = String::new();
    let mut set = |name: &str, value: &dyn std::fmt::Display| {
        // Writing to a string does not fail.
        let _ = writeln!(text, "{name}={value}");
    };
    set("process.roles", &"broker,controller");
    set("node.id", &number);
    set("controller.quorum.voters", &voters.join(","));
    set("controller.listener.names", &"CONTROLLER");
    set("inter.broker.listener.name", &"PLAINTEXT");
    set("log.dirs", &folder.join("data").display());
    let (replicas, in_sync) = nodes.replicas();
    for name in REPLICAS {
        set(name, &replicas);
    }
    for name in IN_SYNC {
        set(name, &in_sync);
    }
    for (name, value) in SETTINGS {
        set(name, value);
    }
    let plain = format!("PLAINTEXT://127.0.0.1:{}", own.plain);
    let controller = format!("CONTROLLER://127.0.0.1:{}", own.controller);
    let protocols = "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT";
    if tls == Tls::Off {
        set("listeners", &format!("{plain},{controller}"));
        set("advertised.listeners", &plain);
        set("listener.security.protocol.map", &protocols);
        return Some(text);
    }
    let others = |host: &str| {
        format!(
            "SSL://{host}:{},SASL_SSL://{host}:{},SASL_PLAINTEXT://{host}:{}",
            own.ssl, own.sasl_ssl, own.sasl
        )
    };
    let own = others("127.0.0.1");
    set("listeners", &format!("{plain},{controller},{own}"));
    // The name in the certificate.
    let own = others("localhost");
    set("advertised.listeners", &format!("{plain},{own}"));
    let others = "SSL:SSL,SASL_SSL:SASL_SSL,SASL_PLAINTEXT:SASL_PLAINTEXT";
    set(
        "listener.security.protocol.map",
        &format!("{protocols},{others}"),
    );
    for (name, value) in access.properties() {
        set(&name, &value);
    }
    Some(text)
}
