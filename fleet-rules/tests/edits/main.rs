//! Restarts with other rules: each edit, crashed at several places, against a plain loop.
#![expect(
    clippy::unwrap_used,
    clippy::cast_possible_truncation,
    clippy::indexing_slicing,
    clippy::trivially_copy_pass_by_ref,
    reason = "helpers of tests fail by panic, as tests do"
)]

mod model;
#[path = "../support/mod.rs"]
mod support;

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use fleet_core::{
    Graph, MemoryStore, Order, Partition, Pipeline, TableRow,
    checkpoint::CheckpointStore,
    decode::Typed,
    event::{Alert, AlertKind, Dtc, Flag, Severity, Signal, Telemetry},
    pipeline::{EpochLimits, Snapshots},
    table::{Column, Fields, Value},
    testing::{Fault, Faults, FaultyStore, Operation, Script, Scripted},
    units::{Percent, Speed, Temperature},
};
use fleet_rules::{Condition, Mode, ProducerFlag, Rules, Threshold};

use model::{Reached, RuleSet};
use support::{at, vehicle};

/// Three cars in turn, each beyond some limit for a while, at other times than the next car.
fn rows() -> Vec<Telemetry> {
    let row = |n: u32| {
        let (car, step) = (n % 3, n / 3);
        let wave = |length: u32, shift: u32| (step + car * 2 + shift) / length % 2 == 1;
        let pick = |beyond: bool, far: f64, near: f64| if beyond { far } else { near };
        let mut row = Telemetry::new(vehicle(&format!("car-{car}")), at(f64::from(step)))
            .with_speed(Speed::from_kmh(pick(wave(5, 0), 90.0, 50.0)))
            .with_speed_limit(Speed::from_kmh(pick(wave(6, 1), 60.0, 100.0)))
            .with_battery_charge(Percent::from_percent(pick(wave(7, 4), 12.0, 60.0)))
            .with_engine_temperature(Temperature::from_celsius(pick(wave(8, 2), 105.0, 80.0)));
        row.set_flag(Flag::Speeding, wave(3, 0).then(|| wave(6, 0)));
        if wave(4, 3) {
            row.set_dtcs(vec![Dtc::new("P0420").unwrap()]);
        }
        row
    };
    (0..60).map(row).collect()
}

fn rule(name: &str, kind: AlertKind, condition: Condition) -> Threshold {
    Threshold {
        rule: name.into(),
        kind,
        severity: Severity::High,
        condition,
        flag: None,
    }
}

fn fast() -> Threshold {
    let limit = Condition::Above(Signal::Speed, 80.0);
    rule("fast", AlertKind::Overspeed, limit)
}

fn low() -> Threshold {
    let limit = Condition::Below(Signal::BatteryCharge, 15.0);
    rule("low", AlertKind::TractionSocLow, limit)
}

fn hot() -> Threshold {
    let limit = Condition::Above(Signal::EngineTemperature, 100.0);
    rule("hot", AlertKind::EngineOverheat, limit)
}

fn code() -> Threshold {
    rule("code", AlertKind::DtcPresent, Condition::AnyCode)
}

fn first() -> RuleSet {
    RuleSet {
        rules: vec![fast(), low(), hot()],
        mode: Mode::Edge,
    }
}

/// Every kind of edit of the first rules, by name.
fn edits() -> Vec<(&'static str, RuleSet)> {
    let rules = |rules: Vec<Threshold>| RuleSet {
        rules,
        mode: Mode::Edge,
    };
    let with = |condition| {
        let changed = Threshold {
            condition,
            ..fast()
        };
        rules(vec![changed, low(), hot()])
    };
    let event_limit = Condition::AboveEventLimit {
        signal: Signal::Speed,
        limit: Signal::SpeedLimit,
        tolerance: 5.0,
    };
    let renamed = Threshold {
        rule: "speeding".into(),
        ..fast()
    };
    let flagged = Threshold {
        flag: Some(ProducerFlag::of(Flag::Speeding)),
        ..fast()
    };
    let labelled = Threshold {
        kind: AlertKind::DataQuality,
        severity: Severity::Info,
        ..fast()
    };
    let every = RuleSet {
        mode: Mode::Every,
        ..first()
    };
    vec![
        ("nothing", first()),
        ("added in front", rules(vec![code(), fast(), low(), hot()])),
        (
            "added in between",
            rules(vec![fast(), code(), low(), hot()]),
        ),
        (
            "added at the end",
            rules(vec![fast(), low(), hot(), code()]),
        ),
        ("first removed", rules(vec![low(), hot()])),
        ("middle removed", rules(vec![fast(), hot()])),
        ("last removed", rules(vec![fast(), low()])),
        ("all removed", rules(Vec::new())),
        ("reversed", rules(vec![hot(), low(), fast()])),
        ("one for another", rules(vec![hot(), code(), fast()])),
        ("renamed", rules(vec![renamed, low(), hot()])),
        ("lower limit", with(Condition::Above(Signal::Speed, 40.0))),
        ("higher limit", with(Condition::Above(Signal::Speed, 95.0))),
        ("limit of the event", with(event_limit)),
        (
            "other direction",
            with(Condition::Below(Signal::Speed, 80.0)),
        ),
        (
            "other signal",
            with(Condition::Above(Signal::EngineTemperature, 90.0)),
        ),
        ("codes instead", with(Condition::AnyCode)),
        ("flagged", rules(vec![flagged, low(), hot()])),
        (
            "other kind and severity",
            rules(vec![labelled, low(), hot()]),
        ),
        ("other mode", every),
    ]
}

