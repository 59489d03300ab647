mod connection;
mod report;
mod server;
mod store;
mod table;
mod url;
