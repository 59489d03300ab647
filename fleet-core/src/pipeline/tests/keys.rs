//! The time to live of keys and their number per tenant, which the log alone decides.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

use serde::{Deserialize, Serialize};

use super::{
    crashes::{Slow, delayed, reading, run},
    model::{CARS, Reading, graph, time},
    simulation::{Dice, plain},
};
use crate::{
    contracts::{MemoryStore, Operator, checkpoint::CheckpointStore, decode::Typed, operator::Cx},
    data::{EventTime, Offset, Partition},
    engine::{graph::Graph, order::Order},
    event::{ContentHasher, Event},
    pipeline::{EpochLimits, ExactlyOnce, Pipeline, Report, Snapshots},
    rows::Row,
    testing::{Script, Scripted},
};

pub(super) const TTL: i64 = 8;
const STEP: i64 = TTL / 4;

/// Cars that drive for a while and are silent for longer.
pub(super) fn drive(dice: &mut Dice) -> Arc<Vec<Reading>> {
    let rows = (0..400).map(|number| reading(number / 3, dice));
    let mut rows: Vec<_> = rows.collect();
    // Each car drives in its own quarter of a minute, and one of them at other times as well.
    rows.retain(|row| {
        let quarter = row.second / 15 % 4;
        quarter == row.car as i64 || row.car == 3 && dice.once_in(3)
    });
    delayed(&rows, dice)
}

/// Counts the rows of each car from its first row until it is forgotten, by a plain loop over the
/// log.
fn lives(rows: &[Reading]) -> Vec<Vec<Reading>> {
    let (mut now, mut over) = (None, Vec::new());
    let mut open: BTreeMap<usize, Vec<Reading>> = BTreeMap::new();
    for row in rows {
        let line = row.second.div_euclid(STEP) * STEP;
        if now.is_some_and(|now| line > now) {
            let newest = |life: &Vec<Reading>| life.iter().map(|row| row.second).max();
            let silent = open.extract_if(.., |_, life| newest(life) < Some(line - TTL));
            over.extend(silent.map(|(_, life)| life));
        }
        now = now.max(Some(line));
        open.entry(row.car).or_default().push(*row);
    }
    over.extend(open.into_values());
    for life in &mut over {
        life.sort_unstable();
        life.dedup();
    }
    over
}

/// The pipeline of the model, which forgets silent cars.
fn pipeline(
    rows: &Arc<Vec<Reading>>,
    script: Vec<Script>,
    store: &MemoryStore,
) -> Pipeline<Slow, Typed<Reading>, MemoryStore, ExactlyOnce> {
    let ((graph, streams), order) = (graph(), Order::default());
    let source = Slow::new(rows, script);
    let run = Pipeline::exactly_once(source, Typed::default(), order, graph, store.clone());
    streams
        .stored(run, |name| store.table(name))
        .store("readings", streams.readings, store.table("readings"))
        .forget_after(Duration::from_secs(TTL.unsigned_abs()))
}

#[tokio::test(start_paused = true)]
async fn prop_a_silent_key_ends_and_begins_anew_at_the_places_that_the_log_says() {
    for seed in 0..100 {
        let mut dice = Dice::new(seed);
        let (rows, store) = (drive(&mut dice), MemoryStore::default());
        let isolates = dice.once_in(5);
        let pipeline = |script| {
            let pipeline = pipeline(&rows, script, &store);
            if isolates {
                pipeline.isolate_panics()
            } else {
                pipeline
            }
        };
        let report = run(&mut dice, pipeline).await;
        let lives = lives(&rows);
        assert!(lives.len() > CARS.len(), "some are forgotten");
        assert_eq!(report.keys, lives.len() as u64, "seed {seed}");
        let accepted = lives.iter().map(Vec::len).sum::<usize>();
        assert_eq!(report.counts.accepted, accepted as u64, "seed {seed}");
        assert_eq!(report.counts.read, rows.len() as u64);
        let mut expected: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (table, rows) in lives.iter().flat_map(|life| plain(life)) {
            expected.entry(table).or_default().extend(rows);
        }
        for rows in expected.values_mut() {
            rows.sort_unstable();
        }
        let stored = store.rows().into_iter();
        let stored: BTreeMap<_, _> = stored
            .map(|(name, rows)| (name.to_string(), rows))
            .collect();
        assert!(stored == expected, "seed {seed}: the rows differ");
    }
}

/// A heartbeat of a device.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Ping {
    device: String,
    second: i64,
}

crate::state_by_serde!(Ping, 1);

