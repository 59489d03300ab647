//! Retries of retryable errors: how often, after which delays, and who is notified.

use std::{sync::Arc, time::Duration};

use backon::{BackoffBuilder, ExponentialBackoff, ExponentialBuilder};
use tokio::time::sleep;

use super::{
    observe::{Observer, RetriedOperation},
    stop::Stop,
};
use crate::data::{Error, Result};

/// The retry policy for source, sinks and store: exponential backoff with jitter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retry {
    /// The number of retries of one operation before the pipeline stops.
    pub times: usize,
    /// The first delay. Each further delay is twice as long. So are those of failures that
    /// [pause](crate::Error::pausing), which are not counted.
    pub first: Duration,
    /// The upper bound of the delays.
    pub longest: Duration,
}

impl Default for Retry {
    /// Ten retries with delays from 50 ms to 5 s, about half a minute in total. Our choice: longer
    /// than a server takes to restart.
    fn default() -> Self {
        Self {
            times: 10,
            first: Duration::from_millis(50),
            longest: Duration::from_secs(5),
        }
    }
}

impl Retry {
    /// Returns the delays of one operation.
    fn delays(self) -> ExponentialBackoff {
        ExponentialBuilder::default()
            .with_min_delay(self.first)
            .with_max_delay(self.longest)
            .with_max_times(self.times)
            .with_jitter()
            .build()
    }
}

/// The longest delay once a stop was requested. Our choice: short enough for several attempts
/// within the time a stop may take.
const STOPPING_DELAY: Duration = Duration::from_millis(250);

/// What a retry needs: the policy, the observer to notify, and the stop signal.
#[derive(Clone)]
pub(super) struct RetryContext {
    pub(super) policy: Retry,
    pub(super) observer: Arc<Observer>,
    /// Shortens the delays.
    pub(super) stop: Stop,
}

impl RetryContext {
    /// Returns the attempts of one operation.
    pub(super) fn attempts(&self) -> Attempts {
        Attempts {
            delays: self.policy.delays(),
            pause: self.policy.first,
            context: self.clone(),
        }
    }
}

/// The attempts of one operation.
pub(super) struct Attempts {
    delays: ExponentialBackoff,
    /// The next delay of a failure that pauses.
    pause: Duration,
    context: RetryContext,
}

impl Attempts {
    /// Returns the delay before the next attempt. `who` names the component that failed, such as a
    /// sink.
    ///
    /// # Errors
    /// Returns the error itself if it is not retryable or retries are exhausted.
    pub(super) fn delay(
        &mut self,
        operation: RetriedOperation,
        who: &str,
        error: Error,
    ) -> Result<Duration> {
        let delay = if error.is_pausing() {
            // Does not count as an attempt, because somebody has to act first. It may be a reader
            // that makes room at once, or a person.
            let longest = self.context.policy.longest;
            let pause = self.pause.min(longest);
            self.pause = pause.saturating_mul(2);
            Some(pause)
        } else {
            self.delays.next().filter(|_| error.is_retryable())
        };
        let Some(delay) = delay else {
            return Err(error);
        };
        let observer = &self.context.observer;
        observer.retrying(operation, who, &error, delay);
        Ok(delay)
    }

    /// Waits before the next attempt. Once a stop was requested, delays are short and attempts are
    /// not counted: the stop's own time limit ends them.
    ///
    /// # Errors
    /// As [`delay`](Self::delay).
    pub(super) async fn wait(
        &mut self,
        operation: RetriedOperation,
        who: &str,
        error: Error,
    ) -> Result<()> {
        if self.context.stop.is_requested() && error.is_retryable() {
            let observer = &self.context.observer;
            observer.retrying(operation, who, &error, STOPPING_DELAY);
            sleep(STOPPING_DELAY).await;
            return Ok(());
        }
        let delay = self.delay(operation, who, error)?;
        tokio::select! {
            () = sleep(delay) => {}
            () = self.context.stop.requested() => sleep(delay.min(STOPPING_DELAY)).await,
        }
        Ok(())
    }
}
