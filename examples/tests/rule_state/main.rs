//! Rules that change between runs over a SQLite store, also over one that an earlier version wrote.
//!
//! `tests/fixtures/README.md` describes how the fixtures were made.
#![expect(clippy::unwrap_used, reason = "helpers of tests fail by panic")]

mod fleet;

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
    time::Duration,
};

use fleet_core::{
    Partition,
    checkpoint::CheckpointStore,
    event::{AlertKind, Severity, Signal},
    pipeline::Snapshots,
};
use fleet_rules::{Condition, Mode, Rules, Threshold, preset};
use fleet_sinks::{SqliteStore, sqlite::rusqlite::Connection};

use fleet::Ending;

/// The name of the pipeline, from which the ids of alerts are made.
const PIPELINE: &str = "demo";

/// A store of the earlier version.
#[derive(Clone, Copy, Debug)]
struct Fixture {
    name: &'static str,
    snapshots: Snapshots,
    /// The batches between its last snapshot and its position, which a restart replays.
    replayed: usize,
}

const FIXTURES: [Fixture; 2] = [
    Fixture {
        name: "rules.sqlite",
        snapshots: Snapshots::EveryCommit,
        replayed: 0,
    },
    Fixture {
        name: "rules-replay.sqlite",
        snapshots: Snapshots::Every(Duration::from_secs(3600)),
        replayed: 4,
    },
];

/// The times of the first rows that are evaluated after a position: after 80 records, of which 12
/// wait for their order, and after 90.
const AFTER_80: &str = "2023-11-14T22:13:54.000000Z";
const AFTER_90: &str = "2023-11-14T22:13:58.000000Z";

/// An alert: car, rule and time. Its id is made from the name of the pipeline too, which the
/// earlier version did not take from the store, and from the other alerts of the same time.
type Found = (String, String, String);

/// A store in a folder of its own.
struct Run {
    folder: tempfile::TempDir,
    snapshots: Snapshots,
}

impl Run {
    /// A copy of a store of the earlier version.
    fn resuming(fixture: Fixture) -> Self {
        let run = Self {
            folder: tempfile::tempdir().unwrap(),
            snapshots: fixture.snapshots,
        };
        let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
        std::fs::copy(fixtures.join(fixture.name), run.path()).unwrap();
        run
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("store.db")
    }

    /// Starts a process that runs these rules.
    async fn start(&self, rules: Vec<Threshold>, ending: Ending) {
        let store = SqliteStore::open(self.path(), PIPELINE).unwrap();
        let alerts = store.table("alerts").unwrap();
        let rules = Rules::new(rules, Mode::Edge).unwrap();
        let ended = fleet::run(rules, self.snapshots, ending, store, alerts).await;
        assert_eq!(ended.is_ok(), ending == Ending::Whole, "{ended:?}");
    }

    /// The alerts of the rules with these names.
    fn alerts(&self, rules: &[&str]) -> BTreeSet<Found> {
        let db = Connection::open(self.path()).unwrap();
        let mut all = db
            .prepare("SELECT vehicle_id, rule, CAST(time AS TEXT) FROM alerts")
            .unwrap();
        let rows = all.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)));
        let rows = rows.unwrap().map(Result::unwrap);
        rows.filter(|(_, rule, ..): &Found| rules.contains(&rule.as_str()))
            .collect()
    }

    /// The saved states of the rules, and the description of their structure.
    async fn states(&self) -> (Vec<(String, u16, Option<Vec<u8>>)>, String) {
        let mut store = SqliteStore::open(self.path(), PIPELINE).unwrap();
        let claim = store.claim(&Partition::from("telemetry/0")).await.unwrap();
        let own = claim.state.into_iter().filter(|saved| saved.node == 1);
        let mut own: Vec<_> = own
            .map(|saved| (saved.key.to_string(), saved.version, saved.bytes))
            .collect();
        own.sort_unstable();
        (own, claim.fingerprint.unwrap())
    }
}

const NAMES: [&str; 3] = ["overspeed", "traction-soc-low", "engine-overheat"];

