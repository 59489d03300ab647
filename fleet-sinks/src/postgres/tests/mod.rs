mod connection;
mod server;
mod store;
mod url;
