//! A broker that ends with its owner.

use std::path::{Path, PathBuf};

use super::cluster::Cluster;
use super::node::{Node, pid_file};
use super::options::Options;
use crate::private::account::Account;
use crate::private::certificates::Certificates;
use crate::private::folder::Folder;
use crate::private::keeper::{Keeper, Signal};

/// Apache Kafka on loopback, of one node or three, ended with this process at the latest.
///
/// # Examples
/// ```no_run
/// # fn main() -> Result<(), String> {
/// use xtask::kafka::{Broker, Nodes, Options};
///
/// let mut broker = Broker::start_with(Options { nodes: Nodes::Three, ..Options::default() })?;
/// println!("{}", broker.address()); // 127.0.0.1:20117,127.0.0.1:20122,127.0.0.1:20127
/// broker.kill_node(2)?; // the others go on
/// broker.up_node(2)?;
/// broker.kill()?; // all of them
/// broker.up()?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Broker {
    cluster: Cluster,
    nodes: Vec<Node>,
    secured: Option<Secured>,
    // Fields are dropped in this order: the folder is removed by the keeper, then unlocked.
    keeper: Keeper,
    _folder: Folder,
}

/// The addresses of a broker with [`Tls::On`](super::Tls::On), and what opens them.
#[derive(Clone, Debug)]
pub struct Secured {
    /// Encrypted, for everybody.
    pub ssl: String,
    /// Encrypted, for the user, by PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512.
    pub sasl_ssl: String,
    /// Not encrypted, for the user.
    pub sasl_plaintext: String,
    /// The same nodes as [`sasl_ssl`](Self::sasl_ssl) under an address that their certificate does
    /// not name.
    pub other_name: String,
    /// The name of the user.
    pub user: String,
    /// The password of the user.
    pub password: String,
    /// Who is to be trusted, and who is not.
    pub certificates: Certificates,
}

impl Broker {
    /// Fetches the jars if necessary, and starts one node without topics.
    ///
    /// # Errors
    ///
    /// Returns why it does not start, with the end of its log.
    pub fn start() -> Result<Self, String> {
        Self::start_with(Options::default())
    }

    /// As [`start`](Self::start), with options.
    ///
    /// # Errors
    ///
    /// Returns why it does not start, with the end of its log.
    pub fn start_with(options: Options) -> Result<Self, String> {
        let account = Account::ourselves();
        let folder = Folder::create("kafka", account, |_| {})?;
        let path: &Path = folder.path();
        let numbers = options.nodes.numbers();
        let pids: Vec<PathBuf> = numbers
            .map(|number| pid_file(&super::cluster::node_folder(path, number)))
            .collect();
        let keeper = Keeper::start(account, path, &pids, Signal::Kill)?;
        let cluster = Cluster::create(path, options)?;
        let nodes = cluster.folders.iter().cloned().map(Node::of).collect();
        let secured = secured(&cluster);
        let mut broker = Self {
            cluster,
            nodes,
            secured,
            keeper,
            _folder: folder,
        };
        broker.up()?;
        Ok(broker)
    }

    /// The plain address of all nodes, for `bootstrap.servers`.
    pub fn address(&self) -> String {
        self.cluster.address()
    }

    /// The addresses with TLS and users, if the broker has them.
    pub fn secured(&self) -> Option<&Secured> {
        self.secured.as_ref()
    }

    /// Kills all nodes. What they wrote stays.
    ///
    /// # Errors
    ///
    /// Returns why one cannot be ended.
    pub fn kill(&mut self) -> Result<(), String> {
        self.nodes.iter_mut().try_for_each(Node::kill)
    }

    /// Starts all nodes that do not run, and waits until they serve.
    ///
    /// # Errors
    ///
    /// Returns why one does not start, with the end of its log.
    pub fn up(&mut self) -> Result<(), String> {
        // Three nodes serve when two of them run, so each is waited for after all are started.
        for node in &mut self.nodes {
            self.keeper.watch(node.start()?)?;
        }
        self.nodes.iter_mut().try_for_each(Node::wait_until_ready)
    }

    /// Kills one node, counted from 1. What it wrote stays.
    ///
    /// # Errors
    ///
    /// Returns why it cannot be ended, also if there is no such node.
    pub fn kill_node(&mut self, number: u32) -> Result<(), String> {
        self.node(number)?.kill()
    }

    /// Starts one node again, unless it runs, and waits until it serves.
    ///
    /// # Errors
    ///
    /// Returns why it does not start, with the end of its log, also if there is no such node.
    pub fn up_node(&mut self, number: u32) -> Result<(), String> {
        let id = self.node(number)?.start()?;
        self.keeper.watch(id)?;
        self.node(number)?.wait_until_ready()
    }

    fn node(&mut self, number: u32) -> Result<&mut Node, String> {
        let index = usize::try_from(number).ok().and_then(|n| n.checked_sub(1));
        let node = index.and_then(|index| self.nodes.get_mut(index));
        node.ok_or_else(|| format!("the broker has no node {number}"))
    }
}

impl Drop for Broker {
    fn drop(&mut self) {
        // The keeper removes the folder, and ends what could not be ended here.
        drop(self.kill());
    }
}

fn secured(cluster: &Cluster) -> Option<Secured> {
    let access = &cluster.access;
    Some(Secured {
        certificates: access.certificates.clone()?,
        ssl: cluster.list("localhost", |ports| ports.ssl),
        sasl_ssl: cluster.list("localhost", |ports| ports.sasl_ssl),
        sasl_plaintext: cluster.list("localhost", |ports| ports.sasl),
        other_name: cluster.list("127.0.0.1", |ports| ports.sasl_ssl),
        user: access.user.to_owned(),
        password: access.password.clone(),
    })
}
