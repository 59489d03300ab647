//! Vehicles that fall silent, with ticks, crashes and a replay.
#![expect(
    clippy::unwrap_used,
    clippy::cast_possible_truncation,
    reason = "helpers of tests fail by panic, as tests do"
)]

mod support;

use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use fleet_core::{
    Error, ErrorKind, EventTime, Graph, MemoryStore, Offset, Order, Partition, Pipeline, Result,
    Source,
    decode::Typed,
    event::{AlertKind, Severity, Telemetry},
    pipeline::{EpochLimits, Ticks},
    source::{Batch, Position, Replayable, SourceEvent},
    table::{TableRow, to_ndjson},
};
use fleet_rules::{Presence, Silent};
use support::{START_S, at, run, vehicle};

fn heard(name: &str, second: f64) -> Telemetry {
    Telemetry::new(vehicle(name), at(second))
}

fn silent(after: u64) -> Silent<Telemetry> {
    Silent::after(Duration::from_secs(after)).unwrap()
}

/// Seconds, and whether online, of one vehicle.
fn told(presences: &[Presence], name: &str) -> Vec<(i64, bool)> {
    let own = presences
        .iter()
        .filter(|told| told.vehicle.as_str() == name);
    own.map(|told| {
        let second = told.at.as_micros() / 1_000_000 - START_S;
        (second, told.is_online)
    })
    .collect()
}

#[tokio::test]
async fn silence_lasts_exactly_as_long_as_it_says() {
    let rows = [0.0, 9.0, 19.0, 28.9].map(|second| heard("7", second));
    let presences = run(silent(10), rows.into()).await;
    let wanted = [(0, true), (19, false), (19, true), (38, false)];
    assert_eq!(told(&presences, "7"), wanted);
    let alerts: Vec<_> = presences.iter().filter_map(Presence::alert).collect();
    assert_eq!(alerts.len(), 2);
    assert_eq!(alerts[0].value, Some(10.0));
    assert_ne!(alerts[0].id, alerts[1].id);
}

/// Days of a fleet: each car drives for a while, and then nothing comes until the next day. Today's
/// rows are there; tomorrow's come once everything was read, a tick has seen it, and the clock has
/// gone on.
struct Days {
    partition: Partition,
    rows: Arc<Vec<Telemetry>>,
    /// How far the time of the wall is, in seconds; it outlives a crash.
    wall: Arc<AtomicI64>,
    /// What a tick saw of it.
    ticked: Arc<AtomicI64>,
    at: Option<usize>,
    dice: u64,
}

const DAY_S: i64 = 86_400;

impl Days {
    fn roll(&mut self, sides: u64) -> u64 {
        // Knuth's MMIX generator.
        self.dice = self
            .dice
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.dice >> 33) % sides
    }
}

impl Replayable for Days {}

#[async_trait]
impl Source for Days {
    type Payload = Vec<(Offset, Telemetry)>;

    async fn next(&mut self) -> Result<SourceEvent<Self::Payload>> {
        let Some(from) = self.at else {
            return Ok(SourceEvent::Assigned(vec![self.partition.clone()]));
        };
        if self.roll(12) == 0 {
            return Err(Error::new(ErrorKind::Source, "crash by dice"));
        }
        loop {
            let wall = self.wall.load(Ordering::Relaxed);
            let is_here = |row: &&Telemetry| row.at() <= at(wall as f64);
            let here = self.rows.iter().take_while(is_here).count();
            if from < here {
                let count = (1 + self.roll(5) as usize).min(here - from);
                self.at = Some(from + count);
                let rows = self.rows.iter().skip(from).take(count).cloned();
                return Ok(SourceEvent::Batch(Batch {
                    partition: self.partition.clone(),
                    next: Offset((from + count) as u64),
                    time: None,
                    mark: None,
                    payload: (from as u64..).map(Offset).zip(rows).collect(),
                }));
            }
            if self.ticked.load(Ordering::Relaxed) != wall {
                return Ok(SourceEvent::Idle);
            }
            if here == self.rows.len() {
                return Ok(SourceEvent::End(self.partition.clone()));
            }
            self.wall.fetch_add(DAY_S, Ordering::Relaxed);
        }
    }

    async fn start(&mut self, _: &Partition, at: Option<&Position>) -> Result<()> {
        self.at = Some(at.map_or(0, |at| at.next.0) as usize);
        Ok(())
    }
}

/// Three days: car 7 drives every day, car 8 only on the first, and comes late on the last.
fn days() -> Arc<Vec<Telemetry>> {
    let day = DAY_S as f64;
    let mut rows = Vec::new();
    for (number, start) in [0.0, day, 2.0 * day].into_iter().enumerate() {
        rows.extend((0..20).map(|minute| heard("7", start + 60.0 * f64::from(minute))));
        if number != 1 {
            rows.push(heard("8", start + 30.0));
        }
    }
    rows.sort_by_key(Telemetry::at);
    Arc::new(rows)
}

