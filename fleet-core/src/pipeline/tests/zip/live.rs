//! A source of logs that get their records while the test goes on.

use std::{
    collections::VecDeque,
    mem,
    sync::{Arc, Mutex},
    time::Duration,
};

use async_trait::async_trait;
use tokio::time::{Instant, sleep, timeout_at};

use super::lanes::Recorded;
use crate::{
    contracts::{
        Source,
        source::{Batch, Replayable, SourceEvent},
    },
    data::{EventTime, Offset, Partition, Position, Result, VehicleId},
    event::Telemetry,
    testing::Logged,
    zip::{Place, Zip, Zipped},
};

pub(super) const IDLE: Duration = Duration::from_secs(10);

pub(super) type Rows = Vec<(Offset, Recorded)>;
pub(super) type Event = SourceEvent<Zipped<Rows>>;

pub(super) fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

pub(super) fn time(second: i64) -> EventTime {
    EventTime::from_micros(second * 1_000_000)
}

/// A record that was taken and logged at this second.
pub(super) fn recorded(second: i64) -> Recorded {
    let (log, car) = (time(second), VehicleId::new("car-1").unwrap());
    let event = Telemetry::new(car, log);
    Logged::Timed { log, event }
}

/// Says that `a/N`, `b/N` and so on are the inputs of `all/N`.
pub(super) fn place(partition: &Partition) -> Option<Place> {
    let (input, bundle) = partition.as_str().split_once('/')?;
    let input = usize::from(input.bytes().next()? - b'a');
    let bundle = Partition::new(format!("all/{bundle}"));
    Some(Place { bundle, input })
}

/// When a record is in its log, when it can be fetched, and its log time, all in seconds.
#[derive(Clone, Copy, Debug)]
pub(super) struct Line {
    arrives: u64,
    fetched: u64,
    log: i64,
}

/// A record that is there from the beginning.
pub(super) fn old(log: i64) -> Line {
    new(0, log)
}

/// A record that comes after so many seconds.
pub(super) fn new(arrives: u64, log: i64) -> Line {
    slow(arrives, arrives, log)
}

/// A record that is fetched later than it is in its log.
pub(super) fn slow(arrives: u64, fetched: u64, log: i64) -> Line {
    Line {
        arrives,
        fetched,
        log,
    }
}

#[derive(Debug)]
pub(super) struct LiveLog {
    name: Partition,
    lines: Vec<Line>,
    at: Option<usize>,
    /// Its end as of the last `next`, which is what a source knows.
    seen: usize,
    paused: bool,
    /// The second at which it ends.
    pub(super) closes: Option<u64>,
    closed: bool,
}

impl LiveLog {
    /// How many of its records are in the log at this second.
    fn end(&self, now: u64) -> usize {
        let lines = self.lines.iter();
        lines.filter(|line| line.arrives <= now).count()
    }

    /// Its next batch, or its end, if there is one at this second.
    fn next(&mut self, now: u64, single: bool) -> Option<SourceEvent<Rows>> {
        self.seen = self.end(now);
        let from = self.at.filter(|_| !self.paused)?;
        let there = self.lines.iter().filter(|line| line.fetched <= now).count();
        if from < there {
            let next = if single { from + 1 } else { there };
            let row = |number: usize| (Offset(number as u64), recorded(self.lines[number].log));
            let rows = (from..next).map(row).collect();
            self.at = Some(next);
            let batch = Batch::new(self.name.clone(), Offset(next as u64), rows);
            return Some(SourceEvent::Batch(batch));
        }
        let is_over = from == self.lines.len() && self.closes.is_some_and(|when| when <= now);
        (is_over && !mem::replace(&mut self.closed, true))
            .then(|| SourceEvent::Closed(self.name.clone()))
    }
}

pub(super) type Script = Arc<Mutex<VecDeque<SourceEvent<Rows>>>>;

#[derive(Debug)]
pub(super) struct Live {
    pub(super) logs: Vec<LiveLog>,
    began: Instant,
    /// What it says before anything else.
    pub(super) script: Script,
    /// What it was told, as text.
    pub(super) told: Arc<Mutex<Vec<String>>>,
    /// From which second until which it knows no ends.
    pub(super) unreachable: Option<(u64, u64)>,
    /// Whether each record is its own batch.
    pub(super) single: bool,
    /// Whether it says itself that it is idle, and knows no ends.
    pub(super) says_idle: bool,
    told_idle: bool,
}

impl Live {
    pub(super) fn new(logs: &[(&str, &[Line])]) -> Self {
        let log = |(name, lines): &(&str, &[Line])| LiveLog {
            name: Partition::new(name),
            lines: lines.to_vec(),
            at: None,
            seen: 0,
            paused: false,
            closes: None,
            closed: false,
        };
        let logs: Vec<_> = logs.iter().map(log).collect();
        let names = logs.iter().map(|log| log.name.clone()).collect();
        Self {
            logs,
            began: Instant::now(),
            script: Arc::new(Mutex::new([SourceEvent::Assigned(names)].into())),
            told: Arc::default(),
            unreachable: None,
            single: false,
            says_idle: false,
            told_idle: false,
        }
    }

