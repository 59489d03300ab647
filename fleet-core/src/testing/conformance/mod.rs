//! Conformance suites: one per contract, to be called from the tests of each implementation.
//!
//! | contract | suite |
//! |---|---|
//! | [`Operator`](crate::Operator) | [`operator()`], or [`revising_operator`] if it revises results |
//! | [`Source`](crate::Source) | [`source()`], [`replayable`], or [`rebalancing`] if partitions move |
//! | [`Sink`](crate::sink::Sink) | [`sink()`], [`transactional_sink`] |
//! | [`CheckpointStore`](crate::checkpoint::CheckpointStore) | [`checkpoint_store`], [`fencing_by_token`], [`claims_beside_commits`] |
//!
//! A suite opens what it tests through a closure, as often as it needs, and panics with the
//! assertion that failed. It also drops futures at every point where they wait, as the driver does
//! whenever something else is due.

#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "a suite reports by panicking, as assertions do"
)]

mod handover;
mod operator;
mod rebalancing;
mod rows;
mod sink;
mod source;
mod store;
mod transactional;
mod windows;

use std::{
    future::{Future, poll_fn},
    pin::pin,
    task::Poll,
};

pub use handover::Handover;
pub use operator::{operator, revising_operator};
pub use rebalancing::rebalancing;
pub use rows::Rows;
pub use sink::sink;
pub use source::{lines, replayable, source};
pub use store::{checkpoint_store, claims_beside_commits, fencing_by_token, saved, sealed};
pub use transactional::transactional_sink;
pub use windows::{latest_sessions, latest_windows};

/// How many of its waits a future is dropped at, one after the other.
const DROPS: usize = 4;

/// Drives a future up to its n-th wait and drops it there; `None` if it was not done by then.
async fn drop_at<F: Future>(wait: usize, future: F) -> Option<F::Output> {
    let mut future = pin!(future);
    let mut waits = 0;
    poll_fn(|cx| match future.as_mut().poll(cx) {
        Poll::Ready(done) => Poll::Ready(Some(done)),
        Poll::Pending => {
            waits += 1;
            if waits < wait {
                Poll::Pending
            } else {
                Poll::Ready(None)
            }
        }
    })
    .await
}
