mod connection;
mod report;
pub(super) mod server;
mod store;
mod url;
