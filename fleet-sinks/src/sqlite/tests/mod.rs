//! Tests of the SQLite store and its tables.

mod contract;
mod name;
mod open;
mod outbox;
mod report;
mod revisions;
mod store_log;
mod table;
