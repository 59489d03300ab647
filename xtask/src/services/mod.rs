//! Services for tests, examples and people: `cargo xtask services`, and the servers of one test
//! run.

mod broker;
mod command;
mod compose;
mod install;
mod kafka;
mod postgres;
mod server;
mod shared;

use broker::KafkaServer;
pub(crate) use command::{Args, run};
pub(crate) use install::Install;
pub(crate) use kafka::{ToolArgs, tool};
use server::Server;
pub(crate) use shared::Servers;
