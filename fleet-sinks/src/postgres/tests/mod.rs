mod connection;
mod report;
pub(super) mod server;
mod store;
mod table;
mod url;
