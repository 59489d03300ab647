//! Every source, sink and store of this crate passes its suite, also with the kit wrapped around it.

use std::time::Duration;

use super::{
    Fault, Faults, FaultySink, FaultySource, FaultyStore, Log, Logged, Operation, Recording,
    Rejecting, Script, Scripted,
    conformance::{Rows, checkpoint_store, replayable, sink, transactional_sink},
};
use crate::{EventTime, MemoryStore, Offset, VehicleId, event::Telemetry, row::Row, sink::Null};

fn row(n: u64) -> Row<u64> {
    Row::detached(EventTime::MIN, Offset(n), n)
}

/// Good rows are small, the bad one is not.
fn too_big(n: &u64) -> Option<String> {
    (*n == u64::MAX).then(|| "too big".to_owned())
}

fn bad() -> Row<u64> {
    row(u64::MAX)
}

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

#[tokio::test(start_paused = true)]
async fn a_script_is_a_replayable_source_also_when_it_is_slow() {
    let event = |n| {
        let car = VehicleId::new("car-1").unwrap();
        Logged::Event(Telemetry::new(car, EventTime::from_micros(n)))
    };
    let logs: Vec<Log<Telemetry>> = (0..3)
        .map(|p| Log::new(&format!("p/{p}"), (0..20).map(event)))
        .collect();
    let script = (0..30).map(|n| match n % 4 {
        0 => (n % 3, Script::Idle),
        1 => (n % 3, Script::Stall(Duration::from_millis(5))),
        _ => (n % 3, Script::Rows(n % 5)),
    });
    let script: Vec<_> = script.collect();
    for faults in [Faults::none(), slow()] {
        let open = || {
            let scripted = Scripted::several(logs.clone(), script.clone());
            FaultySource::new(scripted, &faults)
        };
        replayable(open, |batch| {
            let records = batch.iter();
            records
                .map(|(at, record)| (*at, format!("{record:?}").into_bytes()))
                .collect()
        })
        .await;
    }
}

/// A suite that passes everything proves nothing: each of these breaks one promise.
mod broken {
    use std::panic::AssertUnwindSafe;

    use async_trait::async_trait;

    use super::*;
    use crate::{
        Partition, Result, Source,
        planted::{Bug, plant},
        sink::{Outcome, Sink},
        source::{Replayable, SourceEvent},
        testing::conformance::source,
    };

    /// What a suite says; panics if it passes.
    fn refused(suite: impl Future<Output = ()>) -> String {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build()
            .unwrap();
        let outcome = std::panic::catch_unwind(AssertUnwindSafe(|| runtime.block_on(suite)));
        let why = outcome.expect_err("the suite passes a broken implementation");
        let text = why.downcast_ref::<String>().map(String::as_str);
        text.or(why.downcast_ref::<&str>().copied())
            .unwrap_or_default()
            .to_owned()
    }

    #[test]
    fn stores_without_a_fence_or_a_number_are_refused() {
        for bug in [
            Bug::NoFence,
            Bug::FenceWithoutNumber,
            Bug::SnapshotAheadOfCommit,
        ] {
            plant(Some(bug));
            let store = MemoryStore::default();
            let why = refused(checkpoint_store(|| store.clone()));
            plant(None);
            println!("{bug:?}: {why}");
        }
    }

    /// Forgets a batch when it is dropped while it waits.
    struct Forgetful(Scripted<Telemetry>);

    #[async_trait]
    impl Source for Forgetful {
        type Payload = Vec<(Offset, Logged<Telemetry>)>;
        async fn next(&mut self) -> Result<SourceEvent<Self::Payload>> {
            let event = self.0.next().await;
            tokio::time::sleep(Duration::from_millis(1)).await;
            event
        }
        async fn start(&mut self, partition: &Partition, at: Option<Offset>) -> Result<()> {
            self.0.start(partition, at).await
        }
        fn pause(&mut self, partition: &Partition) {
            self.0.pause(partition);
        }
        fn resume(&mut self, partition: &Partition) {
            self.0.resume(partition);
        }
    }

    /// Begins at the beginning, wherever it should, or does not hear of pauses.
    struct Amnesiac {
        inner: Scripted<Telemetry>,
        deaf: bool,
    }

    #[async_trait]
    impl Source for Amnesiac {
        type Payload = Vec<(Offset, Logged<Telemetry>)>;
        async fn next(&mut self) -> Result<SourceEvent<Self::Payload>> {
            self.inner.next().await
        }
        async fn start(&mut self, partition: &Partition, _: Option<Offset>) -> Result<()> {
            self.inner.start(partition, None).await
        }
        fn pause(&mut self, partition: &Partition) {
            if !self.deaf {
                self.inner.pause(partition);
            }
        }
        fn resume(&mut self, partition: &Partition) {
            self.inner.resume(partition);
        }
    }

    impl Replayable for Amnesiac {}

    fn scripted() -> Scripted<Telemetry> {
        let car = VehicleId::new("car-1").unwrap();
        let rows = (0..9).map(|n| Telemetry::new(car.clone(), EventTime::from_micros(n)));
        Scripted::new("p", rows.collect::<Vec<_>>().into(), [Script::Rows(2); 3])
    }

    fn records(batch: &Vec<(Offset, Logged<Telemetry>)>) -> Vec<(Offset, Vec<u8>)> {
        batch.iter().map(|(at, _)| (*at, Vec::new())).collect()
    }

    #[test]
    fn sources_that_forget_or_cannot_pause_or_go_on_are_refused() {
        let why = refused(source(|| Forgetful(scripted()), records));
        assert!(why.contains("goes on until"), "{why}");
        let amnesiac = |deaf| Amnesiac {
            inner: scripted(),
            deaf,
        };
        let why = refused(source(|| amnesiac(true), records));
        assert!(why.contains("paused"), "{why}");
        let why = refused(replayable(|| amnesiac(false), records));
        assert!(why.contains("gives the rest"), "{why}");
    }

    /// Refuses the row after the bad one.
    struct Squinting;

    #[async_trait]
    impl Sink<u64> for Squinting {
        async fn write(&mut self, rows: &[Row<u64>]) -> Result<Outcome> {
            let mut outcome = Rejecting::new(Null, too_big).write(rows).await?;
            for row in &mut outcome.rejected {
                row.index += 1;
            }
            Ok(outcome)
        }
    }

    #[test]
    fn sinks_that_lose_rows_or_name_others_are_refused() {
        let rows = Rows {
            good: &row,
            bad: Some(&bad),
            stored: &|| None,
        };
        let why = refused(sink(|| Squinting, &rows));
        assert!(why.contains("each bad row is named"), "{why}");
        let lost = Rows {
            good: &row,
            bad: None,
            stored: &|| Some(0),
        };
        let why = refused(sink(|| Null, &lost));
        assert!(why.contains("durable"), "{why}");
    }
}
