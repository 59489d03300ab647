//! A private Apache Kafka on loopback, made of the jars of Maven Central.
//!
//! A broker belongs to the process that started it, and ends with it, even if that is killed.

mod broker;
mod jars;
mod shared;
#[cfg(test)]
mod tests;

pub use broker::Broker;
pub use jars::{fetch, missing};
pub use shared::{VARIABLE, broker_for_tests, for_tests};