async fn watch(dice: u64, wall: &Arc<AtomicI64>, store: &MemoryStore) -> Result<()> {
    let ticked = Arc::new(AtomicI64::new(0));
    let source = Days {
        partition: Partition::new("days/0"),
        rows: days(),
        wall: Arc::clone(wall),
        ticked: Arc::clone(&ticked),
        at: None,
        dice,
    };
    let (mut graph, events) = Graph::new();
    let presence = graph.apply("presence", events, silent(600));
    let lines = graph.map("lines", presence, |told: &Presence| {
        (told.vehicle.to_string(), told.is_online)
    });
    let clock = Arc::clone(wall);
    // What is under way comes within two minutes.
    let ticks = Ticks::new(Duration::from_nanos(1), Duration::from_secs(120)).by(move || {
        let wall = clock.load(Ordering::Relaxed);
        ticked.store(wall, Ordering::Relaxed);
        at(wall as f64)
    });
    let limits = EpochLimits {
        records: 7,
        ..EpochLimits::default()
    };
    let report = Pipeline::exactly_once(
        source,
        Typed::default(),
        Order::within(Duration::from_secs(5)),
        graph,
        store.clone(),
    )
    .store("presence", lines, store.table("presence"))
    .epochs(limits)
    .ticks(ticks)
    .run()
    .await?;
    assert!(report.balances());
    assert_eq!(report.counts.late, 0);
    Ok(())
}

#[tokio::test]
async fn every_night_is_told_once_whatever_crashes_happen() {
    let evening = START_S + 3600;
    let line = |second: i64, car: &str, online: bool| {
        let at = EventTime::from_micros((START_S + second) * 1_000_000);
        format!("{at} {:?}", (car.to_owned(), online))
    };
    let mut wanted = Vec::new();
    for day in [0, DAY_S, 2 * DAY_S] {
        wanted.push(line(day, "7", true));
        wanted.push(line(day + 19 * 60 + 600, "7", false));
        if day != DAY_S {
            wanted.push(line(day + 30, "8", true));
            wanted.push(line(day + 30 + 600, "8", false));
        }
    }
    wanted.sort();
    let mut crashes = 0;
    for seed in 0..200 {
        let store = MemoryStore::default();
        let wall = Arc::new(AtomicI64::new(evening - START_S));
        for attempt in 0.. {
            match watch(seed * 1_000 + attempt, &wall, &store).await {
                Ok(()) => break,
                Err(error) => assert!(error.to_string().contains("crash"), "{error}"),
            }
            crashes += 1;
        }
        assert_eq!(store.rows()["presence"], wanted, "seed {seed}");
    }
    assert!(crashes > 200, "only {crashes} crashes");
}

#[tokio::test]
async fn the_alert_of_an_offline_vehicle_names_how_long_it_was_silent() {
    let presences = run(silent(10), vec![heard("7", 0.0)]).await;
    let [online, offline] = &presences[..] else {
        panic!("{presences:?}")
    };
    assert_eq!(online.alert(), None);
    let alert = offline.alert().unwrap();
    assert_eq!((alert.id, alert.at), (offline.id, at(10.0)));
    assert_eq!(alert.vehicle.as_str(), "7");
    assert_eq!(
        (alert.kind, alert.severity),
        (AlertKind::Offline, Severity::Medium)
    );
    assert_eq!((alert.value, alert.threshold), (Some(10.0), Some(10.0)));
}

#[tokio::test]
async fn a_presence_has_a_value_for_each_column() {
    let presences = run(silent(10), vec![heard("7", 0.0)]).await;
    let lines = presences.iter().map(|presence| {
        let mut line = Vec::new();
        to_ndjson(presence, &mut line);
        String::from_utf8(line).unwrap()
    });
    let lines: Vec<_> = lines.collect();
    for line in &lines {
        assert_eq!(
            line.matches("\":").count(),
            Presence::columns().len(),
            "{line}"
        );
    }
    assert!(lines[0].contains("\"vehicle_id\":\"7\",\"is_online\":true,\"silence_s\":null"));
    assert!(
        lines[1].contains("\"is_online\":false,\"silence_s\":10.0"),
        "{lines:?}"
    );
}

#[test]
fn a_silence_of_no_length_is_refused() {
    assert!(Silent::<Telemetry>::after(Duration::ZERO).is_err());
    let shortest = Silent::<Telemetry>::after(Duration::from_nanos(1)).unwrap();
    assert_eq!(format!("{shortest:?}"), "Silent(1ns)");
}
