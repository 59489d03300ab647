//! Relays what a store holds for topics.

mod client;
mod delivery;
mod options;
mod run;
mod stalled;
mod status;
mod step;
#[cfg(test)]
#[cfg(any(feature = "sqlite", feature = "postgres"))]
mod tests;

pub use options::RelayOptions;
pub use status::{RelayStatus, Step, TopicCounts};
pub use step::Relay;