impl Event for Ping {
    fn key(&self) -> &str {
        &self.device
    }
    fn at(&self) -> EventTime {
        time(self.second)
    }
    fn identity(&self) -> u64 {
        ContentHasher::new().finish()
    }
    fn tenant(&self) -> &str {
        self.device.split('/').next().unwrap_or_default()
    }
}

/// Counts the pings of a device.
struct Count;

impl Operator for Count {
    type In = Ping;
    type Out = String;
    type State = u64;
    fn init(&self) -> u64 {
        0
    }
    fn on_row(&self, count: &mut u64, row: &Row<Ping>, cx: &mut Cx<'_, String>) {
        *count += 1;
        cx.emit(format!("{} {count}", row.value.device));
    }
}

/// The limits of a run.
#[derive(Clone, Copy, Default)]
struct Bounds {
    ttl: Option<u64>,
    most: Option<usize>,
    lateness: u64,
    workers: usize,
    snapshots: Snapshots,
}

async fn ping(
    rows: &[Ping],
    script: Vec<Script>,
    bounds: Bounds,
    store: &MemoryStore,
) -> crate::data::Result<Report> {
    let (mut graph, pings) = Graph::new();
    let counts = graph.apply("count", pings, Count);
    let source = Scripted::new("memory/0", rows.to_vec().into(), script);
    let order = Order::default().allowing(Duration::from_secs(bounds.lateness));
    let mut run = Pipeline::exactly_once(source, Typed::default(), order, graph, store.clone())
        .store("counts", counts, store.table("counts"))
        .epochs(EpochLimits {
            records: 1,
            ..EpochLimits::default()
        })
        .snapshots(bounds.snapshots)
        .workers(bounds.workers.max(1).try_into().unwrap());
    if let Some(ttl) = bounds.ttl {
        run = run.forget_after(Duration::from_secs(ttl));
    }
    if let Some(most) = bounds.most {
        run = run.keys_per_tenant(most.try_into().unwrap());
    }
    run.run().await
}

fn of(device: &str, second: i64) -> Ping {
    Ping {
        device: device.into(),
        second,
    }
}

#[tokio::test]
async fn a_forgotten_key_leaves_the_snapshot_too() {
    let rows: Vec<_> = (0..300).map(|n| of(&format!("a/{n}"), n)).collect();
    for lateness in [0, 60] {
        let store = MemoryStore::default();
        let script = [vec![Script::Rows(7); 40], vec![Script::Crash]].concat();
        let bounds = Bounds {
            ttl: Some(20),
            most: Some(100),
            lateness,
            ..Bounds::default()
        };
        ping(&rows, script, bounds, &store).await.unwrap_err();
        let partition = Partition::new("memory/0");
        let claim = store.clone().claim(&partition).await.unwrap();
        assert_eq!(claim.next, Some(Offset(280)));
        // The entries of rows seen, which allowed lateness needs, have a suffix after `@`.
        let keys = claim.state.iter().map(|saved| saved.key.split('@').next());
        let keys: BTreeSet<_> = keys.flatten().filter(|key| !key.is_empty()).collect();
        // The previous record was at 279, so the partition's time is 275, and keys older than 255
        // are forgotten.
        let known: Vec<_> = (255..280).map(|n| format!("a/{n}")).collect();
        assert_eq!(keys, known.iter().map(String::as_str).collect());
        let report = ping(&rows, Vec::new(), bounds, &store).await.unwrap();
        assert_eq!((report.keys, report.counts.accepted), (300, 300));
        assert_eq!(store.rows()["counts"].len(), 300);
    }
}

#[tokio::test]
async fn past_its_bound_a_tenant_gets_no_new_key_and_nobody_else_suffers() {
    // Two well-behaved devices, and one that sends a new id each time.
    let rows = (0..200).flat_map(|n| {
        [
            of("good/1", n),
            of(&format!("bad/{n}"), n),
            of("good/2", n),
            of("bad/0", n),
        ]
    });
    let rows: Vec<_> = rows.collect();
    let mut one = None;
    for workers in 1..4 {
        for snapshots in [Snapshots::EveryCommit, Snapshots::Every(Duration::MAX)] {
            for batch in [1, 10, 800] {
                let store = MemoryStore::default();
                let bounds = Bounds {
                    most: Some(3),
                    workers,
                    snapshots,
                    ..Bounds::default()
                };
                let script = vec![Script::Rows(batch), Script::Rows(batch), Script::Crash];
                if batch < 800 {
                    ping(&rows, script, bounds, &store).await.unwrap_err();
                }
                let report = ping(&rows, Vec::new(), bounds, &store).await.unwrap();
                assert!(report.balances(), "{report:?}");
                assert_eq!((report.keys, report.counts.dead_lettered), (5, 197));
                let dead = store.dead_letters();
                assert!(
                    dead.iter()
                        .all(|(_, letter)| &*letter.step == "keys" && letter.key.is_some())
                );
                assert!(
                    dead[0].1.reason.contains("`bad` has 3 keys"),
                    "{:?}",
                    dead[0]
                );
                assert_eq!(dead[0].1.offset, Offset(4 * 3 + 1));
                let rows = store.rows();
                assert_eq!(*one.get_or_insert_with(|| rows.clone()), rows);
                assert!(
                    rows["counts"]
                        .iter()
                        .any(|row| row.ends_with("\"good/2 200\""))
                );
            }
        }
    }
}

