use std::{
    future::{Future, pending},
    pin::pin,
    time::Duration,
};

use tokio::{sync::watch, time::sleep};

use super::observe::Seen;
use crate::data::{Error, ErrorKind, Result};

/// Whether a stop was asked for. Without [`run_until`], never.
#[derive(Clone, Default)]
pub(super) struct Stop(Option<watch::Receiver<bool>>);

impl Stop {
    pub(super) fn is_requested(&self) -> bool {
        let requested = self.0.as_ref();
        requested.is_some_and(|requested| *requested.borrow())
    }

    /// Resolves once it was.
    pub(super) async fn requested(&mut self) {
        if let Some(requested) = &mut self.0
            && requested.wait_for(|requested| *requested).await.is_ok()
        {
            return;
        }
        // Nobody is left to ask for it.
        pending::<()>().await;
    }
}

/// Tells the run of a stop, and gives it up when it has not ended within this time after it.
pub(super) async fn run_until<T, R: Future<Output = Result<T>>>(
    run: impl FnOnce(Stop) -> R,
    stop: impl Future<Output = ()>,
    within: Duration,
    seen: &Seen,
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
        () = sleep(within) => Err(too_late(within, seen)),
    }
}

fn too_late(within: Duration, seen: &Seen) -> Error {
    let troubles = seen.troubles();
    let troubles = troubles.values();
    let told =
        troubles.map(|trouble| format!("{} was being retried: {}", trouble.who, trouble.error));
    let mut why = told.collect::<Vec<_>>().join("; ");
    if why.is_empty() {
        why = "a commit was still under way".into();
    }
    let message = format!(
        "stopped before everything was committed, {} s after the stop was asked for ({why}); \
         nothing is lost: a restart goes on from the last commit",
        within.as_secs_f64(),
    );
    Error::new(ErrorKind::Stopped, message)
}
