//! Services for tests, examples and people: `cargo xtask services`, and the servers of one test run.

mod broker;
mod command;
mod compose;
mod install;
mod server;
mod shared;

use broker::KafkaServer;
pub(crate) use command::{Args, run};
pub(crate) use install::Install;
use server::Server;
pub(crate) use shared::Servers;
