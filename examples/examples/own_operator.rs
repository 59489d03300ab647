//! A custom operator: a timer in event time finds doors that stay open for a minute.
#![expect(clippy::print_stdout, reason = "an example prints its result")]

use std::time::Duration;

use fleet_core::{
    Event, EventTime, Graph, MemoryStore, Operator, Order, Pipeline, Result, Row,
    decode::Typed,
    event::ContentHasher,
    operator::{Cx, Keep},
    testing::{Scripted, conformance},
};

#[derive(Clone, serde::Serialize, serde::Deserialize)]
struct Door {
    bus: String,
    at: EventTime,
    open: bool,
}
fleet_core::state_by_serde!(Door, 1);
impl Event for Door {
    fn key(&self) -> &str {
        &self.bus
    }
    fn at(&self) -> EventTime {
        self.at
    }
    fn identity(&self) -> u64 {
        ContentHasher::new().integer(self.open.into()).finish()
    }
}

/// Reports each opening that lasts this long, once.
struct OpenFor(Duration);

/// The state of a bus: since when its door has been open.
#[derive(Clone, serde::Serialize, serde::Deserialize)]
struct Since(Option<EventTime>);
fleet_core::state_by_serde!(Since, 1);

impl Operator for OpenFor {
    type In = Door;
    type Out = EventTime;
    type State = Since;

    fn init(&self) -> Since {
        Since(None)
    }

    fn on_row(&self, since: &mut Since, row: &Row<Door>, cx: &mut Cx<'_, EventTime>) {
        match (row.value.open, since.0) {
            (true, None) => {
                since.0 = Some(row.at);
                cx.wake_at(row.at + self.0);
            }
            (false, Some(_)) => {
                since.0 = None;
                cx.forget_timers();
            }
            _ => {}
        }
    }

    /// Fires when no earlier row of this bus can arrive any more. No wall clock is involved.
    fn on_timer(&self, since: &mut Since, _: EventTime, cx: &mut Cx<'_, EventTime>) -> Keep {
        if let Some(since) = since.0 {
            cx.emit(since);
        }
        Keep::State
    }
}

/// Runs a pipeline over these events and returns the stored alerts.
async fn alerts(events: Vec<Door>) -> Result<Vec<String>> {
    let (mut graph, doors) = Graph::new();
    let alerts = graph.apply("open", doors, OpenFor(Duration::from_secs(60)));
    let (source, store) = (
        Scripted::of_events("memory", events),
        MemoryStore::default(),
    );
    let order = Order::within(Duration::from_secs(300));
    Pipeline::exactly_once(source, Typed::default(), order, graph, store.clone())
        .store("open", alerts, store.table("open"))
        .run()
        .await?;
    Ok(store.rows().remove("open").unwrap_or_default())
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let door = |bus: &str, second: i64, open| Door {
        bus: bus.into(),
        at: EventTime::from_micros(second * 1_000_000),
        open,
    };
    let events = vec![
        door("12", 0, true),
        door("12", 20, false),
        door("7", 30, true),
        // Still open: no second opening.
        door("7", 50, true),
        door("12", 100, true),
        door("7", 95, false),
        door("12", 160, false),
    ];
    let found = alerts(events.clone()).await?;
    // Bus 7 from 30 to 95, and bus 12 for exactly a minute: the timer fires before the row that
    // closes the door at the same time.
    assert_eq!(found.len(), 2, "{found:?}");
    for turn in 1..events.len() {
        let mut turned = events.clone();
        turned.rotate_left(turn);
        assert_eq!(alerts(turned).await?, found, "in any order of arrival");
    }
    // The suite does the same with many batches, restarts and bounds. It needs more doors.
    let buses = ["7", "12", "18"].into_iter().cycle();
    let seconds = (0..120).map(|turn| turn * 30);
    let long: Vec<_> = buses
        .zip(seconds)
        .map(|(bus, second)| door(bus, second, second * 7 % 120 < 60))
        .collect();
    conformance::operator(|| OpenFor(Duration::from_secs(60)), &long);
    println!(
        "own_operator: ok ({} doors open too long, in any order)",
        found.len()
    );
    Ok(())
}
