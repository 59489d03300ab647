//! Metrics of a run, as a recorder sees them.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex},
};

use ::metrics::{
    Counter, CounterFn, Gauge, GaugeFn, Histogram, HistogramFn, Key, KeyName, Label, Metadata,
    Recorder, SharedString, Unit, with_local_recorder,
};

use super::{eventful, pipeline};
use crate::pipeline::{
    Report,
    observe::{
        Kind,
        metrics::{
            DEAD_LETTERS, LAG, LAG_SECONDS, METRICS, NODE_ROWS_IN, NODE_ROWS_OUT, REBALANCES,
            RECORDS, RESTORING, RETRIES, SINK_ROWS,
        },
    },
};

/// The kind, name and label names of a series.
type Described = (Kind, String, Vec<String>);

/// A recorder that holds the sum of each counter and histogram, and the last value of each gauge.
#[derive(Clone, Default)]
struct Sums {
    values: Arc<Mutex<BTreeMap<String, f64>>>,
    series: Arc<Mutex<BTreeSet<Described>>>,
    described: Arc<Mutex<BTreeSet<(Kind, String)>>>,
}

struct Series {
    name: String,
    values: Arc<Mutex<BTreeMap<String, f64>>>,
}

impl Series {
    fn change(&self, by: impl Fn(f64) -> f64) {
        let mut values = self.values.lock().unwrap();
        let value = values.entry(self.name.clone()).or_default();
        *value = by(*value);
    }
}

impl CounterFn for Series {
    fn increment(&self, more: u64) {
        self.change(|value| value + more as f64);
    }
    fn absolute(&self, _: u64) {
        unreachable!("counters are only added to");
    }
}

impl GaugeFn for Series {
    fn increment(&self, _: f64) {
        unreachable!("gauges are only set");
    }
    fn decrement(&self, _: f64) {
        unreachable!("gauges are only set");
    }
    fn set(&self, value: f64) {
        self.change(|_| value);
    }
}

impl HistogramFn for Series {
    fn record(&self, value: f64) {
        self.change(|sum| sum + value);
    }
}

impl Sums {
    fn series(&self, kind: Kind, key: &Key) -> Arc<Series> {
        let labels = key.labels().map(|label| label.key().to_owned());
        let labels: Vec<_> = labels.collect();
        let name = key.name().to_owned();
        self.series.lock().unwrap().insert((kind, name, labels));
        let values = key.labels().map(Label::value);
        let name = [key.name()].into_iter().chain(values);
        Arc::new(Series {
            name: name.collect::<Vec<_>>().join(" "),
            values: Arc::clone(&self.values),
        })
    }

    fn describe(&self, kind: Kind, name: &KeyName) {
        let name = name.as_str().to_owned();
        self.described.lock().unwrap().insert((kind, name));
    }
}

impl Recorder for Sums {
    fn describe_counter(&self, name: KeyName, _: Option<Unit>, _: SharedString) {
        self.describe(Kind::Counter, &name);
    }
    fn describe_gauge(&self, name: KeyName, _: Option<Unit>, _: SharedString) {
        self.describe(Kind::Gauge, &name);
    }
    fn describe_histogram(&self, name: KeyName, _: Option<Unit>, _: SharedString) {
        self.describe(Kind::Histogram, &name);
    }
    fn register_counter(&self, key: &Key, _: &Metadata<'_>) -> Counter {
        Counter::from_arc(self.series(Kind::Counter, key))
    }
    fn register_gauge(&self, key: &Key, _: &Metadata<'_>) -> Gauge {
        Gauge::from_arc(self.series(Kind::Gauge, key))
    }
    fn register_histogram(&self, key: &Key, _: &Metadata<'_>) -> Histogram {
        Histogram::from_arc(self.series(Kind::Histogram, key))
    }
}

/// Returns what an eventful run records.
fn recorded() -> (Sums, Report) {
    let sums = Sums::default();
    let runtime = tokio::runtime::Builder::new_current_thread();
    let runtime = { runtime }.enable_time().build().unwrap();
    let report = with_local_recorder(&sums, || {
        runtime.block_on(pipeline(eventful()).run()).unwrap()
    });
    (sums, report)
}

