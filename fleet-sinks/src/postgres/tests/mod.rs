//! Tests of stores, tables and pipelines against a server.

mod bad_rows;
mod fleet;
mod outbox;
mod pipeline;
mod report;
mod store;
mod store_log;
mod table;
mod write_modes;
mod zombies;
