//! One broker, which is its own controller.

use std::fs::{self, File};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::jars;
use crate::private::account::Account;
use crate::private::folder::Folder;
use crate::private::keeper::{Keeper, Signal};
use crate::private::port;
use crate::private::process::output;

/// How long a start may take; 5 to 11 s were seen on two cores.
const START: Duration = Duration::from_secs(90);
const POLL: Duration = Duration::from_millis(100);

/// The options of Java: small, because a test needs no more, and a compiler that starts fast.
const JAVA: [&str; 7] = [
    "-Xms128m",
    "-Xmx256m",
    "-XX:+UseSerialGC",
    "-XX:TieredStopAtLevel=1",
    "-Xshare:auto",
    "-Djava.awt.headless=true",
    "-Djava.net.preferIPv4Stack=true",
];

/// A broker on loopback, ended with this process at the latest.
#[derive(Debug)]
pub struct Broker {
    folder: Folder,
    port: u16,
    process: Option<Child>,
    keeper: Keeper,
}

impl Broker {
    /// Fetches the jars if necessary, and starts a broker without topics.
    ///
    /// # Errors
    /// Returns why it does not start, with the end of its log.
    pub fn start() -> Result<Self, String> {
        let account = Account::ourselves();
        let folder = Folder::create("kafka", account, |_| {})?;
        let keeper = Keeper::start(
            account,
            folder.path(),
            &folder.path().join("pid"),
            Signal::Kill,
        )?;
        let mut broker = Self {
            port: port::free()?,
            folder,
            process: None,
            keeper,
        };
        let properties = properties(broker.folder.path(), broker.port, port::free()?);
        let file = broker.folder.path().join("server.properties");
        fs::write(&file, properties)
            .map_err(|error| format!("cannot write {}: {error}", file.display()))?;
        let mut format = java("kafka.tools.StorageTool")?;
        format.args(["format", "-t", CLUSTER, "-c"]).arg(&file);
        output(&mut format)?;
        broker.up()?;
        Ok(broker)
    }

    /// The address, for `bootstrap.servers`.
    pub fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// Kills the broker. What it wrote stays.
    ///
    /// # Errors
    /// Returns why it cannot be ended.
    pub fn kill(&mut self) -> Result<(), String> {
        let Some(mut process) = self.process.take() else {
            return Ok(());
        };
        process
            .kill()
            .map_err(|error| format!("cannot kill the broker: {error}"))?;
        process
            .wait()
            .map_err(|error| format!("cannot wait for the broker: {error}"))?;
        Ok(())
    }

    /// Starts the broker again, and waits until it serves.
    ///
    /// # Errors
    /// Returns why it does not start, with the end of its log.
    pub fn up(&mut self) -> Result<(), String> {
        let path = self.folder.path();
        let log = path.join("log");
        let cannot = |error: std::io::Error| format!("cannot write {}: {error}", log.display());
        let to = File::create(&log).map_err(cannot)?;
        let errors = to.try_clone().map_err(cannot)?;
        let mut command = java("kafka.Kafka")?;
        command
            .arg(path.join("server.properties"))
            .current_dir(path);
        command.stdin(Stdio::null()).stdout(to).stderr(errors);
        let process = command
            .spawn()
            .map_err(|error| format!("cannot start java: {error}"))?;
        fs::write(path.join("pid"), format!("{}\n", process.id())).map_err(cannot)?;
        self.keeper.watch(process.id())?;
        let process = self.process.insert(process);
        wait_until_ready(process, &log)
    }
}

impl Drop for Broker {
    fn drop(&mut self) {
        // The keeper removes the folder, and ends what could not be ended here.
        drop(self.kill());
    }
}

#[expect(clippy::disallowed_methods, reason = "a real program takes real time")]
fn wait_until_ready(process: &mut Child, log: &Path) -> Result<(), String> {
    let started = Instant::now();
    loop {
        let text = fs::read_to_string(log).unwrap_or_default();
        if text.contains("Kafka Server started") {
            return Ok(());
        }
        let ended = process.try_wait().map_err(|error| error.to_string())?;
        if ended.is_some() || started.elapsed() > START {
            let lines: Vec<_> = text.lines().rev().take(20).collect();
            let tail: Vec<_> = lines.into_iter().rev().collect();
            return Err(format!("Kafka did not start:\n{}", tail.join("\n")));
        }
        std::thread::sleep(POLL);
    }
}

/// Java with the jars and the settings of logs.
fn java(class: &str) -> Result<Command, String> {
    let jars = jars::folder()?;
    let logs = Path::new(env!("CARGO_MANIFEST_DIR")).join("kafka/log4j2.properties");
    let mut command = Command::new("java");
    command.args(JAVA);
    command.arg(format!(
        "-Dlog4j2.configurationFile=file:{}",
        logs.display()
    ));
    command.arg("-cp").arg(format!("{}/*", jars.display()));
    command.arg(class);
    Ok(command)
}

/// The id of the cluster: any id will do, because each broker stands alone.
const CLUSTER: &str = "Zmxl-GVldC1wcml2YXRlLQ";

/// The times are short: a test waits for members that join and die.
fn properties(folder: &Path, port: u16, controller: u16) -> String {
    let data = folder.join("data");
    format!(
        "process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:{controller}
listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}
advertised.listeners=PLAINTEXT://127.0.0.1:{port}
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
inter.broker.listener.name=PLAINTEXT
controller.listener.names=CONTROLLER
log.dirs={}
auto.create.topics.enable=false
offsets.topic.replication.factor=1
offsets.topic.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=4
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
share.coordinator.state.topic.num.partitions=4
group.initial.rebalance.delay.ms=0
group.consumer.min.session.timeout.ms=6000
group.consumer.session.timeout.ms=6000
group.consumer.min.heartbeat.interval.ms=500
group.consumer.heartbeat.interval.ms=1000
num.network.threads=2
num.io.threads=4
log.segment.bytes=67108864
",
        data.display()
    )
}
