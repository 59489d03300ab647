//! A device whose clock is ahead of the log does not advance the clock of its key.

use std::collections::BTreeSet;

use super::{Ping, Rises, seconds, ticks::Presence, time};
use crate::{
    contracts::{
        MemoryStore,
        checkpoint::{CheckpointStore, Counts},
        decode::Typed,
        source::Batch,
    },
    data::{Offset, Partition},
    engine::{
        graph::Graph,
        order::{Order, Silent},
        outlet::Outlet,
        task::{CommitKind, Inline, KeyLimits, Plan, Task},
    },
    rows::Row,
    testing,
    window::Summary,
};

/// A ping, and the second at which the log appended it.
type Logged = (Option<i64>, i64, u8);

/// The outcome of a series of pings.
#[derive(Debug, Default)]
struct Outcome {
    counts: Counts,
    /// The seconds of the pings that left the order buffer.
    left: Vec<i64>,
    dead: Vec<String>,
}

fn plan(graph: Graph<Ping>, outlet: Outlet, bound: i64) -> Plan<Ping> {
    Plan {
        name: "test".into(),
        reading: String::new(),
        order: Order::within(seconds(bound)),
        by_arrival: false,
        outlets: vec![outlet],
        graph,
        tallies: Vec::new(),
        keys: KeyLimits::default(),
        isolate: false,
        clock: None,
    }
}

/// Takes one ping in a batch.
fn take(task: &mut Task<Ping>, plan: &Plan<Ping>, offset: u64, (log, second, value): Logged) {
    let ping = Ping {
        car: 0,
        second,
        value,
    };
    let batch = Batch {
        partition: Partition::new("log/0"),
        next: Offset(offset + 1),
        time: log.map(time),
        mark: None,
        payload: vec![(Offset(offset), ping)],
    };
    super::super::take(task, plan, &Typed::default(), batch).unwrap();
}

/// Takes the pings one by one, with a restart after each.
async fn outcome(bound: i64, pings: &[Logged]) -> Outcome {
    let (graph, stream) = Graph::<Ping>::new();
    let plan = plan(graph, Outlet::new("pings", stream), bound);
    let partition = Partition::new("log/0");
    let mut store = MemoryStore::default();
    let mut outcome = Outcome::default();
    for (offset, ping) in (0..).zip(pings) {
        let claim = store.claim(&partition).await.unwrap();
        let mut task = Task::restore(&plan, &partition, claim, 1).unwrap();
        take(&mut task, &plan, offset, *ping);
        let piece = task.seal(&plan, &Inline, CommitKind::Snapshot).unwrap();
        let left = piece.outputs[0].rows::<Ping>().iter();
        outcome.left.extend(left.map(|row| row.value.second));
        let dead = piece.sealed.dead.iter();
        outcome.dead.extend(dead.map(|dead| dead.reason.clone()));
        outcome.counts = piece.sealed.counts;
        let tx = store.begin().await.unwrap();
        store.commit(tx, &[piece.sealed]).await.unwrap();
    }
    assert!(outcome.counts.balances());
    outcome
}

/// A ping that the log appends at once.
fn now(second: i64) -> Logged {
    (Some(second), second, 1)
}

/// 2035-01-01T00:00:00Z.
const FAR: i64 = 2_051_222_400;

#[tokio::test]
async fn a_clock_in_2035_makes_no_other_row_late_and_its_own_a_dead_letter() {
    for bound in [0, 5] {
        let pings = [
            now(1000),
            (Some(1001), FAR, 1),
            now(1002),
            now(1003),
            now(1020),
        ];
        let Outcome { counts, left, dead } = outcome(bound, &pings).await;
        let fates = (counts.accepted, counts.late, counts.dead_lettered);
        assert_eq!(fates, (4, 0, 1));
        assert!(left.starts_with(&[1000, 1002, 1003]), "{left:?}");
        assert!(dead[0].contains("2035-01-01T00:00:00Z"), "{dead:?}");
        assert!(dead[0].contains("ahead of the log's"), "{dead:?}");
    }
}

#[tokio::test]
async fn a_clock_that_is_a_little_ahead_waits_for_the_time_of_the_log() {
    let mut pings = [(Some(1000), 1060, 1), now(1001), now(1002), now(1010)];
    let Outcome { counts, left, .. } = outcome(5, &pings).await;
    assert_eq!((counts.accepted, counts.late), (4, 0));
    // The clock is at 1010 - 5, and the row that is ahead still waits.
    assert_eq!(left, [1001, 1002]);
    // Without the log's time, the clock would be at 1060 - 5.
    for (log, ..) in &mut pings {
        *log = None;
    }
    let Outcome { counts, .. } = outcome(5, &pings).await;
    assert_eq!((counts.accepted, counts.late), (1, 3));
}

