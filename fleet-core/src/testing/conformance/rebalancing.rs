//! The suite of sources whose partitions are given away and come back.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    DROPS, Handover,
    source::{How, read, replayable},
};
use crate::{contracts::source::Replayable, data::Offset};

/// Tests a [`Replayable`] source that gives partitions away while it is read.
///
/// `keeping` opens the source in such a way that it keeps its partitions: it must pass
/// [`replayable`]. `moving` opens it over the same input, and in the course of its reading each of
/// `handovers` must happen, and no other; each partition that is given away is assigned again.
/// `records` returns the records of a payload.
///
/// The suite asserts that
/// - only partitions that are started are given away, and they give no records until they are
///   assigned and started again;
/// - reading goes on from the offset given to `start`: the end of the last batch after `Revoking`,
///   and an earlier one after `Lost`;
/// - no record is missing or read from another offset than by the source that keeps its partitions,
///   also with partitions paused and with futures dropped at each wait.
///
/// # Examples
/// ```
/// use std::time::Duration;
/// use fleet_core::{
///     EventTime, VehicleId, event::Telemetry,
///     testing::{Script, Scripted, conformance::{self, Handover}},
/// };
/// # tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(async {
/// let car = VehicleId::new("car-1").unwrap();
/// let row = |at| Telemetry::new(car.clone(), EventTime::from_micros(at));
/// let rows: Vec<_> = (0..9).map(row).collect();
/// let open = |script: Vec<Script>| Scripted::new("memory", rows.clone().into(), script);
/// let hand = Script::Revoke(Duration::from_secs(1));
/// conformance::rebalancing(
///     || open(vec![Script::Rows(2); 3]),
///     || open(vec![Script::Rows(2), hand, Script::Rows(3), Script::Rows(1), Script::Lost]),
///     &[Handover::Revoking, Handover::Lost],
///     |batch| {
///         let bytes = |record: &_| format!("{record:?}").into_bytes();
///         batch.iter().map(|(at, record)| (*at, bytes(record))).collect()
///     },
/// )
/// .await;
/// # });
/// ```
///
/// # Panics
/// If an assertion fails.
pub async fn rebalancing<S: Replayable>(
    keeping: impl Fn() -> S,
    moving: impl Fn() -> S,
    handovers: &[Handover],
    records: impl Fn(&S::Payload) -> Vec<(Offset, Vec<u8>)>,
) {
    replayable(&keeping, &records).await;
    let wanted: BTreeSet<_> = handovers.iter().copied().collect();
    let truth = read(keeping(), &records, &BTreeMap::new(), How::default()).await;
    let plain = How {
        moves: true,
        ..How::default()
    };
    let pausing = How {
        pause: true,
        ..plain
    };
    let dropping = (1..=DROPS).map(|wait| How {
        drop_at: Some(wait),
        ..plain
    });
    let mut seen = BTreeSet::new();
    for how in [plain, pausing].into_iter().chain(dropping) {
        let found = read(moving(), &records, &BTreeMap::new(), how).await;
        seen.extend(found.handovers);
        assert_eq!(
            found.records, truth.records,
            "a partition that was given away and came back goes on where it was started"
        );
    }
    assert_eq!(
        seen, wanted,
        "the source gives partitions away as it is said to"
    );
}
