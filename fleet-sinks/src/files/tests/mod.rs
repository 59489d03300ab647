//! Tests of the file sinks.

#[cfg(feature = "sqlite")]
mod model;
mod plain;
#[cfg(feature = "sqlite")]
mod store;
