//! Runs the fleet and the backend side by side, and interrupts each of them once.

use tokio::sync::{oneshot, watch};

use crate::{Fallible, backend, fleet, pipeline::End, store::Stores, topics::Topics};

/// The backend is interrupted after so many events. Our choice: in the middle of the shift.
const INTERRUPTED_AFTER: u64 = 5000;

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
            let report = fleet::run(brokers, topics, stores, end).await?;
            assert!(report.is_none(), "the fleet is interrupted");
            let (_known, all) = watch::channel(Some(commands));
            let report = fleet::run(brokers, topics, stores, End::Total(all)).await?;
            let _ = ended.send(());
            report.ok_or_else(|| "the fleet has no report".into())
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
            let report = backend::run(brokers, topics, stores, end).await?;
            assert!(report.is_none(), "the backend is interrupted");
            let report = backend::run(brokers, topics, stores, End::Total(raw)).await?;
            let _ = ended.send(());
            report.ok_or_else(|| "the backend has no report".into())
        };
        let all = async { _ = all.await };
        let (report, ()) = tokio::try_join!(process, stores.deliver(brokers, "backend", all))?;
        assert!(report.balances());
        Fallible::Ok(())
    };
    let (sent, ()) = tokio::try_join!(fleet, backend)?;
    Ok(sent)
}