fn rules() -> Vec<Threshold> {
    preset::vehicleops(Mode::Edge).thresholds().to_vec()
}

/// A rule that every event violates.
fn warm() -> Threshold {
    Threshold {
        rule: "warm".into(),
        kind: AlertKind::EngineOverheat,
        severity: Severity::Info,
        condition: Condition::Above(Signal::EngineTemperature, 0.0),
        flag: None,
    }
}

/// A run of the rules without a restart.
async fn whole() -> Run {
    let whole = Run {
        folder: tempfile::tempdir().unwrap(),
        snapshots: Snapshots::EveryCommit,
    };
    whole.start(rules(), Ending::Whole).await;
    whole
}

#[tokio::test]
async fn a_store_of_the_earlier_version_goes_on_as_if_nothing_had_happened() {
    let whole = whole().await;
    for fixture in FIXTURES {
        let resumed = Run::resuming(fixture);
        let (states, described) = resumed.states().await;
        assert_eq!(states.len(), 4);
        assert!(states.iter().all(|(_, version, _)| *version == 1));
        assert!(described.contains("edge overspeed of speed_kmh, "));
        resumed.start(rules(), Ending::Whole).await;
        assert_eq!(resumed.alerts(&NAMES), whole.alerts(&NAMES), "{fixture:?}");
        assert_eq!(resumed.states().await, whole.states().await, "{fixture:?}");
    }
}

#[tokio::test]
async fn after_a_restart_the_store_holds_states_of_the_new_version_alone() {
    for fixture in FIXTURES {
        let resumed = Run::resuming(fixture);
        let crash = Ending::CrashAfter(fixture.replayed + 3);
        resumed.start(rules(), crash).await;
        let (states, described) = resumed.states().await;
        assert_eq!(states.len(), 4);
        assert!(states.iter().all(|(_, version, _)| *version == 2));
        assert!(described.contains("rules \"overspeed\" above speed_kmh, "));
    }
}

#[tokio::test]
async fn rules_may_change_together_with_the_version() {
    let whole = whole().await;
    for fixture in FIXTURES {
        let before = Run::resuming(fixture);
        let (old, kept) = (before.alerts(&NAMES), ["engine-overheat", "overspeed"]);
        let resumed = Run::resuming(fixture);
        let [fast, _, hot] = rules().try_into().unwrap();
        let changed = vec![warm(), hot, fast];
        resumed.start(changed, Ending::Whole).await;
        assert_eq!(resumed.alerts(&kept), whole.alerts(&kept), "{fixture:?}");
        let gone = ["traction-soc-low"];
        assert_eq!(resumed.alerts(&gone), before.alerts(&gone), "{fixture:?}");
        assert!(old.is_subset(&resumed.alerts(&NAMES)));
        // Every car is warm from its first row after the position.
        let warm = resumed.alerts(&["warm"]).into_iter();
        let warm: Vec<_> = warm.map(|(car, _, at)| (car, at)).collect();
        let expected = (0..4).map(|car| (format!("car-{car}"), AFTER_80.to_owned()));
        assert_eq!(warm, expected.collect::<Vec<_>>(), "{fixture:?}");
    }
}

#[tokio::test]
async fn a_rule_that_was_removed_for_a_while_starts_inactive() {
    for fixture in FIXTURES {
        let resumed = Run::resuming(fixture);
        let before = resumed.alerts(&["engine-overheat"]);
        let [fast, low, hot] = rules().try_into().unwrap();
        let less = vec![fast.clone(), low.clone()];
        let crash = Ending::CrashAfter(fixture.replayed + 1);
        resumed.start(less, crash).await;
        resumed.start(vec![hot, fast, low], Ending::Whole).await;
        // Two cars are hot all the time: a rule that went on would say nothing.
        let new = &resumed.alerts(&["engine-overheat"]) - &before;
        for car in ["car-2", "car-3"] {
            let (_, _, at) = new.iter().find(|(of, ..)| of == car).unwrap();
            assert_eq!(at, AFTER_90, "{fixture:?} {car}");
        }
    }
}
