//! The worker on PostgreSQL while everything around it fails: it is killed, its connections are ended, the
//! server restarts, the network is cut in the middle of a message, the disk is full.
//!
//! Whatever happened, one oracle decides: each line of the input came out once, or is a dead letter with a
//! reason, or was counted. CI runs a few faults of each kind; the whole is in `soak_postgres_*`.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "helpers of tests fail by panic and print what they measured"
)]

mod disk;
mod input;
mod network;
mod oracle;
mod secrets;
mod server;
mod worker;
