//! A custom source and its decoder: a service is polled for messages page by page.
#![expect(clippy::print_stdout, reason = "an example prints its result")]

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use async_trait::async_trait;
use fleet_core::{
    Decode, Event, EventTime, Graph, MemoryStore, Offset, Order, Partition, Pipeline, Result,
    Source,
    decode::Entry,
    event::ContentHasher,
    pipeline::{Ending, EpochLimits},
    source::{OnePartition, Position, Replayable, SourceEvent},
};

/// Stands in for the service: a numbered log of messages that counts its requests.
#[derive(Clone)]
struct Service {
    messages: Arc<Vec<String>>,
    requests: Arc<AtomicUsize>,
}

impl Service {
    async fn page(&self, from: u64, most: usize) -> Vec<(u64, String)> {
        self.requests.fetch_add(1, Ordering::Relaxed);
        tokio::task::yield_now().await;
        let numbered = (0..).zip(self.messages.iter().cloned());
        numbered
            .filter(|(number, _)| *number >= from)
            .take(most)
            .collect()
    }
}

/// Reads the log. The offset of a message is its number.
struct Pages {
    service: Service,
    one: OnePartition,
}

impl Pages {
    fn new(service: Service) -> Self {
        let one = OnePartition::new("service/trips");
        Self { service, one }
    }
}

#[async_trait]
impl Source for Pages {
    type Payload = Vec<(u64, String)>;

    async fn next(&mut self) -> Result<SourceEvent<Self::Payload>> {
        if let Some(assigned) = self.one.ready().await {
            return Ok(assigned);
        }
        // Nothing has changed if the future is dropped here: the next call requests the page again.
        let page = self.service.page(self.one.at().0, 10).await;
        Ok(match page.last() {
            Some((last, _)) => self.one.batch(Offset(last + 1), page),
            None => self.one.end(),
        })
    }

    async fn start(&mut self, partition: &Partition, at: Option<&Position>) -> Result<()> {
        self.one.start(partition, at)
    }

    fn pause(&mut self, _: &Partition) {
        self.one.pause();
    }

    fn resume(&mut self, _: &Partition) {
        self.one.resume();
    }

    /// The current end of the log, from which the lag is computed.
    fn end(&self, _: &Partition) -> Option<Offset> {
        u64::try_from(self.service.messages.len()).ok().map(Offset)
    }
}

/// The service returns the same messages again as long as it retains them.
impl Replayable for Pages {}

#[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
struct Trip {
    bus: String,
    at: EventTime,
    km: f64,
}
fleet_core::state_by_serde!(Trip, 1);
impl Event for Trip {
    fn key(&self) -> &str {
        &self.bus
    }
    fn at(&self) -> EventTime {
        self.at
    }
    fn identity(&self) -> u64 {
        ContentHasher::new().number(self.km).finish()
    }
}

/// Decodes messages; one that is not a trip becomes a dead letter.
struct Trips;

impl Decode<Vec<(u64, String)>> for Trips {
    type Event = Trip;
    fn decode(&self, payload: Vec<(u64, String)>, entry: &mut Entry<'_, Trip>) {
        for (number, message) in payload {
            match serde_json::from_str(&message) {
                Ok(trip) => entry.row(Offset(number), trip),
                Err(error) => {
                    entry.malformed(Offset(number), message.as_bytes(), error.to_string());
                }
            }
        }
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let trip = |minute| match minute {
        17 => "not a trip".to_owned(),
        _ => format!(r#"{{"bus":"12","at":"2024-02-15T14:{minute}:00Z","km":0.{minute}}}"#),
    };
    let service = Service {
        messages: Arc::new((10..60).map(trip).collect()),
        requests: Arc::default(),
    };
    let store = MemoryStore::default();
    let pipeline = || {
        let (graph, trips) = Graph::new();
        let source = Pages::new(service.clone());
        Pipeline::exactly_once(source, Trips, Order::default(), graph, store.clone())
            .store("trips", trips, store.table("trips"))
            .epochs(EpochLimits {
                records: 20,
                ..EpochLimits::default()
            })
    };

    // The first run stops after its first commit; the second resumes from there.
    let first = pipeline();
    let mut health = first.watch();
    let committed = async { _ = health.wait_for(|health| health.commits > 0).await };
    let report = first.run_until(committed).await?;
    assert_eq!(report.ending, Ending::Stopped);
    assert!(report.counts.read < 50, "{report:?}");
    let report = pipeline().run().await?;
    assert_eq!(report.ending, Ending::Complete);
    assert_eq!(
        (report.counts.accepted, report.counts.dead_lettered),
        (49, 1)
    );
    let rows = store.rows().values().map(Vec::len).sum::<usize>();
    assert_eq!(rows, 49, "each trip once");
    println!(
        "own_source: ok ({rows} trips, 1 dead letter, {} pages in two runs)",
        service.requests.load(Ordering::Relaxed)
    );
    Ok(())
}
