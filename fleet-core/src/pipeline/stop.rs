//! The stop signal of a run, and the time limit for committing after it.

use std::{
    future::{Future, pending},
    pin::pin,
    time::Duration,
};

use tokio::{sync::watch, time::sleep};

use super::observe::Observer;
use crate::data::{Error, ErrorKind, Result};

/// The stop signal. The default is never set.
#[derive(Clone, Default)]
pub(super) struct Stop(Option<watch::Receiver<bool>>);

impl Stop {
    pub(super) fn is_requested(&self) -> bool {
        let requested = self.0.as_ref();
        requested.is_some_and(|requested| *requested.borrow())
    }

    /// Waits until a stop is requested.
    pub(super) async fn requested(&mut self) {
        if let Some(requested) = &mut self.0
            && requested.wait_for(|requested| *requested).await.is_ok()
        {
            return;
        }
        // Nobody is left to request it.
        pending::<()>().await;
    }
}

/// Forwards the stop to the run, and abandons the run if it has not ended `within` that time.
pub(super) async fn run_until<T, R: Future<Output = Result<T>>>(
    run: impl FnOnce(Stop) -> R,
    stop: impl Future<Output = ()>,
    within: Duration,
    observer: &Observer,
) -> Result<T> {
    let (request, requested) = watch::channel(false);
    let (mut run, mut stop) = (pin!(run(Stop(Some(requested)))), pin!(stop));
    tokio::select! {
        biased;
        () = &mut stop => {}
        done = &mut run => return done,
    }
    request.send_replace(true);
    tokio::select! {
        biased;
        done = &mut run => done,
        () = sleep(within) => Err(too_late(within, observer)),
    }
}

fn too_late(within: Duration, observer: &Observer) -> Error {
    let troubles = observer.troubles();
    let reasons = troubles.values();
    let reasons =
        reasons.map(|trouble| format!("{} was being retried: {}", trouble.who, trouble.error));
    let mut why = reasons.collect::<Vec<_>>().join("; ");
    if why.is_empty() {
        why = "a commit was still under way".into();
    }
    let message = format!(
        "stopped before everything was committed, {} s after the stop was requested ({why}); \
         nothing is lost: a restart goes on from the last commit",
        within.as_secs_f64(),
    );
    Error::new(ErrorKind::Stopped, message)
}
