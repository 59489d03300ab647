//! Every source, sink and store of this crate passes its suite, also with the kit wrapped around
//! it.

mod broken;
mod operators;
mod windows;

use std::time::Duration;

use super::{
    Fault, Faults, FaultySink, FaultySource, FaultyStore, Log, Logged, Operation, Recording,
    Rejecting, Script, Scripted,
    conformance::{
        Handover, Rows, checkpoint_store, fencing_by_token, rebalancing, replayable, sink,
        transactional_sink,
    },
};
use crate::{
    contracts::{MemoryStore, sink::Null},
    data::{EventTime, Offset, VehicleId},
    event::Telemetry,
    rows::Row,
};

fn row(n: u64) -> Row<u64> {
    Row::detached(EventTime::MIN, Offset(n), n)
}

/// Good rows are small, the bad one is not.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "rows come so")]
fn too_big(n: &u64) -> Option<String> {
    (*n == u64::MAX).then(|| "too big".to_owned())
}

fn bad() -> Row<u64> {
    row(u64::MAX)
}

#[expect(clippy::unnecessary_wraps, reason = "what the suites ask for")]
fn stored(store: &MemoryStore) -> Option<u64> {
    Some(store.rows().get("numbers").map_or(0, Vec::len) as u64)
}

/// Slowness at every operation, so that every future waits and can be dropped there.
fn slow() -> Faults {
    Faults::decided_by(|_| Some(Fault::Slow(Duration::from_millis(1))))
}

#[tokio::test(start_paused = true)]
async fn memory_is_a_store_also_when_it_is_slow() {
    for faults in [Faults::none(), slow()] {
        let store = FaultyStore::new(MemoryStore::default(), &faults);
        checkpoint_store(|| store.clone()).await;
        fencing_by_token(|| store.clone()).await;
        assert_eq!(faults.happened(Operation::Commit, Fault::Torn), 0);
    }
    let store = MemoryStore::default();
    checkpoint_store(|| store.clone()).await;
}

#[tokio::test(start_paused = true)]
async fn tables_in_memory_are_transactional_sinks_also_when_they_are_slow() {
    for faults in [Faults::none(), slow()] {
        let memory = MemoryStore::default();
        let store = FaultyStore::new(memory.clone(), &faults);
        let table = FaultySink::new(memory.table("numbers"), &faults);
        let table = Rejecting::new(table, too_big);
        let rows = Rows {
            good: &row,
            bad: Some(&bad),
            stored: &|| stored(&memory),
        };
        transactional_sink(|| (store.clone(), table.clone()), &rows).await;
    }
}

#[tokio::test(start_paused = true)]
async fn plain_sinks_keep_the_promises_of_sinks_also_when_they_are_slow() {
    for faults in [Faults::none(), slow()] {
        let seen = Recording::default();
        let open = || Rejecting::new(FaultySink::new(seen.clone(), &faults), too_big);
        let rows = Rows {
            good: &row,
            bad: Some(&bad),
            stored: &|| Some(seen.rows().len() as u64),
        };
        sink(open, &rows).await;
    }
    let nothing = Rows {
        good: &row,
        bad: None,
        stored: &|| None,
    };
    sink(|| Null, &nothing).await;
    transactional_sink(|| (MemoryStore::default(), Null), &nothing).await;
}

/// Three partitions of twenty records each.
fn logs() -> Vec<Log<Telemetry>> {
    let event = |n| {
        let car = VehicleId::new("car-1").unwrap();
        Logged::Event(Telemetry::new(car, EventTime::from_micros(n)))
    };
    let logs = (0..3).map(|p| Log::new(&format!("p/{p}"), (0..20).map(event)));
    logs.collect()
}

#[expect(clippy::ptr_arg, reason = "what the suites ask for")]
fn texts(batch: &Vec<(Offset, Logged<Telemetry>)>) -> Vec<(Offset, Vec<u8>)> {
    let text = |(at, record): &(Offset, _)| (*at, format!("{record:?}").into_bytes());
    batch.iter().map(text).collect()
}

#[tokio::test(start_paused = true)]
async fn a_script_is_a_replayable_source_also_when_it_is_slow() {
    let script = (0..30).map(|n| match n % 4 {
        0 => (n % 3, Script::Idle),
        1 => (n % 3, Script::Stall(Duration::from_millis(5))),
        _ => (n % 3, Script::Rows(n % 5)),
    });
    let script: Vec<_> = script.collect();
    for faults in [Faults::none(), slow()] {
        let open = || {
            let scripted = Scripted::several(logs(), script.clone());
            FaultySource::new(scripted, &faults)
        };
        replayable(open, texts).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_script_that_moves_partitions_goes_on_where_they_are_started() {
    let steps = |moves: bool| {
        let steps = (0..40).map(move |n| match n % 8 {
            3 if moves => (n % 3, Script::Revoke(Duration::from_secs(1))),
            6 if moves => (n % 3, Script::Lost),
            _ => (n % 3, Script::Rows(1 + n % 2)),
        });
        Scripted::several(logs(), steps)
    };
    for faults in [Faults::none(), slow()] {
        let open = |moves| FaultySource::new(steps(moves), &faults);
        let handovers = [Handover::Revoking, Handover::Lost];
        rebalancing(|| open(false), || open(true), &handovers, texts).await;
    }
}
