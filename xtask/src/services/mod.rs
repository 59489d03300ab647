//! Services for tests, examples and people: `cargo xtask services`, and the server of one test run.

mod command;
mod compose;
mod install;
mod server;

pub(crate) use command::{Args, run};
pub(crate) use install::Install;
pub(crate) use server::Server;
