mod connection;
mod report;
mod server;
mod store;
mod url;