    fn log(&mut self, partition: &Partition) -> &mut LiveLog {
        let mut logs = self.logs.iter_mut();
        logs.find(|log| log.name == *partition).unwrap()
    }

    fn now(&self) -> u64 {
        self.began.elapsed().as_secs()
    }

    fn tell(&self, what: String) {
        self.told.lock().unwrap().push(what);
    }

    fn scripted(&self) -> Option<SourceEvent<Rows>> {
        self.script.lock().unwrap().pop_front()
    }
}

#[async_trait]
impl Source for Live {
    type Payload = Rows;

    async fn next(&mut self) -> Result<SourceEvent<Rows>> {
        loop {
            if let Some(event) = self.scripted() {
                return Ok(event);
            }
            let (now, single) = (self.now(), self.single);
            let mut logs = self.logs.iter_mut();
            if let Some(event) = logs.find_map(|log| log.next(now, single)) {
                self.told_idle &= !matches!(event, SourceEvent::Batch(_));
                return Ok(event);
            }
            let is_quiet = self.logs.iter().all(|log| log.at == Some(log.end(now)));
            if self.says_idle && is_quiet && !mem::replace(&mut self.told_idle, true) {
                return Ok(SourceEvent::Idle);
            }
            sleep(Duration::from_millis(100)).await;
        }
    }

    async fn start(&mut self, partition: &Partition, at: Option<&Position>) -> Result<()> {
        let now = self.now();
        let log = self.log(partition);
        log.at = Some(at.map_or(0, |at| at.next.0 as usize));
        log.seen = log.end(now);
        Ok(())
    }

    fn pause(&mut self, partition: &Partition) {
        self.log(partition).paused = true;
        self.tell(format!("pause {partition}"));
    }

    fn resume(&mut self, partition: &Partition) {
        self.log(partition).paused = false;
        self.tell(format!("resume {partition}"));
    }

    fn end(&self, partition: &Partition) -> Option<Offset> {
        let log = self.logs.iter().find(|log| log.name == *partition)?;
        let is_gone =
            { self.unreachable }.is_some_and(|(from, to)| (from..to).contains(&self.now()));
        (!is_gone && !self.says_idle).then_some(Offset(log.seen as u64))
    }

    fn lag_time(&self, partition: &Partition, committed: Option<Offset>) -> Option<Duration> {
        let is_first = partition.as_str().starts_with('a');
        let whole = if is_first { 100 } else { 200 };
        Some(seconds(whole - committed.map_or(0, |at| at.0)))
    }

    async fn committed(&mut self, partition: &Partition, upto: &Position) -> Result<()> {
        self.tell(format!("committed {partition} {}", upto.next));
        Ok(())
    }

    fn fenced(&mut self, partition: &Partition) {
        self.tell(format!("fenced {partition}"));
    }
}

impl Replayable for Live {}

pub(super) fn zip(source: Live) -> Zip<Live> {
    Zip::new(source, 2, place)
}

/// What came from a zip.
#[derive(Debug, Default)]
pub(super) struct Seen {
    /// The input and the second of each record.
    pub(super) rows: Vec<(usize, i64)>,
    pub(super) at: Option<Position>,
    pub(super) idle: usize,
    pub(super) closed: usize,
    pub(super) lost: usize,
}

/// Polls for so long. Starts bundles at `from`.
pub(super) async fn read(zip: &mut Zip<Live>, long: Duration, from: Option<&Position>) -> Seen {
    let until = Instant::now() + long;
    let mut seen = Seen {
        at: from.cloned(),
        ..Seen::default()
    };
    while let Ok(event) = timeout_at(until, zip.next()).await {
        match event.unwrap() {
            Event::Assigned(bundles) => {
                for bundle in bundles {
                    zip.start(&bundle, from).await.unwrap();
                }
            }
            Event::Batch(batch) => {
                for run in batch.payload.runs() {
                    for (_, record) in run.payload() {
                        let Logged::Timed { log, .. } = record else {
                            panic!("{record:?} has no log time")
                        };
                        seen.rows.push((run.input(), log.as_micros() / 1_000_000));
                    }
                }
                seen.at = Some(Position {
                    next: batch.next,
                    mark: batch.mark,
                });
            }
            Event::Idle => seen.idle += 1,
            Event::Closed(_) => seen.closed += 1,
            Event::Lost(bundles) => seen.lost += bundles.len(),
            _ => {}
        }
    }
    seen
}

/// Polls for so long, and returns the input and the second of each record.
pub(super) async fn rows(zip: &mut Zip<Live>, long: u64) -> Vec<(usize, i64)> {
    read(zip, seconds(long), None).await.rows
}
