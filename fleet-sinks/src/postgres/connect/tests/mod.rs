//! Tests of URLs without a server, and of connections with one.

mod connection;
mod url;
