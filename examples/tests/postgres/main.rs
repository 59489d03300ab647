//! A worker on PostgreSQL under faults: it is killed, its connections are terminated, the server
//! restarts, the network is cut in the middle of a message, the disk is full.
//!
//! After every fault the same oracle checks that each line of the input was stored once, or is a
//! dead letter with a reason, or was counted. CI injects a few faults of each kind;
//! `soak_postgres_*` injects many.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "test helpers panic on failure and print what they measured"
)]

mod agreement;
mod disk;
mod input;
mod network;
mod oracle;
mod secrets;
mod server;
mod tenants;
mod worker;
