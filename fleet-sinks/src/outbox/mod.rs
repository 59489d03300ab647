//! Messages that leave a database for topics: written with the position, relayed afterwards.
//!
//! A pipeline that writes its results to a database and to a topic can fail between the two. So it
//! writes [messages](OutboxMessage) to the outbox of its store, in the transaction of the position,
//! and a relay produces what waits there. A relay reads any [`Backlog`]: the outbox of a store, or
//! its dead letters.
//!
//! # Guarantees
//! What is committed is produced at least once, in the order in which it was committed, and each
//! time with the same [`CONTENT_ID`].

mod backlog;
#[cfg(any(feature = "sqlite", feature = "postgres"))]
mod contents;
mod dead_letter;
mod message;
mod row;
mod topic_name;

pub use backlog::{Backlog, BacklogSize, Page, RefusedMessage, Settled, Waiting};
#[cfg(any(feature = "sqlite", feature = "postgres"))]
pub(crate) use contents::Contents;
#[cfg(feature = "kafka")]
pub(crate) use dead_letter::OURS as DEAD_LETTER_HEADERS;
#[cfg(feature = "kafka")]
pub(crate) use message::content_id;
pub use message::{CONTENT_ID, OutboxMessage, TRACEPARENT};
pub use row::OutboxRows;
pub(crate) use topic_name::topic_name_refusal;
