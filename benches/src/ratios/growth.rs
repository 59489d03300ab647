//! How cost grows with the number of keys and of rules; each size runs in a separate process.

use std::{
    process::Command,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use fleet_core::{
    Graph, Order, Pipeline,
    event::{AlertKind, Severity, Signal, Telemetry},
    pipeline::{EpochLimits, Snapshots},
    sink::Null,
    units::Speed,
    window::{SummaryOf, Tumbling},
};
use fleet_rules::{Condition, Mode, Rules, Threshold, preset};

use super::{
    in_memory::{AsTelemetry, DiscardStore, InMemory},
    run::block_on,
    sample::samples,
};

/// The figures of one size: nanoseconds per event and bytes per key.
#[derive(Clone, Copy)]
pub(crate) struct Measure {
    pub(crate) nanos: f64,
    pub(crate) bytes: f64,
}

/// The time and the resident memory at one point of a run.
type Probe = (Instant, usize);

/// Measures 1,000 to 1,000,000 keys at a bound of 0, with rules and windows and without.
pub(crate) fn keys(events: usize) {
    println!(
        "keys: telemetry of so many vehicles, bound 0; ns an event once all keys are known; bytes a key"
    );
    println!("      keys  ns/event  of 1 k  rare snapshots  of 1 k  key alone  rules+window");
    let mut first = None;
    for keys in [1_000, 10_000, 100_000, 1_000_000] {
        let events = events.max(keys * 3).to_string();
        let keys_word = keys.to_string();
        let timed = child(&["one-keys", &keys_word, &events, "timed"]);
        let rare = child(&["one-keys", &keys_word, &events, "rare"]);
        let full = child(&["one-keys", &keys_word, &events, "full"]);
        let bare = child(&["one-keys", &keys_word, &events, "bare"]);
        let (first, first_rare) = *first.get_or_insert((timed.nanos, rare.nanos));
        println!(
            "{keys:>10}  {:>8.1}  {:>5.2}x  {:>14.1}  {:>5.2}x  {:>7.0} B  {:>10.0} B  {}",
            timed.nanos,
            first / timed.nanos,
            rare.nanos,
            first_rare / rare.nanos,
            bare.bytes,
            full.bytes - bare.bytes,
            bar(timed.nanos)
        );
    }
}

/// Measures 3 to 100 rules over 1,000 vehicles at a bound of 0.
pub(crate) fn rules(events: usize) {
    println!("rules: telemetry of 1,000 vehicles, bound 0; minute windows and so many rules");
    println!("     rules  ns/event");
    for rules in [3, 10, 30, 100] {
        let (rules, events) = (rules.to_string(), events.to_string());
        let measure = child(&["one-rules", &rules, &events]);
        println!(
            "{rules:>10}  {:>8.1}  {}",
            measure.nanos,
            bar(measure.nanos)
        );
    }
}

/// A bar of a chart: one `#` is 10 ns.
fn bar(nanos: f64) -> String {
    "#".repeat(
        (0..80)
            .filter(|tens| f64::from(*tens) * 10.0 < nanos)
            .count(),
    )
}

/// Measures one size and prints its figures; runs in the child process of [`keys`] and [`rules`].
pub(crate) fn child_main(words: &[String]) {
    let number = |index: usize| words.get(index).unwrap().parse::<usize>().unwrap();
    // The transient memory of a large commit is not state, so memory is measured with small
    // commits.
    let small = EpochLimits {
        records: 16_384,
        ..EpochLimits::default()
    };
    let usual = EpochLimits::default();
    // No snapshot is due during the measurement.
    let rare = Snapshots::Every(Duration::from_secs(600));
    let measure = match words.get(3).map(String::as_str) {
        Some("full") => one(number(1), number(2), 3, (small, Snapshots::EveryCommit)),
        Some("bare") => one(number(1), number(2), 0, (small, Snapshots::EveryCommit)),
        Some("rare") => one(number(1), number(2), 3, (usual, rare)),
        Some(_) => one(number(1), number(2), 3, (usual, Snapshots::EveryCommit)),
        None => one(1_000, number(2), number(1), (usual, Snapshots::EveryCommit)),
    };
    println!("{} {}", measure.nanos, measure.bytes);
}

/// Runs this program again with other arguments and returns the figures it prints.
pub(crate) fn child(words: &[&str]) -> Measure {
    let me = std::env::current_exe().unwrap();
    let output = Command::new(me).args(words).output().unwrap().stdout;
    let output = String::from_utf8(output).unwrap();
    let mut numbers = output.split_whitespace().map(|word| word.parse().unwrap());
    Measure {
        nanos: numbers.next().unwrap(),
        bytes: numbers.next().unwrap(),
    }
}

/// When epochs are committed, and when the state is.
type Commits = (EpochLimits, Snapshots);

fn one(keys: usize, events: usize, rules: usize, commits: Commits) -> Measure {
    let rows = samples(events, keys);
    let probes: Arc<Mutex<Vec<Probe>>> = Arc::default();
    let recorded = Arc::clone(&probes);
    // Probe at the start, once all keys are known and their first snapshot is done, and at the end.
    let warm = events / 3;
    let mut due = [0, warm, events].into_iter().peekable();
    let source = InMemory::new(&rows).before_batch(move |given| {
        if due.next_if(|due| given >= *due).is_some() {
            recorded.lock().unwrap().push((now(), resident()));
        }
    });
    run(source, rules, commits);
    let probes = probes.lock().unwrap();
    let &[start, warmed, end] = probes.as_slice() else {
        unreachable!("a run is probed at its start, after its warm-up and at its end")
    };
    Measure {
        nanos: (end.0 - warmed.0).as_secs_f64() * 1e9 / (events - warm) as f64,
        bytes: end.1.saturating_sub(start.1) as f64 / keys as f64,
    }
}

/// Runs a pipeline of this many rules, and of minute windows unless there are none.
pub(crate) fn run(source: InMemory, rules: usize, (limits, snapshots): Commits) {
    let (mut graph, telemetry) = Graph::<Telemetry>::new();
    let mut streams = Vec::new();
    if rules == 3 {
        streams.push(graph.apply("rules", telemetry, preset::vehicleops(Mode::Edge)));
    } else {
        for (index, some) in many(rules).chunks(fleet_rules::MAX_RULES).enumerate() {
            let rules = Rules::new(some.iter().cloned(), Mode::Edge).unwrap();
            streams.push(graph.apply(&format!("rules-{index}"), telemetry, rules));
        }
    }
    let windows = (rules > 0).then(|| {
        let speed = SummaryOf::new(|event: &Telemetry| event.speed().map(Speed::as_kmh));
        graph.apply("windows", telemetry, Tumbling::minutes(1).aggregate(speed))
    });
    let order = Order::within(Duration::ZERO);
    let mut pipeline = Pipeline::exactly_once(source, AsTelemetry, order, graph, DiscardStore)
        .epochs(limits)
        .snapshots(snapshots);
    for (index, alerts) in streams.into_iter().enumerate() {
        pipeline = pipeline.store(&format!("alerts-{index}"), alerts, Null);
    }
    if let Some(windows) = windows {
        pipeline = pipeline.store("windows", windows, Null);
    }
    block_on(pipeline.run());
}

/// This many rules over three signals, each with a different limit.
fn many(rules: usize) -> Vec<Threshold> {
    let rule = |number: usize| {
        let share = number as f64 / rules as f64;
        let (kind, condition) = match number % 3 {
            0 => (
                AlertKind::Overspeed,
                Condition::Above(Signal::Speed, 80.0 + 10.0 * share),
            ),
            1 => (
                AlertKind::TractionSocLow,
                Condition::Below(Signal::BatteryCharge, 10.0 + 5.0 * share),
            ),
            _ => (
                AlertKind::EngineOverheat,
                Condition::Above(Signal::EngineTemperature, 100.0 + 5.0 * share),
            ),
        };
        Threshold {
            rule: format!("rule-{number}").into(),
            kind,
            severity: Severity::Medium,
            condition,
            flag: None,
        }
    };
    (0..rules).map(rule).collect()
}

#[expect(clippy::disallowed_methods, reason = "a bench measures time")]
pub(crate) fn now() -> Instant {
    Instant::now()
}

/// The resident memory of this process, bytes.
fn resident() -> usize {
    let pages = std::fs::read_to_string("/proc/self/statm").unwrap();
    let pages = pages.split_whitespace().nth(1).unwrap();
    pages.parse::<usize>().unwrap() * 4096
}
