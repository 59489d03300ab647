use std::{sync::Arc, time::Duration};

use backon::{BackoffBuilder, ExponentialBackoff, ExponentialBuilder};
use tokio::time::sleep;

use super::{
    observe::{Seen, Stage},
    stop::Stop,
};
use crate::data::{Error, Result};

/// How passing faults of source, sinks and store are retried: with growing, jittered delays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retry {
    /// How often one step is tried again before the pipeline stops.
    pub times: usize,
    /// The first delay; each next one is twice as long.
    pub first: Duration,
    /// The longest delay.
    pub longest: Duration,
}

impl Default for Retry {
    /// 10 times from 50 ms to 5 s, about half a minute in all. Our choice: longer than a server's restart.
    fn default() -> Self {
        Self {
            times: 10,
            first: Duration::from_millis(50),
            longest: Duration::from_secs(5),
        }
    }
}

impl Retry {
    /// The delays of one step.
    fn delays(self) -> ExponentialBackoff {
        ExponentialBuilder::default()
            .with_min_delay(self.first)
            .with_max_delay(self.longest)
            .with_max_times(self.times)
            .with_jitter()
            .build()
    }
}

/// The longest pause between two tries once a stop is asked for. Our choice: some more tries fit into its time.
const HURRY: Duration = Duration::from_millis(250);

/// How faults are retried, and who hears of them.
#[derive(Clone)]
pub(super) struct Patience {
    pub(super) retry: Retry,
    pub(super) seen: Arc<Seen>,
    /// Makes those who wait hurry.
    pub(super) stop: Stop,
}

impl Patience {
    /// The tries of one step.
    pub(super) fn tries(&self) -> Tries {
        Tries {
            delays: self.retry.delays(),
            patience: self.clone(),
        }
    }
}

/// The tries of one step.
pub(super) struct Tries {
    delays: ExponentialBackoff,
    patience: Patience,
}

impl Tries {
    /// How long to wait before the next try of `who`, such as a sink.
    ///
    /// # Errors
    /// The fault, when it cannot pass or was retried enough.
    pub(super) fn delay(&mut self, at: Stage, who: &str, fault: Error) -> Result<Duration> {
        let delay = if fault.is_pausing() {
            // It costs no tries: somebody has to act first.
            Some(self.patience.retry.longest)
        } else {
            self.delays.next().filter(|_| fault.is_retryable())
        };
        let Some(delay) = delay else {
            return Err(fault);
        };
        self.patience.seen.retrying(at, who, &fault, delay);
        Ok(delay)
    }

    /// Waits before the next try; once a stop is asked for, not for long and as often as there is time.
    ///
    /// # Errors
    /// As [`delay`](Self::delay).
    pub(super) async fn again(&mut self, at: Stage, who: &str, fault: Error) -> Result<()> {
        if self.patience.stop.is_requested() && fault.is_retryable() {
            self.patience.seen.retrying(at, who, &fault, HURRY);
            sleep(HURRY).await;
            return Ok(());
        }
        let delay = self.delay(at, who, fault)?;
        tokio::select! {
            () = sleep(delay) => {}
            () = self.patience.stop.requested() => sleep(delay.min(HURRY)).await,
        }
        Ok(())
    }
}
