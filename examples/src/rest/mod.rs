//! The bodies of the HTTP and WebSocket interfaces of the described systems.
//!
//! Messages that travel on a topic are dialects of `fleet_core`, and so are the results of the
//! queries of `fleet_sinks`. What only a server says to its clients is here, for the servers among
//! the examples.

pub mod fleetflow;
pub mod fleetstream;
pub mod ford;
#[cfg(test)]
mod tests;
pub mod vehicleops;
