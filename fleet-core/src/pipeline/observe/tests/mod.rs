//! One eventful run, observed through health, metrics and traces.

mod health;
#[cfg(feature = "metrics")]
mod metrics;
mod traces;

use std::{collections::VecDeque, time::Duration};

use async_trait::async_trait;

use crate::{
    contracts::{
        Decode, MemoryStore, Source,
        checkpoint::CheckpointStore,
        decode::Entry,
        memory::{MemoryTable, MemoryTx},
        sink::{Outcome, Rejected, Sink, TransactionalSink},
        source::{Batch, RevokeGuard, SingleReader, SourceEvent},
    },
    data::{
        Error, ErrorKind, EventTime, Offset, Partition, Position, Result, VehicleId, units::Speed,
    },
    engine::{graph::Graph, order::Order},
    event::Telemetry,
    pipeline::{AtLeastOnce, EpochLimits, Pipeline, Retry},
    rows::Row,
};

/// Content that must never occur outside of dead letters.
const SECRET: &str = "wauzzz8k";

/// An event, or `None` for a malformed record.
type Payload = Vec<(Offset, Option<Telemetry>)>;
type Step = Result<SourceEvent<Payload>>;

/// A source that returns these events, and waits after an assignment until all of it is started.
struct Told {
    steps: VecDeque<Step>,
    unstarted: usize,
}

impl Told {
    fn new(steps: impl IntoIterator<Item = Step>) -> Self {
        let (steps, unstarted) = (steps.into_iter().collect(), 0);
        Self { steps, unstarted }
    }
}

impl SingleReader for Told {}

#[async_trait]
impl Source for Told {
    type Payload = Payload;
    async fn next(&mut self) -> Step {
        let Some(step) = self.steps.front().filter(|_| self.unstarted == 0) else {
            return std::future::pending().await;
        };
        if let Ok(SourceEvent::Assigned(partitions)) = step {
            self.unstarted = partitions.len();
        }
        self.steps.pop_front().unwrap()
    }
    async fn start(&mut self, _: &Partition, _: Option<&Position>) -> Result<()> {
        self.unstarted -= 1;
        Ok(())
    }
    fn end(&self, partition: &Partition) -> Option<Offset> {
        (partition.as_str() == "a").then_some(Offset(1000))
    }
    fn lag_time(&self, partition: &Partition, committed: Option<Offset>) -> Option<Duration> {
        let waits = Duration::from_millis(committed.unwrap_or_default().0);
        (partition.as_str() == "a").then_some(waits)
    }
}

fn partition(name: &str) -> Partition {
    Partition::new(name)
}

/// Events of these seconds and one malformed record, as the records before `next`.
#[expect(clippy::unnecessary_wraps, reason = "one step of several kinds")]
fn batch(name: &str, next: u64, seconds: &[i64]) -> Step {
    let car = VehicleId::new(SECRET).unwrap();
    let event = |second: &i64| {
        let at = EventTime::from_micros(second * 1_000_000);
        Telemetry::new(car.clone(), at).with_speed(Speed::from_kmh((second % 7 * 10) as f64))
    };
    let events = seconds.iter().map(|second| Some(event(second)));
    let first = next - seconds.len() as u64 - 1;
    Ok(SourceEvent::Batch(Batch {
        partition: partition(name),
        next: Offset(next),
        time: None,
        mark: None,
        payload: (first..).map(Offset).zip(events.chain([None])).collect(),
    }))
}

#[expect(clippy::unnecessary_wraps, reason = "one step of several kinds")]
fn assigned(names: &[&str]) -> Step {
    let names = names.iter().map(|name| partition(name));
    Ok(SourceEvent::Assigned(names.collect()))
}

fn failed() -> Step {
    Err(Error::new(ErrorKind::Source, "the line is busy").retryable())
}

/// Filters events of standing vehicles.
struct Moving;

impl Decode<Payload> for Moving {
    type Event = Telemetry;
    fn decode(&self, payload: Payload, entry: &mut Entry<'_, Telemetry>) {
        for (at, event) in payload {
            match event {
                Some(event) if event.speed() == Some(Speed::from_kmh(0.0)) => entry.filtered(at),
                Some(event) => entry.row(at, event),
                None => entry.malformed(at, SECRET.as_bytes(), format!("`{SECRET}` is no event")),
            }
        }
    }
}

/// Fails once, and rejects the first row of each write.
#[derive(Default)]
struct Picky {
    has_failed: bool,
}

#[async_trait]
impl Sink<Telemetry> for Picky {
    async fn write(&mut self, rows: &[Row<Telemetry>]) -> Result<Outcome> {
        if !std::mem::replace(&mut self.has_failed, true) {
            return Err(Error::new(ErrorKind::Sink, "the sink is busy").retryable());
        }
        assert!(!rows.is_empty());
        let rejected = vec![Rejected {
            index: 0,
            reason: format!("no room for {SECRET}"),
            raw: SECRET.into(),
        }];
        Ok(Outcome { rejected })
    }
}

/// Another process claims partition `b` while this one writes for the second time.
struct Thief {
    store: MemoryStore,
    table: MemoryTable,
    writes: usize,
}

#[async_trait]
impl TransactionalSink<Telemetry, MemoryStore> for Thief {
    async fn write(&mut self, tx: &mut MemoryTx, rows: &[Row<Telemetry>]) -> Result<Outcome> {
        self.writes += 1;
        if self.writes == 2 {
            self.store.claim(&partition("b")).await?;
        }
        TransactionalSink::<_, MemoryStore>::write(&mut self.table, tx, rows).await
    }
}

type Scene = Pipeline<Told, Moving, MemoryStore, AtLeastOnce>;

/// A pipeline in which each batch is an epoch.
fn pipeline(steps: impl IntoIterator<Item = Step>) -> Scene {
    let (mut graph, telemetry) = Graph::new();
    let fast = graph.filter("fast", telemetry, |event: &Telemetry| {
        event.speed() > Some(Speed::from_kmh(35.0))
    });
    let store = MemoryStore::default();
    let thief = Thief {
        store: store.clone(),
        table: store.table("all"),
        writes: 0,
    };
    let limits = EpochLimits {
        records: 1,
        ..EpochLimits::default()
    };
    let retry = Retry {
        first: Duration::from_nanos(1),
        ..Retry::default()
    };
    let source = Told::new(steps);
    Pipeline::at_least_once(source, Moving, Order::default(), graph, store)
        .named("scene")
        .store("all", telemetry, thief)
        .publish("picky", fast, Picky::default())
        .epochs(limits)
        .retry(retry)
}

/// A run in which everything happens: `b` is fenced, `c` revoked, `d` lost, and `a` ends.
fn eventful() -> Vec<Step> {
    let revoking = SourceEvent::Revoking {
        partitions: vec![partition("c")],
        within: Duration::from_secs(60),
        done: RevokeGuard::new(|| {}),
    };
    vec![
        assigned(&["a", "b", "c", "d"]),
        failed(),
        failed(),
        // 14 is filtered, 1 is late, and 20 is a duplicate.
        batch("a", 100, &[10, 20, 14, 1, 20, 33]),
        batch("b", 100, &[10, 20, 30]),
        batch("c", 100, &[10]),
        Ok(revoking),
        Ok(SourceEvent::Lost(vec![partition("d")])),
        // Late news of what is elsewhere.
        batch("d", 100, &[10]),
        batch("a", 200, &[40, 41]),
        Ok(SourceEvent::End(partition("a"))),
    ]
}