/// One row for each alert: its text, and its id.
#[derive(Clone, Debug)]
struct Found(String, String);

impl TableRow for Found {
    fn columns() -> &'static [Column] {
        const { &[Column::text("alert"), Column::text("id")] }
    }
    fn write(&self, to: &mut dyn Fields) {
        to.put(Value::Text(&self.0));
        to.put(Value::Text(&self.1));
    }
}

/// How a pipeline is set up, besides its rules.
#[derive(Clone, Copy, Debug)]
struct Setup {
    snapshots: Snapshots,
    isolates: bool,
}

/// Runs the pipeline in batches of this many rows until it ends, or crashes with this commit:
/// before it for an even number.
async fn run(
    set: &RuleSet,
    setup: Setup,
    (batch, crash): (usize, Option<u64>),
    store: &MemoryStore,
) -> Reached {
    let rules = Rules::new(set.rules.iter().cloned(), set.mode).unwrap();
    let (mut graph, telemetry) = Graph::new();
    let alerts = graph.apply("rules", telemetry, rules);
    let found = graph.map("found", alerts, |alert: &Alert| {
        Found(model::text(alert), alert.id.to_string())
    });
    let faults = crash.map_or_else(Faults::none, |half| {
        let fault = if half % 2 == 0 {
            Fault::CrashBefore
        } else {
            Fault::CrashAfter
        };
        Faults::at([(Operation::Commit, half / 2 + 1, fault)])
    });
    let rows = Arc::new(rows());
    let script = vec![Script::Rows(batch); rows.len() / batch];
    let source = Scripted::new("p", Arc::clone(&rows), script);
    let (order, faulty) = (
        Order::within(Duration::ZERO),
        FaultyStore::new(store.clone(), &faults),
    );
    let mut pipeline = Pipeline::exactly_once(source, Typed::default(), order, graph, faulty)
        .store("alerts", found, store.table("alerts"))
        .snapshots(setup.snapshots)
        .epochs(EpochLimits {
            records: 1,
            ..EpochLimits::default()
        });
    if setup.isolates {
        pipeline = pipeline.isolate_panics();
    }
    let ended = faults.until_crash(pipeline.run()).await;
    assert_eq!(ended.transpose().unwrap().is_some(), crash.is_none());
    reached(store).await
}

/// How far the store came.
async fn reached(store: &MemoryStore) -> Reached {
    /// The entry with the position of the last snapshot, if it is behind: layout, offset.
    const LAST_SNAPSHOT: u16 = u16::MAX - 2;
    let claim = store.clone().claim(&Partition::from("p")).await.unwrap();
    let position = claim.next.map_or(0, |next| next.0 as usize);
    let mut entries = claim.state.iter();
    let behind = entries.find(|saved| saved.node == LAST_SNAPSHOT);
    let snapshot = behind.map_or(position, |saved| {
        let bytes = saved.bytes.as_deref().unwrap();
        u64::from_le_bytes(bytes[1..9].try_into().unwrap()) as usize
    });
    Reached { snapshot, position }
}

/// Runs pipelines one after the other over one store; all but the last crash. Returns whether one
/// of them began with a replay.
async fn holds(sets: &[(RuleSet, Option<u64>)], setup: Setup, what: &str) -> bool {
    let (store, mut runs) = (MemoryStore::default(), Vec::new());
    // Other batches in each run, so that a replay ends within one.
    for ((set, crash), batch) in sets.iter().zip([6, 5, 4]) {
        runs.push((set.clone(), run(set, setup, (batch, *crash), &store).await));
    }
    let mut found: Vec<_> = store.rows().remove("alerts").unwrap_or_default();
    found.sort_unstable();
    let ids: BTreeSet<_> = found.iter().collect();
    assert_eq!(
        ids.len(),
        found.len(),
        "{what}: two alerts have the same id"
    );
    let expected = model::alerts(&rows(), &runs);
    let reached: Vec<_> = runs.iter().map(|(_, reached)| reached).collect();
    for (found, expected) in found.iter().zip(&expected) {
        let same = found.contains(expected);
        assert!(
            same,
            "{what} {setup:?} {reached:?}: {found}, not {expected}"
        );
    }
    assert_eq!(found.len(), expected.len(), "{what} {setup:?} {reached:?}");
    runs.iter()
        .any(|(_, reached)| reached.snapshot < reached.position)
}

#[tokio::test]
async fn every_edit_at_every_crash_leads_to_the_alerts_of_a_plain_loop() {
    let mut replays = 0;
    for (edit, set) in edits() {
        for snapshots in [
            Snapshots::EveryCommit,
            Snapshots::Every(Duration::from_secs(3600)),
        ] {
            for isolates in [false, true] {
                let setup = Setup {
                    snapshots,
                    isolates,
                };
                for (one, two) in [(1, 1), (3, 0), (3, 3), (4, 5), (7, 2), (9, 4)] {
                    let what = format!("{edit}, crashes {one} and {two}");
                    // The last run takes the edit back: what was removed is added again.
                    let sets = [
                        (first(), Some(one)),
                        (set.clone(), Some(two)),
                        (first(), None),
                    ];
                    replays += usize::from(holds(&sets, setup, &what).await);
                }
            }
        }
    }
    assert!(replays > 100, "{replays}");
}
