//! Competing readers of a queue under every kind of fault, compared with the messages themselves:
//! each lands at least once, in any order, and nothing is late or a duplicate.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    sync::{Arc, Mutex, MutexGuard, atomic::AtomicU64},
    time::Duration,
};

use async_trait::async_trait;

use super::{
    Dice, FAULTS,
    brittle::Brittle,
    input::logs,
    trouble::{is_injected, trouble},
    world::Coverage,
};
use crate::{
    contracts::{
        MemoryStore, Source,
        source::{Batch, Queue, SourceEvent},
    },
    data::{Error, ErrorKind, Offset, Partition, Position, Result},
    engine::graph::Graph,
    pipeline::{
        Ending, EpochLimits, Pipeline, Report, Retry,
        tests::model::{Reading, Records, time},
    },
    testing::{Faults, FaultySink, FaultySource, FaultyStore, Logged},
};

/// The messages of a queue: each is ready, or with a reader that has not acknowledged it.
#[derive(Clone, Default)]
struct Broker(Arc<Mutex<Messages>>);

#[derive(Default)]
struct Messages {
    ready: VecDeque<Logged<Reading>>,
    /// By reader, with the offset that the reader gave each.
    unacknowledged: BTreeMap<&'static str, Vec<(Offset, Logged<Reading>)>>,
}

impl Broker {
    fn lock(&self) -> MutexGuard<'_, Messages> {
        self.0.lock().unwrap()
    }

    /// A reader has gone away: what it did not acknowledge is ready again.
    fn disconnect(&self, reader: &'static str) {
        let messages = &mut *self.lock();
        let back = messages.unacknowledged.remove(reader).unwrap_or_default();
        messages
            .ready
            .extend(back.into_iter().map(|(_, message)| message));
    }

    fn is_empty(&self) -> bool {
        let messages = self.lock();
        messages.ready.is_empty() && messages.unacknowledged.values().all(Vec::is_empty)
    }
}

/// One reader.
struct Reader {
    name: &'static str,
    broker: Broker,
    dice: Dice,
    is_assigned: bool,
    next: Option<Offset>,
    is_paused: bool,
}

impl Reader {
    fn partition(&self) -> Partition {
        Partition::new(format!("queue/{}", self.name))
    }

    /// Takes some messages, from anywhere in the queue.
    fn take(&mut self, mut next: Offset) -> (Records, Offset) {
        let messages = &mut *self.broker.lock();
        let mut taken = Vec::new();
        for _ in 0..=self.dice.roll(20) {
            let count = messages.ready.len() as u64;
            if count == 0 {
                break;
            }
            let place = self.dice.roll(count.min(30)) as usize;
            taken.extend(messages.ready.remove(place).map(|message| (next, message)));
            next.0 += 1;
        }
        let own = messages.unacknowledged.entry(self.name).or_default();
        own.extend(taken.iter().cloned());
        (taken, next)
    }
}

#[async_trait]
impl Source for Reader {
    type Payload = Records;