#[tokio::test]
async fn at_a_bound_of_zero_duplicates_of_rows_from_ahead_are_found_and_only_they() {
    let pings = [
        (Some(1000), 1060, 1),
        (Some(1001), 1002, 1),
        (Some(1001), 1060, 1),
        (Some(1001), 1002, 1),
        (Some(1003), 1003, 1),
    ];
    let Outcome { counts, .. } = outcome(0, &pings).await;
    let fates = (counts.accepted, counts.duplicate, counts.late);
    assert_eq!(fates, (3, 2, 0));
}

#[tokio::test]
async fn a_recovery_from_a_panic_takes_each_row_at_the_time_of_its_log() {
    let (mut graph, stream) = Graph::<Ping>::new();
    let rises = graph.apply("rises", stream, Rises);
    graph.map("picky", stream, |ping: &Ping| assert_ne!(ping.value, 9));
    let plan = Plan {
        isolate: true,
        ..plan(graph, Outlet::new("rises", rises), 0)
    };
    let partition = Partition::new("log/0");
    let claim = MemoryStore::default().claim(&partition).await.unwrap();
    let mut task = Task::restore(&plan, &partition, claim, 1).unwrap();
    // At the first row's log, the second would be ahead by more than is allowed. The third panics,
    // so the first two are taken again.
    let pings = [(1000, 1), (5000, 2), (5001, 9), (5002, 7)];
    for (offset, (second, value)) in (0..).zip(pings) {
        take(&mut task, &plan, offset, (Some(second), second, value));
    }
    let piece = task.seal(&plan, &Inline, CommitKind::Snapshot).unwrap();
    let counts = piece.sealed.counts;
    assert_eq!((counts.accepted, counts.dead_lettered), (3, 1));
    let rises: Vec<_> = piece.outputs[0].rows::<(u8, u8)>().iter().collect();
    assert_eq!(rises.len(), 1);
    assert_eq!(rises[0].value, (2, 7));
}

#[tokio::test]
async fn at_a_bound_of_zero_a_row_fires_the_timers_that_the_log_has_passed() {
    let (mut graph, stream) = Graph::<Ping>::new();
    let presence = graph.apply("presence", stream, Presence);
    let plan = plan(graph, Outlet::new("presence", presence), 0);
    let partition = Partition::new("log/0");
    let claim = MemoryStore::default().claim(&partition).await.unwrap();
    let mut task = Task::restore(&plan, &partition, claim, 1).unwrap();
    take(&mut task, &plan, 0, (Some(1000), 1060, 1));
    // The newest row is at 1060, so the clock moves to the time of the log, and 8 s of silence are
    // over.
    take(&mut task, &plan, 1, (Some(1040), 1010, 1));
    let piece = task.seal(&plan, &Inline, CommitKind::Snapshot).unwrap();
    let told = piece.outputs[0].rows::<&str>().iter();
    let told: Vec<_> = told.map(|row| row.value).collect();
    assert_eq!(told, ["heard of", "silent"]);
}

#[tokio::test]
async fn each_row_is_in_the_windows_of_its_own_time_although_one_was_ahead_of_its_log() {
    // The row of 160 s is a minute ahead of the log, and older ones follow.
    let logged = [
        (Some(100), 160, 1),
        now(101),
        now(104),
        (Some(103), 159, 2),
        now(130),
        (Some(160), 160, 3),
        now(175),
    ];
    for bound in [0, 5] {
        let rows = logged.iter().map(|(_, second, value)| Ping {
            car: 0,
            second: *second,
            value: *value,
        });
        let (graph, streams) = super::graph();
        let outlets = vec![
            Outlet::new("tumbling", streams.tumbling),
            Outlet::new("sliding", streams.sliding),
            Outlet::new("sessions", streams.sessions),
        ];
        let plan = Plan {
            outlets,
            ..plan(graph, Outlet::new("pings", streams.pings), bound)
        };
        let partition = Partition::new("log/0");
        let claim = MemoryStore::default().claim(&partition).await.unwrap();
        let mut task = Task::restore(&plan, &partition, claim, 1).unwrap();
        for (offset, ping) in (0..).zip(logged) {
            take(&mut task, &plan, offset, ping);
        }
        task.end(&plan, &Inline).unwrap();
        let piece = task.seal(&plan, &Inline, CommitKind::Snapshot).unwrap();
        let truth = super::plain::windows(&rows.collect::<BTreeSet<_>>());
        let found = [
            lines(piece.outputs[0].rows::<super::Window<Summary>>()),
            lines(piece.outputs[1].rows::<super::Window<Summary>>()),
            lines(piece.outputs[2].rows::<super::Window<Option<Summary>>>()),
        ];
        for (table, found) in ["tumbling", "sliding", "sessions"].iter().zip(found) {
            assert_eq!(found, truth[*table], "{table} at a bound of {bound}");
        }
    }
}