#[tokio::test]
async fn silent_keys_make_room_under_the_bound() {
    // Three ids, then silence for longer than the time to live, then three others.
    let first = (0..3).map(|n| of(&format!("a/{n}"), n));
    let refused = [of("a/3", 3)];
    let later = (0..3).map(|n| of(&format!("a/{}", n + 4), 100 + n));
    let rows: Vec<_> = first.chain(refused).chain(later).collect();
    let bounds = Bounds {
        ttl: Some(20),
        most: Some(3),
        ..Bounds::default()
    };
    for workers in 1..4 {
        for crash in 0..rows.len() {
            let store = MemoryStore::default();
            let bounds = Bounds { workers, ..bounds };
            let script = [vec![Script::Rows(1); crash], vec![Script::Crash]].concat();
            ping(&rows, script, bounds, &store).await.unwrap_err();
            let report = ping(&rows, Vec::new(), bounds, &store).await.unwrap();
            let counts = report.counts;
            assert_eq!(
                (counts.accepted, counts.dead_lettered),
                (6, 1),
                "crash {crash}"
            );
            assert_eq!(store.dead_letters()[0].1.offset, Offset(3));
        }
    }
}

#[tokio::test]
async fn a_silent_key_is_forgotten_under_the_bound_even_if_it_returns_in_the_same_batch() {
    // At 30 s `a/0` is forgotten, `a/2` takes its place, and no room is left when it returns.
    let rows = [
        ("a/0", 0),
        ("a/1", 8),
        ("a/1", 30),
        ("a/2", 31),
        ("a/0", 32),
    ];
    let rows = rows.map(|(device, second)| of(device, second));
    let bounds = Bounds {
        ttl: Some(20),
        most: Some(2),
        ..Bounds::default()
    };
    for batches in [[1, 1, 1, 1, 1], [2, 3, 0, 0, 0]] {
        let store = MemoryStore::default();
        let script = batches.map(Script::Rows).to_vec();
        let report = ping(&rows, script, bounds, &store).await.unwrap();
        let counts = report.counts;
        assert_eq!((counts.accepted, counts.dead_lettered), (4, 1));
        assert_eq!(store.dead_letters()[0].1.offset, Offset(4));
    }
}

#[tokio::test]
async fn a_restart_does_not_make_room_for_a_new_key() {
    // Nobody is silent for long, so the third id is refused.
    let rows = [of("a/0", 0), of("a/1", 8), of("a/0", 12), of("a/2", 13)];
    let bounds = Bounds {
        ttl: Some(20),
        most: Some(2),
        ..Bounds::default()
    };
    for crash in 0..=rows.len() {
        let store = MemoryStore::default();
        let script = [vec![Script::Rows(1); crash], vec![Script::Crash]].concat();
        ping(&rows, script, bounds, &store).await.unwrap_err();
        let report = ping(&rows, Vec::new(), bounds, &store).await.unwrap();
        let counts = report.counts;
        let fates = (counts.accepted, counts.dead_lettered);
        assert_eq!(fates, (3, 1), "crash {crash}");
        assert_eq!(store.dead_letters()[0].1.offset, Offset(3));
    }
}

#[tokio::test]
async fn a_time_to_live_under_a_second_is_refused() {
    let (graph, _) = Graph::new();
    let source = Scripted::of_events("memory/0", [of("a/1", 1)]);
    let (order, store) = (Order::default(), MemoryStore::default());
    let run = Pipeline::exactly_once(source, Typed::default(), order, graph, store)
        .forget_after(Duration::from_millis(999));
    let error = run.run().await.unwrap_err();
    assert!(
        error.to_string().contains("the minimum is a second"),
        "{error}"
    );
}
