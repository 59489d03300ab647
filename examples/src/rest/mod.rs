//! The bodies of the HTTP and WebSocket interfaces of the supported systems.
//!
//! Messages that travel on a topic are dialects of `fleet_core`, and what a query returns is in
//! `fleet_sinks::postgres::queries`. All other bodies are here, for the servers among the examples.

pub mod fleetflow;
pub mod fleetstream;
pub mod ford;
#[cfg(feature = "postgres")]
#[cfg(test)]
mod tests;
pub mod vehicleops;
