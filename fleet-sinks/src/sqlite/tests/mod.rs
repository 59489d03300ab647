//! Tests of the SQLite store and its tables.

mod contract;
mod name;
mod open;
mod report;
mod revisions;
mod table;
