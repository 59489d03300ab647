//! What the pipelines share: how they read topics, write messages, and end.

use std::time::Duration;

use fleet_core::pipeline::{Health, Report};
use fleet_examples::kafka::all_read;
use fleet_sources::KafkaOptions;
use tokio::sync::{oneshot, watch};

use crate::Fallible;

/// When a pipeline ends.
pub(crate) enum End {
    /// Its run is dropped after so many records, like that of a process that is killed: whatever is
    /// not committed is undone.
    Interrupted(u64),
    /// After so many records in all, as soon as their number is known.
    Total(watch::Receiver<Option<u64>>),
}

impl End {
    /// Runs a pipeline until its end. There is no report of a run that was interrupted.
    pub(crate) async fn of<R>(
        self,
        health: watch::Receiver<Health>,
        run: impl FnOnce(oneshot::Receiver<()>) -> R,
    ) -> Fallible<Option<Report>>
    where
        R: Future<Output = fleet_core::Result<Report>>,
    {
        let (stop, stopped) = oneshot::channel();
        let run = run(stopped);
        match self {
            Self::Interrupted(records) => tokio::select! {
                report = run => Ok(Some(report?)),
                () = all_read(health, records) => Ok(None),
            },
            Self::Total(mut total) => {
                let end = async {
                    // The sender is gone if the run that counts has failed, which says why.
                    let known = total.wait_for(Option::is_some).await;
                    let records = known.ok().and_then(|known| *known).unwrap_or_default();
                    all_read(health, records).await;
                    let _ = stop.send(());
                };
                let (report, ()) = tokio::join!(run, end);
                Ok(Some(report?))
            }
        }
    }
}

/// How the pipelines read topics: who is interrupted is replaced soon.
pub(crate) fn reading() -> KafkaOptions {
    KafkaOptions {
        session_timeout: Duration::from_secs(6),
        ..KafkaOptions::default()
    }
}

/// Appends a message as JSON.
pub(crate) fn json(message: &impl serde::Serialize, to: &mut Vec<u8>) {
    let start = to.len();
    if serde_json::to_writer(&mut *to, message).is_err() {
        to.truncate(start);
    }
}
