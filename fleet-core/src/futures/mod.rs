//! Adapters between the streams and sinks of the `futures` crates and those of this crate (feature
//! `futures`).
//!
//! | from | to | use |
//! |---|---|---|
//! | a `futures::Stream` | a [`Source`](crate::Source) | [`StreamSource`] |
//! | a stream of a graph | a `futures::Stream` | [`rows`] |
//! | a `futures::Sink` | a [`Sink`](crate::sink::Sink) | [`FuturesSink`] |
//! | a [`Sink`](crate::sink::Sink) | a `futures::Sink` | [`BatchSink`] |
//!
//! # Guarantees
//! At least once, which the types state: none of these is [`Replayable`](crate::source::Replayable)
//! or part of a store's transaction. Dropping any of their futures before completion loses nothing.

mod batch_sink;
mod futures_sink;
mod rows;
mod stream_source;
#[cfg(test)]
mod tests;

pub use batch_sink::BatchSink;
pub use futures_sink::FuturesSink;
pub use rows::{RowSink, RowStream, rows};
pub use stream_source::StreamSource;
