//! A source that notes when each record was handed over, and when its results were durable.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use async_trait::async_trait;
use fleet_core::{
    Offset, Partition, Result, Source,
    source::{Position, Replayable, SourceEvent},
};
use fleet_sources::{KafkaRecords, KafkaSource};

use super::topic::now;

/// When something happened to the records of each partition: up to an offset, at a time.
pub(super) type Moments = Arc<Mutex<BTreeMap<i32, Vec<(u64, Instant)>>>>;

pub(super) struct Timed {
    pub(super) source: KafkaSource,
    /// Handed to the pipeline.
    pub(super) read: Moments,
    /// Committed.
    pub(super) stored: Moments,
}

/// Notes that everything before an offset has come this far.
pub(super) fn note(moments: &Moments, number: i32, upto: u64) {
    let mut moments = moments.lock().unwrap();
    moments.entry(number).or_default().push((upto, now()));
}

fn number(partition: &Partition) -> i32 {
    let (_, number) = partition.as_str().rsplit_once('/').unwrap();
    number.parse().unwrap()
}

/// What is produced first is left out: connections are made, and requests that wait are answered.
const WARM_UP: Duration = Duration::from_secs(3);

/// How long each record took from being produced to a moment, in order of length. A record that is
/// not among them counts as an hour.
pub(super) fn delays(produced: &BTreeMap<i32, Vec<Instant>>, moments: &Moments) -> Vec<Duration> {
    let moments = moments.lock().unwrap();
    let mut delays = Vec::new();
    let firsts = produced.values().filter_map(|produced| produced.first());
    let Some(begin) = firsts.min().map(|first| *first + WARM_UP) else {
        return delays;
    };
    for (number, produced) in produced {
        let mut moments = moments.get(number).into_iter().flatten().peekable();
        for (offset, at) in (0..).zip(produced) {
            while moments.next_if(|(upto, _)| *upto <= offset).is_some() {}
            if *at < begin {
                continue;
            }
            let reached = moments.peek().map(|(_, reached)| *reached - *at);
            delays.push(reached.unwrap_or(Duration::from_secs(3600)));
        }
    }
    delays.sort_unstable();
    delays
}

#[async_trait]
impl Source for Timed {
    type Payload = KafkaRecords;

    async fn next(&mut self) -> Result<SourceEvent<KafkaRecords>> {
        let event = self.source.next().await?;
        if let SourceEvent::Batch(batch) = &event {
            note(&self.read, number(&batch.partition), batch.next.0);
        }
        Ok(event)
    }

    async fn start(&mut self, partition: &Partition, at: Option<&Position>) -> Result<()> {
        self.source.start(partition, at).await
    }

    fn pause(&mut self, partition: &Partition) {
        self.source.pause(partition);
    }

    fn resume(&mut self, partition: &Partition) {
        self.source.resume(partition);
    }

    fn end(&self, partition: &Partition) -> Option<Offset> {
        self.source.end(partition)
    }

    async fn committed(&mut self, partition: &Partition, upto: &Position) -> Result<()> {
        note(&self.stored, number(partition), upto.next.0);
        self.source.committed(partition, upto).await
    }

    fn in_group(&self) -> bool {
        true
    }

    fn fenced(&mut self, partition: &Partition) {
        self.source.fenced(partition);
    }
}

impl Replayable for Timed {}
