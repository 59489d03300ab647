//! A source and a sink that a test controls step by step, to hold a run at a chosen moment.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicUsize, Ordering},
};

use async_trait::async_trait;
use tokio::{
    sync::{Semaphore, mpsc},
    task::yield_now,
};

use super::model::Reading;
use crate::{
    contracts::{
        MemoryStore, Source,
        checkpoint::{CheckpointStore, Progress},
        decode::Typed,
        sink::{Outcome, Sink},
        source::{Batch, SingleReader, SourceEvent},
    },
    data::{Error, ErrorKind, Offset, Partition, Position, Result},
    engine::{graph::Graph, order::Order},
    pipeline::{AtLeastOnce, EpochLimits, Pipeline},
    rows::Row,
};

type Said = Result<SourceEvent<Vec<(Offset, Reading)>>>;

/// The calls that the source received, as text.
#[derive(Clone, Debug, Default)]
pub(super) struct Notes(Arc<Mutex<Vec<String>>>);

impl Notes {
    fn add(&self, note: String) {
        self.0.lock().unwrap().push(note);
    }

    /// Whether the last call was this one.
    pub(super) fn ends_with(&self, note: &str) -> bool {
        let notes = self.0.lock().unwrap();
        notes.last().is_some_and(|last| last == note)
    }

    pub(super) fn have(&self, note: &str) -> bool {
        self.0.lock().unwrap().iter().any(|known| known == note)
    }
}

/// A source that returns what the test sends it, and waits after an assignment until all of it is
/// started.
pub(super) struct Spoken {
    says: mpsc::Receiver<Said>,
    unstarted: usize,
    told: Notes,
}

impl SingleReader for Spoken {}

#[async_trait]
impl Source for Spoken {
    type Payload = Vec<(Offset, Reading)>;

    async fn next(&mut self) -> Said {
        if self.unstarted > 0 {
            return std::future::pending().await;
        }
        let Some(said) = self.says.recv().await else {
            return std::future::pending().await;
        };
        if let Ok(SourceEvent::Assigned(partitions)) = &said {
            self.unstarted = partitions.len();
        }
        said
    }
    async fn start(&mut self, partition: &Partition, at: Option<&Position>) -> Result<()> {
        self.unstarted -= 1;
        let at = at.map_or("the beginning".into(), |at| at.next.to_string());
        self.told.add(format!("start {partition} at {at}"));
        Ok(())
    }
    fn pause(&mut self, partition: &Partition) {
        self.told.add(format!("pause {partition}"));
    }
    fn resume(&mut self, partition: &Partition) {
        self.told.add(format!("resume {partition}"));
    }
    async fn committed(&mut self, partition: &Partition, upto: &Position) -> Result<()> {
        self.told
            .add(format!("committed {partition} to {}", upto.next));
        Ok(())
    }
}

/// A sink that writes once for each permit.
pub(super) struct Gate {
    pub(super) permits: Arc<Semaphore>,
    pub(super) written: Arc<AtomicUsize>,
}

#[async_trait]
impl Sink<Reading> for Gate {
    async fn write(&mut self, rows: &[Row<Reading>]) -> Result<Outcome> {
        let permit = self.permits.acquire().await;
        permit
            .map_err(|_| Error::new(ErrorKind::Sink, "closed"))?
            .forget();
        self.written.fetch_add(rows.len(), Ordering::Relaxed);
        Ok(Outcome::default())
    }
}

/// The test's controls.
pub(super) struct Hand {
    pub(super) says: mpsc::Sender<Said>,
    pub(super) told: Notes,
    pub(super) permits: Arc<Semaphore>,
    /// The number of rows that the sink has written, and that the graph has seen.
    pub(super) written: Arc<AtomicUsize>,
    pub(super) seen: Arc<AtomicUsize>,
    pub(super) store: MemoryStore,
    /// The next row.
    pub(super) at: u64,
}

/// The number of rows that close an epoch.
pub(super) const EPOCH: usize = 10;

/// Returns a pipeline whose sink is blocked, and the controls of a test.
pub(super) fn led() -> (
    Pipeline<Spoken, Typed<Reading>, MemoryStore, AtLeastOnce>,
    Hand,
) {
    let (says, hears) = mpsc::channel(1);
    let hand = Hand {
        says,
        told: Notes::default(),
        permits: Arc::new(Semaphore::new(0)),
        written: Arc::default(),
        seen: Arc::default(),
        store: MemoryStore::default(),
        at: 0,
    };
    let (mut graph, readings) = Graph::new();
    let seen = Arc::clone(&hand.seen);
    graph.map("seen", readings, move |_: &Reading| {
        seen.fetch_add(1, Ordering::Relaxed)
    });
    let (permits, written) = (Arc::clone(&hand.permits), Arc::clone(&hand.written));
    let source = Spoken {
        says: hears,
        unstarted: 0,
        told: hand.told.clone(),
    };
    let order = Order {
        out_of_orderness: std::time::Duration::ZERO,
        ..Order::default()
    };
    let limits = EpochLimits {
        records: EPOCH as u64,
        ..EpochLimits::default()
    };
    let store = hand.store.clone();
    let pipeline = Pipeline::at_least_once(source, Typed::default(), order, graph, store)
        .publish("gate", readings, Gate { permits, written })
        .epochs(limits);
    (pipeline, hand)
}

pub(super) fn partition() -> Partition {
    Partition::new("p")
}

impl Hand {
    pub(super) async fn say(&self, event: SourceEvent<Vec<(Offset, Reading)>>) {
        self.says.send(Ok(event)).await.unwrap();
    }

    /// Sends a batch of new rows.
    pub(super) async fn say_rows(&mut self, partition: &Partition, count: usize) {
        let from = self.at;
        self.at += count as u64;
        let row = |at: u64| Reading {
            car: 0,
            second: at as i64,
            kmh: 60,
            id: 0,
        };
        self.say(SourceEvent::Batch(Batch {
            payload: (from..self.at).map(|at| (Offset(at), row(at))).collect(),
            next: Offset(self.at),
            partition: partition.clone(),
            time: None,
            mark: None,
        }))
        .await;
    }

    /// Sends a batch that fills an epoch.
    pub(super) async fn say_batch(&mut self, partition: &Partition) {
        self.say_rows(partition, EPOCH).await;
    }

    /// Waits until the graph has seen this many epochs.
    pub(super) async fn seen(&self, epochs: usize) {
        until(|| self.seen.load(Ordering::Relaxed) == epochs * EPOCH).await;
    }

    pub(super) async fn progress(&self, partition: &Partition) -> Progress {
        let progress = self.store.clone().progress(partition).await;
        progress.unwrap().unwrap()
    }
}

/// Lets all other tasks run until this holds.
pub(super) async fn until(holds: impl Fn() -> bool) {
    for _ in 0..10_000 {
        if holds() {
            return;
        }
        yield_now().await;
    }
    panic!("it never came to that");
}

/// Lets all other tasks run as far as they can.
pub(super) async fn a_while() {
    for _ in 0..1_000 {
        yield_now().await;
    }
}
