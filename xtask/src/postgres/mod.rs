//! PostgreSQL, private and on loopback.
//!
//! ```no_run
//! # fn main() -> Result<(), String> {
//! use xtask::postgres::{Instance, Options};
//!
//! let mut server = Instance::start(Options::default())?;
//! println!("{}", server.url()); // postgres://postgres:..@127.0.0.1:20117/postgres
//! server.restart_immediate()?; // every connection breaks, and what was committed is there
//! drop(server); // stopped, and its folder removed
//! # Ok(())
//! # }
//! ```

mod cluster;
mod instance;
mod lasting;
mod options;
mod programs;
mod server;
mod shared;

pub use cluster::{INITDB, SETTINGS};
pub use instance::{Instance, access};
pub use lasting::{Lasting, Status};
pub use options::{Options, Tls};
pub use programs::{MAJOR, is_installed};
pub use shared::{VARIABLE, for_tests, instance_for_tests};

pub use crate::private::certificates::Certificates;

#[cfg(test)]
mod tests;