/// Dashboards and alerts refer to these names.
#[test]
fn the_names_and_labels_of_metrics_do_not_change() {
    let names = METRICS.map(|metric| format!("{} {}", metric.name, metric.labels.join(" ")));
    let expected = [
        "fleet_records_total fate",
        "fleet_dead_letters_total stage",
        "fleet_sink_rows_total sink outcome",
        "fleet_node_rows_in_total node",
        "fleet_node_rows_out_total node",
        "fleet_node_seconds node",
        "fleet_epoch_seconds ",
        "fleet_commit_seconds ",
        "fleet_commits_total partition",
        "fleet_fenced_total partition",
        "fleet_unowned_batches_total partition",
        "fleet_retries_total stage",
        "fleet_lag partition",
        "fleet_lag_seconds partition",
        "fleet_keys partition",
        "fleet_partitions ",
        "fleet_rebalances_total change",
        "fleet_restoring_partitions ",
        "fleet_pause_seconds ",
        "fleet_held_rows ",
        "fleet_waiting_rows ",
        "fleet_waiting_bytes ",
    ];
    assert_eq!(names, expected);
}

#[test]
fn everything_that_is_recorded_is_in_the_list_and_the_other_way_round() {
    let (sums, _) = recorded();
    let listed = METRICS.iter().map(|metric| {
        let labels = ["pipeline"].iter().chain(metric.labels);
        let labels = labels.map(|label| (*label).to_owned()).collect();
        (metric.kind, metric.name.to_owned(), labels)
    });
    let listed: BTreeSet<Described> = listed.collect();
    assert_eq!(listed.len(), METRICS.len(), "each name is listed once");
    assert_eq!(*sums.series.lock().unwrap(), listed);
    let described = listed.into_iter().map(|(kind, name, _)| (kind, name));
    assert_eq!(*sums.described.lock().unwrap(), described.collect());
}

#[test]
#[expect(clippy::float_cmp, reason = "whole numbers")]
fn the_numbers_are_those_of_the_report() {
    let (sums, report) = recorded();
    let values = sums.values.lock().unwrap();
    let value = |name: &str, labels: &str| values[&format!("{name} scene {labels}")];
    let counts = report.counts;
    for (fate, count) in [
        ("accepted", counts.accepted),
        ("filtered", counts.filtered),
        ("dead_lettered", counts.dead_lettered),
        ("late", counts.late),
        ("duplicate", counts.duplicate),
    ] {
        assert!(count > 0, "{fate} happened");
        assert_eq!(value(RECORDS.name, fate), count as f64, "{fate}");
    }
    assert_eq!(
        value(DEAD_LETTERS.name, "decode"),
        counts.dead_lettered as f64
    );
    let rejected = report.tally("sink.picky", "dead_lettered") as f64;
    assert_eq!(value(DEAD_LETTERS.name, "picky"), rejected);
    assert_eq!(value(SINK_ROWS.name, "picky dead_lettered"), rejected);
    let written = report.tally("sink.all", "written") as f64;
    assert_eq!(value(SINK_ROWS.name, "all written"), written);
    assert!(value(NODE_ROWS_IN.name, "fast") > value(NODE_ROWS_OUT.name, "fast"));
    assert_eq!(value(RETRIES.name, "read"), 2.0);
    assert_eq!(value(RETRIES.name, "publish"), 1.0);
    assert_eq!(value(LAG.name, "a"), 800.0);
    assert_eq!(
        value(LAG_SECONDS.name, "a"),
        0.2,
        "offset 200, in milliseconds"
    );
    for (change, partitions) in [("assigned", 4.0), ("revoked", 1.0), ("lost", 1.0)] {
        assert_eq!(value(REBALANCES.name, change), partitions, "{change}");
    }
    assert_eq!(values[&format!("{} scene", RESTORING.name)], 0.0);
}
