//! Changes of the graph that a saved state survives, and the errors that refuse all others.

use std::{sync::Arc, time::Duration};

use super::model::{Burst, Edge, Reading};
use crate::{
    contracts::{MemoryStore, Operator, decode::Typed, operator::Cx},
    data::{ErrorKind, Result},
    engine::{
        graph::{Graph, Stream},
        order::Order,
    },
    pipeline::{EpochLimits, Pipeline, Report},
    rows::Row,
    testing::{Script, Scripted},
    window::{SummaryOf, Tumbling},
};

/// Counts the rows above a speed. The limit is a threshold; the unit of its sum is structure.
struct Above {
    kmh: u16,
    unit: &'static str,
}

impl Operator for Above {
    type In = Reading;
    type Out = u64;
    type State = u64;
    fn structure(&self) -> String {
        self.unit.into()
    }
    fn init(&self) -> u64 {
        0
    }
    fn on_row(&self, count: &mut u64, row: &Row<Reading>, cx: &mut Cx<'_, u64>) {
        if row.value.kmh > self.kmh {
            *count += 1;
            cx.emit(*count);
        }
    }
}

/// The shape of a pipeline.
#[derive(Clone)]
struct Shape {
    kmh: u16,
    unit: &'static str,
    name: &'static str,
    window: u64,
    order: Order,
    reading: &'static str,
    /// Whether there is an additional step in front.
    filtered: bool,
}

impl Default for Shape {
    fn default() -> Self {
        Self {
            kmh: 80,
            unit: "rows",
            name: "above",
            window: 10,
            order: Order::default(),
            reading: "plain",
            filtered: false,
        }
    }
}

/// Runs ten rows at a time, up to a crash if requested.
async fn run(shape: &Shape, crash: bool, store: &MemoryStore) -> Result<Report> {
    let rows = (0..60u16).map(|number| Reading {
        car: 0,
        second: number.into(),
        kmh: 60 + number % 40,
        id: 0,
    });
    let (mut graph, events): (_, Stream<Reading>) = Graph::new();
    let from = if shape.filtered {
        graph.filter("fast", events, |row: &Reading| row.kmh > 70)
    } else {
        events
    };
    let (kmh, unit) = (shape.kmh, shape.unit);
    let above = graph.apply(shape.name, from, Above { kmh, unit });
    graph.apply("edges", events, Edge);
    graph.apply("bursts", events, Burst);
    let speed = SummaryOf::new(|row: &Reading| Some(f64::from(row.kmh)));
    let length = Tumbling::of(Duration::from_secs(shape.window)).unwrap();
    graph.apply("windows", events, length.aggregate(speed));
    let script = if crash {
        [vec![Script::Rows(10); 3], vec![Script::Crash]].concat()
    } else {
        Vec::new()
    };
    let source = Scripted::new("memory/0", Arc::new(rows.collect()), script);
    Pipeline::exactly_once(source, Typed::default(), shape.order, graph, store.clone())
        .store("above", above, store.table("above"))
        .reading(shape.reading)
        .epochs(EpochLimits {
            records: 1,
            ..EpochLimits::default()
        })
        .run()
        .await
}

/// Returns the outcome of a run that resumes with another shape.
async fn changed(to: Shape) -> Result<Report> {
    let store = MemoryStore::default();
    run(&Shape::default(), true, &store).await.unwrap_err();
    assert!(!store.rows().is_empty(), "something was committed");
    run(&to, false, &store).await
}

#[tokio::test]
async fn a_changed_threshold_goes_on() {
    let to = Shape {
        kmh: 90,
        ..Shape::default()
    };
    let report = changed(to).await.unwrap();
    assert_eq!(report.counts.accepted, 60);
}

#[tokio::test]
async fn whatever_a_state_depends_on_is_refused_with_what_differs_and_the_ways_on() {
    let base = Shape::default;
    let cases = [
        (
            Shape {
                unit: "km",
                ..base()
            },
            ["- 1 keyed above", "+ 1 keyed above", "km"],
        ),
        (
            Shape {
                name: "over",
                ..base()
            },
            ["- 1 keyed above", "+ 1 keyed over", "rows"],
        ),
        (
            Shape {
                window: 20,
                ..base()
            },
            ["- 4 keyed windows", "10s", "20s"],
        ),
        (
            Shape {
                filtered: true,
                ..base()
            },
            ["+ 1 flat_map fast", "+ 2 keyed above", "from [1]"],
        ),
        (
            Shape {
                reading: "other",
                ..base()
            },
            ["- 0 order", "plain", "other"],
        ),
        (
            Shape {
                order: Order::within(Duration::from_secs(9)),
                ..base()
            },
            ["- 0 order", "5s", "9s"],
        ),
    ];
    for (to, parts) in cases {
        let error = changed(to).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Structure);
        let message = error.to_string();
        for part in parts {
            assert!(message.contains(part), "no `{part}` in: {message}");
        }
        for way in ["go back", "another name", "start afresh"] {
            assert!(message.contains(way), "no `{way}` in: {message}");
        }
    }
}
