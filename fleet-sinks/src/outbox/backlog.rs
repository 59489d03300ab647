//! What waits to be relayed, and who may relay it.

use std::time::Duration;

use async_trait::async_trait;
use fleet_core::Result;

use super::message::OutboxMessage;

/// What a store holds for topics and no broker has acknowledged yet.
///
/// A relay calls `own`, then `page` and `settle` until nothing waits, then `release`.
///
/// # Guarantees
/// - One owner at a time. Others wait until it releases the backlog or is gone.
/// - A page has the messages in the order in which they were committed.
/// - What is settled is durable when `settle` returns, and never in a page again.
///
/// # Errors
/// After a [retryable](fleet_core::Error::is_retryable) error the relay waits and goes on with
/// `own`; any other ends it.
#[async_trait]
pub trait Backlog: Send {
    /// Becomes the owner or stays it. Returns `false` while somebody else is.
    async fn own(&mut self) -> Result<bool>;

    /// The oldest messages that wait.
    async fn page(&mut self, page: &Page<'_>) -> Result<Vec<Waiting>>;

    /// Marks messages as relayed or refused, all or none. Returns `false`, and marks nothing, if
    /// somebody else has become the owner.
    async fn settle(&mut self, settled: &[Settled]) -> Result<bool>;

    /// Counts what waits and what was refused.
    async fn measure(&mut self) -> Result<BacklogSize>;

    /// The oldest messages that were refused.
    async fn refused(&mut self, limit: usize) -> Result<Vec<RefusedMessage>>;

    /// Lets all messages that were refused wait again, for when the topic takes them now. Returns
    /// how many.
    async fn retry_refused(&mut self) -> Result<u64>;

    /// How long this owner stays one without a sign of life, if that is limited. A relay must not
    /// wait for brokers for so long.
    fn lease(&self) -> Option<Duration> {
        None
    }

    /// Lets somebody else become the owner.
    async fn release(&mut self) -> Result<()>;
}

/// The limits of a page.
#[derive(Clone, Copy, Debug)]
pub struct Page<'a> {
    /// The most messages.
    pub messages: usize,
    /// The most bytes of keys and values. The first message is there however large it is.
    pub bytes: usize,
    /// Topics whose messages are left out.
    pub without: &'a [String],
}

/// A message that waits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// Its place in the backlog, by which it is settled.
    pub place: i64,
    /// The message.
    pub message: OutboxMessage,
}

/// The outcome for a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settled {
    /// Its place in the backlog.
    pub place: i64,
    /// Why its topic does not take it; `None` if the topic has it.
    pub refusal: Option<String>,
}

/// How much is in a backlog.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BacklogSize {
    /// The messages that wait.
    pub waiting: u64,
    /// How long the oldest of them has waited, by the clock of the store; `None` if nothing waits
    /// or the store does not note it.
    pub oldest: Option<Duration>,
    /// The messages that their topic refused. They are kept, and wait for nobody.
    pub refused: u64,
}

/// A message that its topic refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefusedMessage {
    /// The message.
    pub message: OutboxMessage,
    /// Why its topic does not take it.
    pub reason: String,
}
