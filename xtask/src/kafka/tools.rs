//! The tools of Apache Kafka for people, as its distribution names them.

use std::process::Command;

use super::java::java;

/// Each tool, by its name without `kafka-` and `.sh`, and its class.
pub const TOOLS: &[(&str, &str)] = &[
    (
        "broker-api-versions",
        "org.apache.kafka.tools.BrokerApiVersionsCommand",
    ),
    ("configs", "org.apache.kafka.tools.ConfigCommand"),
    (
        "console-consumer",
        "org.apache.kafka.tools.consumer.ConsoleConsumer",
    ),
    ("console-producer", "org.apache.kafka.tools.ConsoleProducer"),
    (
        "consumer-groups",
        "org.apache.kafka.tools.consumer.group.ConsumerGroupCommand",
    ),
    (
        "delete-records",
        "org.apache.kafka.tools.DeleteRecordsCommand",
    ),
    ("get-offsets", "org.apache.kafka.tools.GetOffsetShell"),
    ("log-dirs", "org.apache.kafka.tools.LogDirsCommand"),
    ("topics", "org.apache.kafka.tools.TopicCommand"),
    ("transactions", "org.apache.kafka.tools.TransactionsCommand"),
];

/// The option of every tool that names the brokers.
const BROKERS: &str = "--bootstrap-server";

/// A command that runs a tool on these brokers, unless the arguments name others.
///
/// # Errors
///
/// There is no such tool; the message lists them. Or the jars cannot be fetched.
pub fn tool(name: &str, arguments: &[String], brokers: &str) -> Result<Command, String> {
    let short = name.trim_start_matches("kafka-").trim_end_matches(".sh");
    let Some((_, class)) = TOOLS.iter().find(|(own, _)| *own == short) else {
        let names: Vec<_> = TOOLS.iter().map(|(name, _)| *name).collect();
        return Err(format!("there is no tool {name}, but {}", names.join(", ")));
    };
    let mut command = java(class)?;
    let names_brokers = |argument: &String| argument.starts_with(BROKERS);
    if !arguments.iter().any(names_brokers) {
        command.args([BROKERS, brokers]);
    }
    command.args(arguments);
    Ok(command)
}