    async fn next(&mut self) -> Result<SourceEvent<Records>> {
        if !std::mem::replace(&mut self.is_assigned, true) {
            return Ok(SourceEvent::Assigned(vec![self.partition()]));
        }
        loop {
            let Some(next) = self.next.filter(|_| !self.is_paused) else {
                return std::future::pending().await;
            };
            let (payload, after) = self.take(next);
            if !payload.is_empty() {
                self.next = Some(after);
                return Ok(SourceEvent::Batch(Batch::new(
                    self.partition(),
                    after,
                    payload,
                )));
            }
            if self.broker.is_empty() {
                self.next = None;
                return Ok(SourceEvent::Closed(self.partition()));
            }
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
    }

    async fn start(&mut self, _: &Partition, at: Option<&Position>) -> Result<()> {
        // An earlier start may have had an effect although it failed.
        self.broker.disconnect(self.name);
        self.next = Some(at.map(|at| at.next).unwrap_or_default());
        Ok(())
    }

    async fn committed(&mut self, _: &Partition, upto: &Position) -> Result<()> {
        let messages = &mut *self.broker.lock();
        let own = messages.unacknowledged.entry(self.name).or_default();
        own.retain(|(offset, _)| *offset >= upto.next);
        Ok(())
    }

    fn pause(&mut self, _: &Partition) {
        self.is_paused = true;
    }

    fn resume(&mut self, _: &Partition) {
        self.is_paused = false;
    }
}

impl Queue for Reader {}
impl<S: Queue> Queue for FaultySource<S> {}

/// Runs one process until it ends. Returns `None` if it crashed.
async fn run(
    reader: Reader,
    store: &FaultyStore<MemoryStore>,
    memory: &MemoryStore,
    (dice, faults): (&mut Dice, &Faults),
) -> Option<Result<Report>> {
    let (mut graph, readings) = Graph::new();
    let fast = graph.filter("fast", readings, |reading: &Reading| reading.kmh > 80);
    let table = |name: &str| FaultySink::new(memory.table(name), faults);
    let limits = EpochLimits {
        records: 1 + dice.roll(40),
        ..EpochLimits::default()
    };
    let retry = Retry {
        times: 3,
        first: Duration::from_nanos(1),
        longest: Duration::from_nanos(1),
    };
    let workers = dice.pick(&[1, 1, 2]);
    let source = FaultySource::new(reader, faults);
    let pipeline = Pipeline::over_queue(source, Brittle::new(None), graph, store.with(faults))
        .store("readings", readings, table("readings"))
        .store("fast", fast, table("fast"))
        .epochs(limits)
        .retry(retry)
        .workers(std::num::NonZeroUsize::new(workers).unwrap());
    let hung = Error::new(ErrorKind::Config, "the pipeline waits forever");
    let run = async {
        let day = Duration::from_secs(86_400);
        let run = tokio::time::timeout(day, Box::pin(pipeline.run()));
        run.await.unwrap_or(Err(hung))
    };
    faults.until_crash(run).await
}

/// Runs one seed, and returns what is wrong as an error.
pub(super) async fn holds(mut dice: Dice, seen: &mut Coverage) -> Result<(), String> {
    let messages: Vec<_> = logs(&mut dice)
        .iter()
        .flat_map(|log| log.records.to_vec())
        .collect();
    let broker = Broker::default();
    broker.lock().ready.extend(messages.iter().cloned());
    let memory = MemoryStore::default();
    let store = FaultyStore::new(memory.clone(), &Faults::none());
    let left = Arc::new(AtomicU64::new(FAULTS + dice.roll(10)));
    for round in 0.. {
        if broker.is_empty() {
            break;
        }
        if round == 100 {
            return Err("a queue is never empty".into());
        }
        let process = async |name: &'static str, mut dice: Dice| {
            let faults = trouble(&mut dice, &left);
            let reader = Reader {
                name,
                broker: broker.clone(),
                dice: dice.split(),
                is_assigned: false,
                next: None,
                is_paused: false,
            };
            let outcome = run(reader, &store, &memory, (&mut dice, &faults)).await;
            broker.disconnect(name);
            match outcome {
                None => Ok("a death over a queue"),
                Some(Ok(report)) if is_whole(&report) => Ok("a queue read to its end"),
                // A claim that came late.
                Some(Err(error)) if error.kind() == ErrorKind::Fenced => Ok("a reader fenced out"),
                Some(Err(error)) if is_injected(&error) => Ok("a reader that gave up"),
                other => Err(format!("a reader of a queue ended so: {other:?}")),
            }
        };
        let (first, second) = (dice.split(), dice.split());
        // Both compete for the same messages.
        let (first, second) = tokio::join!(process("a", first), process("b", second));
        for what in [first?, second?] {
            *seen.entry(what.into()).or_default() += 1;
        }
    }
    *seen.entry("messages of queues".into()).or_default() += messages.len() as u64;
    compare(&memory, &messages)
}

/// Returns whether nothing was late or a duplicate, and all is accounted for.
fn is_whole(report: &Report) -> bool {
    let counts = report.counts;
    let fates = (counts.late, counts.duplicate, report.keys);
    report.balances() && fates == (0, 0, 0) && report.ending == Ending::Closed
}

/// Compares the tables with the messages: the same rows, each at least as often.
fn compare(memory: &MemoryStore, messages: &[Logged<Reading>]) -> Result<(), String> {
    let tables = memory.rows();
    for (table, least) in [("readings", 0), ("fast", 81)] {
        let mut found = BTreeMap::<&str, usize>::new();
        for row in tables.get(table).into_iter().flatten() {
            *found.entry(row).or_default() += 1;
        }
        let mut sent = BTreeMap::<String, usize>::new();
        for message in messages {
            if let Logged::Event(reading) = message
                && reading.second >= 0
                && reading.kmh >= least
            {
                let row = format!("{} {reading:?}", time(reading.second));
                *sent.entry(row).or_default() += 1;
            }
        }
        let lost = |(row, count): &(&String, &usize)| found.get(row.as_str()) < Some(count);
        if let Some((row, _)) = sent.iter().find(lost) {
            return Err(format!("{table}: `{row}` of a queue was lost"));
        }
        let known: BTreeSet<&str> = sent.keys().map(String::as_str).collect();
        if let Some(row) = found.keys().find(|row| !known.contains(*row)) {
            return Err(format!("{table}: `{row}` was never in the queue"));
        }
    }
    Ok(())
}
