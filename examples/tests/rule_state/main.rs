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

/// The stores of the earlier version, and how they took snapshots: with every commit, or once, so
/// that a restart needs a replay.
const FIXTURES: [(&str, Snapshots); 2] = [
    ("rules.sqlite", Snapshots::EveryCommit),
    (
        "rules-replay.sqlite",
        Snapshots::Every(Duration::from_secs(3600)),
    ),
];

/// A store in a folder of its own.
struct Run {
    folder: tempfile::TempDir,
    snapshots: Snapshots,
}

impl Run {
    /// A store that is a copy of a fixture, or empty.
    fn new(fixture: Option<&str>, snapshots: Snapshots) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let run = Self { folder, snapshots };
        if let Some(name) = fixture {
            let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
            std::fs::copy(fixtures.join(name), run.path()).unwrap();
        }
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

    /// All alerts, as `car time id`, in this order, of the rules with these names.
    fn alerts(&self, rules: &[&str]) -> BTreeSet<(String, String, String, String)> {
        let db = Connection::open(self.path()).unwrap();
        let mut all = db
            .prepare("SELECT vehicle_id, rule, CAST(time AS TEXT), id FROM alerts")
            .unwrap();
        let rows = all.query_map([], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))
        });
        let rows = rows.unwrap().map(Result::unwrap);
        rows.filter(|(_, rule, _, _): &(String, String, String, String)| {
            rules.contains(&rule.as_str())
        })
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
    let whole = Run::new(None, Snapshots::EveryCommit);
    whole.start(rules(), Ending::Whole).await;
    whole
}

#[tokio::test(start_paused = true)]
async fn a_store_of_the_earlier_version_goes_on_as_if_nothing_had_happened() {
    let whole = whole().await;
    for (fixture, snapshots) in FIXTURES {
        let resumed = Run::new(Some(fixture), snapshots);
        let (states, described) = resumed.states().await;
        assert!(states.iter().all(|(_, version, _)| *version == 1));
        assert!(described.contains("edge overspeed of speed_kmh, "));
        resumed.start(rules(), Ending::Whole).await;
        assert_eq!(resumed.alerts(&NAMES), whole.alerts(&NAMES), "{fixture}");
        assert_eq!(resumed.states().await, whole.states().await, "{fixture}");
    }
}

#[tokio::test(start_paused = true)]
async fn all_states_of_the_earlier_version_are_rewritten_by_the_first_commit() {
    for (fixture, snapshots) in FIXTURES {
        let resumed = Run::new(Some(fixture), snapshots);
        resumed.start(rules(), Ending::CrashAfter(3)).await;
        let (states, described) = resumed.states().await;
        assert!(states.iter().all(|(_, version, _)| *version == 2));
        assert_eq!(states.len(), 4);
        assert!(described.contains("rules \"overspeed\" above speed_kmh, "));
    }
}

#[tokio::test(start_paused = true)]
async fn rules_may_change_together_with_the_version() {
    let whole = whole().await;
    for (fixture, snapshots) in FIXTURES {
        let before = Run::new(Some(fixture), snapshots);
        let (old, kept) = (before.alerts(&NAMES), ["engine-overheat", "overspeed"]);
        let resumed = Run::new(Some(fixture), snapshots);
        let [fast, _, hot] = rules().try_into().unwrap();
        let changed = vec![warm(), hot, fast];
        resumed.start(changed, Ending::Whole).await;
        assert_eq!(resumed.alerts(&kept), whole.alerts(&kept), "{fixture}");
        let gone = ["traction-soc-low"];
        assert_eq!(resumed.alerts(&gone), before.alerts(&gone), "{fixture}");
        assert!(old.is_subset(&resumed.alerts(&NAMES)));
        // Every car is warm from its first row after the position: of 20 rows, 3 wait for order.
        let warm = resumed.alerts(&["warm"]).into_iter();
        let warm: Vec<_> = warm.map(|(car, _, at, _)| (car, at)).collect();
        let first = (1_700_000_000 + 17 * 2) * 1_000_000_i64;
        let expected = (0..4).map(|car| (format!("car-{car}"), first.to_string()));
        assert_eq!(warm, expected.collect::<Vec<_>>(), "{fixture}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_rule_that_was_removed_for_a_while_starts_inactive() {
    for (fixture, snapshots) in FIXTURES {
        let resumed = Run::new(Some(fixture), snapshots);
        let before = resumed.alerts(&["overspeed"]);
        let [fast, low, hot] = rules().try_into().unwrap();
        let less = vec![low.clone(), hot.clone()];
        resumed.start(less, Ending::CrashAfter(1)).await;
        resumed.start(vec![low, hot, fast], Ending::Whole).await;
        // The first car is too fast at the restart: a rule that went on would say nothing.
        let new = &resumed.alerts(&["overspeed"]) - &before;
        let (car, _, at, _) = new.first().unwrap();
        let first = (1_700_000_000 + 19 * 2) * 1_000_000_i64;
        assert_eq!(
            (car.as_str(), at),
            ("car-0", &first.to_string()),
            "{fixture}"
        );
    }
}
