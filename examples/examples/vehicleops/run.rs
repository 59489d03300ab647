//! Runs the fleet and the backend side by side, and interrupts each of them once.

use std::time::Duration;

use fleet_core::pipeline::{Health, Report};
use fleet_examples::kafka::all_read;
use fleet_sources::KafkaOptions;
use tokio::sync::{oneshot, watch};

use crate::{Fallible, backend, fleet, store::Stores, topics::Topics};

/// The backend is interrupted after so many events. Our choice: in the middle of the shift.
const INTERRUPTED_AFTER: u64 = 5000;

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

/// Lets the fleet carry out so many commands, and the backend process all that it sends meanwhile.
/// Returns how many telemetry events there were.
pub(crate) async fn fleet_and_backend(
    brokers: &str,
    topics: &Topics,
    stores: &Stores,
    commands: u64,
) -> Fallible<u64> {
    let (total, raw) = watch::channel(None);
    let fleet = async {
        let (ended, all) = oneshot::channel();
        let carry_out = async {
            let end = End::Interrupted(commands / 2);
            fleet::run(brokers, topics, stores.open("fleet").await?, end).await?;
            let (_known, all) = watch::channel(Some(commands));
            let store = stores.open("fleet").await?;
            let report = fleet::run(brokers, topics, store, End::Total(all)).await?;
            let _ = ended.send(());
            report.ok_or_else(|| "the fleet was interrupted".into())
        };
        let all = async { _ = all.await };
        let (report, ()) = tokio::try_join!(carry_out, stores.deliver(brokers, "fleet", all))?;
        assert!(report.balances());
        let sent = report.tally("reports", "telemetry");
        total.send_replace(Some(sent));
        Fallible::Ok(sent)
    };
    let backend = async {
        let (ended, all) = oneshot::channel();
        let process = async {
            let end = End::Interrupted(INTERRUPTED_AFTER);
            backend::run(brokers, topics, stores.open("backend").await?, end).await?;
            let store = stores.open("backend").await?;
            let report = backend::run(brokers, topics, store, End::Total(raw)).await?;
            let _ = ended.send(());
            report.ok_or_else(|| "the backend was interrupted".into())
        };
        let all = async { _ = all.await };
        let (report, ()) = tokio::try_join!(process, stores.deliver(brokers, "backend", all))?;
        assert!(report.balances());
        Fallible::Ok(())
    };
    let (sent, ()) = tokio::try_join!(fleet, backend)?;
    Ok(sent)
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
