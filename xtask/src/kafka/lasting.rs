//! The one broker that outlives the command that started it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread::sleep;
use std::time::Duration;

use super::cluster::{Cluster, node_folder};
use super::node::{Node, log, pid_file};
use super::options::{Nodes, Options};
use crate::private::account::Account;
use crate::private::folder;
use crate::private::port;
use crate::private::process::output;

/// How often, and how many times, an ending node is looked at: half a minute. A clean end takes 2
/// to 8 s.
const LOOK: Duration = Duration::from_millis(100);
const LOOKS: u32 = 300;

/// `target/services/kafka`, from `cargo xtask services up kafka` until `down`.
#[derive(Debug)]
pub struct Lasting {
    folder: PathBuf,
}

/// The state of the broker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Status {
    /// At least one node runs.
    Running {
        /// The addresses of all nodes.
        brokers: String,
        /// The numbers of the nodes that run.
        nodes: Vec<u32>,
        /// The logs of all nodes.
        logs: Vec<PathBuf>,
    },
    /// It was started, and no node runs any longer.
    Ended,
    /// It was not started.
    Absent,
}

impl Lasting {
    /// Finds its folder, whether or not it was started.
    ///
    /// # Errors
    ///
    /// The target folder cannot be written to.
    pub fn locate() -> Result<Self, String> {
        let root = folder::root(Account::ourselves())?;
        Ok(Self::at(root.join("kafka")))
    }

    pub(super) fn at(folder: PathBuf) -> Self {
        Self { folder }
    }

    /// Starts the nodes that do not run, with the data they had, and returns their addresses.
    ///
    /// # Errors
    ///
    /// It has another number of nodes, or a node did not start; the message holds the end of its
    /// log. What runs then is left to [`down`](Self::down).
    pub fn up(&self, nodes: Nodes) -> Result<String, String> {
        if self.status() == Status::Absent {
            self.create(nodes)?;
        }
        let (has, wanted) = (self.numbers().len(), nodes.numbers().count());
        if has != wanted {
            return Err(format!(
                "a broker of {has} nodes was started, not of {wanted}: \
                 `cargo xtask services down kafka` removes it"
            ));
        }
        let idle = self.numbers().into_iter();
        let idle = idle.filter(|number| self.process(*number).is_none());
        let mut idle: Vec<_> = idle.map(|number| Node::of(self.node(number))).collect();
        // Three nodes serve when two of them run, so each is waited for after all are started.
        for node in &mut idle {
            node.start()?;
        }
        idle.iter_mut().try_for_each(Node::wait_until_ready)?;
        self.brokers()
    }

    /// Stops all nodes and removes their data, and returns whether they were there. It ends no
    /// process but those whose command line names its folder.
    ///
    /// # Errors
    ///
    /// A node does not stop, or the folder cannot be removed.
    pub fn down(&self) -> Result<bool, String> {
        if self.status() == Status::Absent {
            return Ok(false);
        }
        let running = self.numbers().into_iter();
        let running: Vec<_> = running.filter(|one| self.process(*one).is_some()).collect();
        for number in &running {
            self.signal(*number, "TERM")?;
        }
        for number in running {
            let mut looks = 0..LOOKS;
            while self.process(number).is_some() && looks.next().is_some() {
                sleep(LOOK);
            }
            // The data goes, so nothing is lost.
            self.signal(number, "KILL")?;
        }
        fs::remove_dir_all(&self.folder).map_err(|error| self.cannot("remove", &error))?;
        Ok(true)
    }

    /// The state of the broker.
    pub fn status(&self) -> Status {
        let Ok(brokers) = self.brokers() else {
            return Status::Absent;
        };
        let all = self.numbers();
        let runs = |number: &u32| self.process(*number).is_some();
        let nodes: Vec<u32> = all.iter().copied().filter(runs).collect();
        if nodes.is_empty() {
            return Status::Ended;
        }
        let logs = all.into_iter().map(|number| log(&self.node(number)));
        Status::Running {
            brokers,
            nodes,
            logs: logs.collect(),
        }
    }

    fn create(&self, nodes: Nodes) -> Result<(), String> {
        // An interrupted `up` leaves a folder without addresses.
        if self.folder.exists() {
            fs::remove_dir_all(&self.folder).map_err(|error| self.cannot("remove", &error))?;
        }
        fs::create_dir(&self.folder).map_err(|error| self.cannot("create", &error))?;
        let options = Options {
            nodes,
            ..Options::default()
        };
        let cluster = Cluster::create(&self.folder, options)?;
        fs::write(self.brokers_file(), cluster.address())
            .map_err(|error| self.cannot("write to", &error))
    }

    /// The numbers of the nodes that were made.
    fn numbers(&self) -> Vec<u32> {
        let all = Nodes::Three.numbers();
        all.filter(|number| self.node(*number).is_dir()).collect()
    }

    fn node(&self, number: u32) -> PathBuf {
        node_folder(&self.folder, number)
    }

    /// The process of a node, if it runs.
    fn process(&self, number: u32) -> Option<u32> {
        let folder = self.node(number);
        let pid = fs::read_to_string(pid_file(&folder)).ok()?;
        let pid = pid.trim().parse().ok()?;
        // The id may have become that of another process.
        let properties = folder.join("server.properties");
        command_line(pid)?
            .contains(&*properties.to_string_lossy())
            .then_some(pid)
    }

    /// Sends a signal to a node, if it runs.
    fn signal(&self, number: u32, signal: &str) -> Result<(), String> {
        let Some(pid) = self.process(number) else {
            return Ok(());
        };
        let mut kill = Command::new("sh");
        kill.args(["-c", "kill -s \"$1\" \"$2\"", "sh", signal]);
        match output(kill.arg(pid.to_string())) {
            // It ended meanwhile.
            Err(_) if self.process(number).is_none() => Ok(()),
            sent => sent.map(drop),
        }
    }

    fn brokers(&self) -> Result<String, String> {
        fs::read_to_string(self.brokers_file()).map_err(|error| self.cannot("read", &error))
    }

    fn brokers_file(&self) -> PathBuf {
        self.folder.join("brokers")
    }

    fn cannot(&self, what: &str, error: &std::io::Error) -> String {
        format!("cannot {what} {}: {error}", self.folder.display())
    }
}

/// A free port for a broker elsewhere, such as in a container.
///
/// # Errors
///
/// None is free.
pub fn port() -> Result<u16, String> {
    port::free()
}

/// The command line of a process that runs.
fn command_line(pid: u32) -> Option<String> {
    let proc = Path::new("/proc");
    if proc.join("self").exists() {
        let line = fs::read(proc.join(pid.to_string()).join("cmdline")).ok()?;
        return Some(String::from_utf8_lossy(&line).into_owned());
    }
    let mut ps = Command::new("ps");
    ps.args(["-ww", "-o", "command=", "-p"]);
    output(ps.arg(pid.to_string())).ok()
}
