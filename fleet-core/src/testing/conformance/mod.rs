//! What every implementation of a contract owes, as functions to be called from a test.
//!
//! Each opens what it examines through a closure, as often as it needs, and panics with the promise that was
//! broken. Futures are also dropped at every point where they wait: a driver does that whenever something else
//! is due.

#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "a suite reports by panicking, as assertions do"
)]

mod operator;
mod rows;
mod sink;
mod source;
mod store;
mod transactional;

use std::{
    future::{Future, poll_fn},
    pin::pin,
    task::Poll,
};

pub use operator::operator;
pub use rows::Rows;
pub use sink::sink;
pub use source::{lines, replayable, source};
pub use store::{checkpoint_store, saved, sealed};
pub use transactional::transactional_sink;

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
