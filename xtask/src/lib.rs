//! Private instances of the services that tests and examples talk to.
//!
//! A test asks for a server of its own, gets one on loopback with a password nobody else knows, and
//! leaves nothing behind, also if it is killed. `cargo xtask services` keeps one running for a person.
//! Every package may use this in its tests; the programs themselves are Unix's.

pub mod postgres;
mod private;
