mod connection;
mod server;
mod url;
