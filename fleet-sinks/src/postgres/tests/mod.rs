mod connection;
pub(super) mod server;
mod url;
