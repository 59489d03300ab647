//! Runs a relay until it is stopped.

use std::pin::pin;

use fleet_core::{Error, Result};
use tokio::time::{Instant, sleep, timeout};

use super::{
    status::{RelayStatus, Step},
    step::{Relay, StepError},
};
use crate::outbox::Backlog;

impl<B: Backlog> Relay<B> {
    /// Relays what waits and what comes, until `stop` completes. Then ends what is under way,
    /// within [`stop_within`](super::RelayOptions::stop_within), and makes way for another relay.
    ///
    /// Brokers that are gone and topics that fail do not end it: it tries again each
    /// [`poll`](super::RelayOptions::poll), and [`RelayStatus::trouble`] says why.
    ///
    /// # Errors
    /// Returns errors of the store that are not retryable. Nothing is lost then: what is not marked
    /// waits.
    pub async fn run(&mut self, stop: impl Future<Output = ()>) -> Result<RelayStatus> {
        let mut stop = pin!(stop);
        let mut counted: Option<Instant> = None;
        loop {
            let within = self.options.stop_within;
            let step = {
                let mut step = pin!(self.advance());
                tokio::select! {
                    biased;
                    step = &mut step => step,
                    () = &mut stop => {
                        let ended = timeout(within, step).await;
                        tracing::debug!(ended = ended.is_ok(), "a relay is stopped");
                        break;
                    }
                }
            };
            let poll = self.options.poll;
            let moved = matches!(step, Ok(Step::Settled { .. }) | Err(StepError::Topics(_)));
            match step {
                Ok(_) => {}
                Err(StepError::Topics(error)) => self.trouble(&error),
                Err(StepError::Other(error)) if error.is_retryable() => self.trouble(&error),
                Err(StepError::Other(error)) => return Err(error),
            }
            if counted.is_none_or(|at| at.elapsed() >= poll) {
                if let Err(error) = self.measure().await {
                    self.trouble(&error);
                }
                counted = Some(Instant::now());
            }
            if moved {
                // A stop is heard also while there is always more.
                tokio::task::yield_now().await;
                continue;
            }
            tokio::select! {
                biased;
                () = &mut stop => break,
                () = sleep(poll) => {}
            }
        }
        self.backlog.release().await?;
        self.measure().await?;
        self.status.send_modify(|status| status.owner = false);
        Ok(self.status.borrow().clone())
    }

    /// Notes an error, and logs it unless it is the last one again.
    fn trouble(&self, error: &Error) {
        let trouble = error.to_string();
        self.status.send_if_modified(|status| {
            if status.trouble.as_ref() == Some(&trouble) {
                return false;
            }
            tracing::warn!("a relay waits: {trouble}");
            status.trouble = Some(trouble);
            true
        });
    }
}