#[tokio::test]
async fn the_log_time_of_a_row_goes_before_that_of_its_batch() {
    let ping = |second, value| Ping {
        car: 0,
        second,
        value,
    };
    // An hour ahead of its log is too far. The batch was appended at 1000.
    let records = [
        testing::Logged::Event(ping(4601, 1)),
        testing::Logged::Timed {
            log: time(1001),
            event: ping(4601, 2),
        },
        testing::Logged::Event(ping(4600, 3)),
        testing::Logged::Timed {
            log: time(999),
            event: ping(4600, 4),
        },
    ];
    for (shards, isolate) in [(1, false), (2, false), (1, true)] {
        let (graph, stream) = Graph::<Ping>::new();
        let plan = Plan {
            isolate,
            ..plan(graph, Outlet::new("pings", stream), 5)
        };
        let partition = Partition::new("log/0");
        let claim = MemoryStore::default().claim(&partition).await.unwrap();
        let mut task = Task::restore(&plan, &partition, claim, shards).unwrap();
        let batch = Batch {
            partition,
            next: Offset(4),
            mark: None,
            time: Some(time(1000)),
            payload: (0..).map(Offset).zip(records.clone()).collect::<Vec<_>>(),
        };
        super::super::take(&mut task, &plan, &Typed::default(), batch).unwrap();
        let piece = task.seal(&plan, &Inline, CommitKind::Snapshot).unwrap();
        let dead = piece.sealed.dead.iter().map(|dead| dead.offset.0);
        assert_eq!(dead.collect::<Vec<_>>(), [0, 3]);
        assert_eq!(piece.sealed.counts.accepted, 2);
    }
}

/// The rows as a store in memory has them, sorted.
fn lines<T: std::fmt::Debug>(rows: &[Row<T>]) -> Vec<String> {
    let lines = rows.iter().map(|row| format!("{} {:?}", row.at, row.value));
    let mut lines: Vec<_> = lines.collect();
    lines.sort_unstable();
    lines
}

/// The looks, a second apart, after which a ping leaves the buffer of a key that is silent.
async fn looks_until_released((log, second, value): Logged, restarts: bool) -> Option<u32> {
    let (graph, stream) = Graph::<Ping>::new();
    let plan = plan(graph, Outlet::new("pings", stream), 5);
    let partition = Partition::new("log/0");
    let mut store = MemoryStore::default();
    let claim = store.claim(&partition).await.unwrap();
    let mut task = Task::restore(&plan, &partition, claim, 1).unwrap();
    take(&mut task, &plan, 0, (log, second, value));
    assert_eq!(task.held(), 1);
    if restarts {
        let piece = task.seal(&plan, &Inline, CommitKind::Snapshot).unwrap();
        let tx = store.begin().await.unwrap();
        store.commit(tx, &[piece.sealed]).await.unwrap();
        let claim = store.claim(&partition).await.unwrap();
        task = Task::restore(&plan, &partition, claim, 1).unwrap();
        assert_eq!(task.held(), 1);
    }
    let after = Silent {
        looks: 2,
        every: seconds(1),
    };
    (1..=100).find(|_| {
        task.release_silent(&plan, &Inline, after).unwrap();
        task.held() == 0
    })
}

#[tokio::test]
async fn a_row_ahead_of_its_log_comes_out_when_the_log_would_have_reached_it() {
    for restarts in [false, true] {
        // The first look finds the key, so three looks are two seconds of silence.
        for (log, second, looks) in [
            (None, 100, Some(3)),
            (Some(101), 100, Some(3)),
            (Some(100), 100, Some(3)),
            (Some(98), 100, Some(3)),
            (Some(97), 100, Some(4)),
            (Some(90), 100, Some(11)),
            (Some(100), 3_000, None),
        ] {
            let seen = looks_until_released((log, second, 0), restarts).await;
            assert_eq!(
                seen, looks,
                "log {log:?}, event {second}, restart {restarts}"
            );
        }
    }
}

#[tokio::test]
async fn a_panic_over_one_silent_key_costs_no_row_of_another() {
    let (mut graph, stream) = Graph::<Ping>::new();
    let fine = graph.map("fine", stream, |ping: &Ping| {
        assert!(ping.car != 1, "by plan");
        *ping
    });
    let mut plan = plan(graph, Outlet::new("pings", fine), 5);
    plan.isolate = true;
    let partition = Partition::new("log/0");
    let claim = MemoryStore::default().claim(&partition).await.unwrap();
    let mut task = Task::restore(&plan, &partition, claim, 1).unwrap();
    let pings = [0, 1, 2].map(|car| Ping {
        car,
        second: 100,
        value: 1,
    });
    let rows: Vec<_> = (0..).map(Offset).zip(pings).collect();
    let batch = Batch::new(partition, Offset(3), rows);
    super::super::take(&mut task, &plan, &Typed::default(), batch).unwrap();
    let after = Silent {
        looks: 0,
        every: seconds(1),
    };
    task.release_silent(&plan, &Inline, after).unwrap();
    let piece = task.seal(&plan, &Inline, CommitKind::Snapshot).unwrap();
    let mut left: Vec<_> = piece.outputs[0]
        .rows::<Ping>()
        .iter()
        .map(|row| row.value.car)
        .collect();
    left.sort_unstable();
    assert_eq!(left, [0, 2]);
    assert_eq!(piece.sealed.counts.dead_lettered, 1);
}
