//! A private Apache Kafka on loopback, made of the jars of Maven Central.
//!
//! A [`Broker`] belongs to the process that started it, and ends with it, even if that is killed.
//! [`Lasting`] is the one that outlives it.

mod broker;
mod cluster;
mod jars;
mod java;
mod lasting;
mod node;
mod options;
mod security;
mod settings;
mod shared;
#[cfg(test)]
mod tests;
mod tools;

pub use broker::{Broker, Secured};
pub use jars::{VERSION, fetch, missing};
pub use lasting::{Lasting, Status, port};
pub use options::{Nodes, Options, Tls};
pub use settings::{IN_SYNC, REPLICAS, SETTINGS};
pub use shared::{VARIABLE, broker_for_tests, broker_for_tests_with, for_tests};
pub use tools::{TOOLS, tool};

pub use crate::private::certificates::Certificates;
