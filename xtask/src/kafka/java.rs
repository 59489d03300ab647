//! Commands that run a class of the jars.

use std::path::Path;
use std::process::Command;

use super::jars;
use crate::private::account::Account;

/// The options of Java: small, because a test needs no more, and a compiler that starts fast.
const OPTIONS: [&str; 7] = [
    "-Xms128m",
    "-Xmx256m",
    "-XX:+UseSerialGC",
    "-XX:TieredStopAtLevel=1",
    "-Xshare:auto",
    "-Djava.awt.headless=true",
    "-Djava.net.preferIPv4Stack=true",
];

/// Java with the jars and the settings of logs, for a class.
pub(super) fn java(class: &str) -> Result<Command, String> {
    let jars = jars::folder()?;
    let logs = Path::new(env!("CARGO_MANIFEST_DIR")).join("kafka/log4j2.properties");
    let mut command = Account::ourselves().command(Path::new("java"));
    command.args(OPTIONS);
    command.arg(format!(
        "-Dlog4j2.configurationFile=file:{}",
        logs.display()
    ));
    command.arg("-cp").arg(format!("{}/*", jars.display()));
    command.arg(class);
    Ok(command)
}
