//! Private instances of the services that tests and examples talk to.
//!
//! A test asks for a server, gets one on loopback with a random password, and leaves nothing
//! behind, even if it is killed. A test that cannot run reports that by [`skip`].
//! `cargo xtask services` keeps a server running for a person. Every package may use this crate in
//! its tests; it runs on Unix only.

pub mod kafka;
pub mod postgres;
mod private;
pub mod skip;
