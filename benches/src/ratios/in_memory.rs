//! A source of events in memory and a store that discards: what remains to measure is the engine.

use std::{collections::BTreeMap, ops::Range, sync::Arc};

use async_trait::async_trait;
use fleet_core::{
    Decode, EventTime, Offset, Partition, Result, Source, VehicleId,
    checkpoint::{CheckpointStore, Claim, Committed, Progress, Sealed},
    decode::Entry,
    event::Telemetry,
    source::{OnePartition, Position, Replayable, SourceEvent},
    units::{Percent, Speed, Temperature},
};

use super::sample::Sample;

/// The number of events in a batch, about that of a chunk of a file.
pub(crate) const BATCH: usize = 1_024;

/// A range of the samples, shared instead of copied.
pub(crate) struct Span(Arc<Vec<Sample>>, Range<usize>);

/// A source of samples in batches; before each it reports how many samples it has emitted.
pub(crate) struct InMemory {
    rows: Arc<Vec<Sample>>,
    batch: usize,
    one: OnePartition,
    before_batch: Box<dyn FnMut(usize) + Send>,
}

impl InMemory {
    pub(crate) fn new(rows: &Arc<Vec<Sample>>) -> Self {
        Self {
            rows: Arc::clone(rows),
            batch: BATCH,
            one: OnePartition::new("memory"),
            before_batch: Box::new(|_| ()),
        }
    }

    pub(crate) fn batch_size(self, batch: usize) -> Self {
        Self { batch, ..self }
    }

    pub(crate) fn before_batch(self, hook: impl FnMut(usize) + Send + 'static) -> Self {
        let before_batch = Box::new(hook);
        Self {
            before_batch,
            ..self
        }
    }
}

#[async_trait]
impl Source for InMemory {
    type Payload = Span;

    async fn next(&mut self) -> Result<SourceEvent<Span>> {
        if let Some(assigned) = self.one.ready().await {
            return Ok(assigned);
        }
        let given = usize::try_from(self.one.at().0).unwrap();
        (self.before_batch)(given);
        if given == self.rows.len() {
            return Ok(self.one.end());
        }
        let upto = self.rows.len().min(given + self.batch);
        let span = Span(Arc::clone(&self.rows), given..upto);
        Ok(self.one.batch(Offset(upto as u64), span))
    }

    async fn start(&mut self, partition: &Partition, at: Option<&Position>) -> Result<()> {
        self.one.start(partition, at)
    }
}

impl Replayable for InMemory {}

/// Emits samples as they are.
pub(crate) struct AsSample;

impl Decode<Span> for AsSample {
    type Event = Sample;
    fn decode(&self, Span(rows, span): Span, entry: &mut Entry<'_, Sample>) {
        let first = span.start as u64;
        for (offset, row) in (first..).zip(rows.get(span).unwrap_or_default()) {
            entry.row(Offset(offset), *row);
        }
    }
}

/// Converts samples to telemetry.
pub(crate) struct AsTelemetry;

impl Decode<Span> for AsTelemetry {
    type Event = Telemetry;
    fn decode(&self, Span(rows, span): Span, entry: &mut Entry<'_, Telemetry>) {
        let first = span.start as u64;
        for (offset, row) in (first..).zip(rows.get(span).unwrap_or_default()) {
            let vehicle = VehicleId::new(&row.vehicle).unwrap();
            let event = Telemetry::new(vehicle, EventTime::from_micros(row.at))
                .with_speed(Speed::from_kmh(row.speed))
                .with_battery_charge(Percent::from_percent(row.battery))
                .with_engine_temperature(Temperature::from_celsius(row.engine));
            entry.row(Offset(offset), event);
        }
    }
}

/// Accepts every commit and stores nothing.
#[derive(Clone, Default)]
pub(crate) struct DiscardStore;

#[async_trait]
impl CheckpointStore for DiscardStore {
    type Tx = ();

    async fn claim(&mut self, _: &Partition) -> Result<Claim> {
        Ok(Claim::default())
    }
    async fn begin(&mut self) -> Result<()> {
        Ok(())
    }
    async fn commit(&mut self, (): (), epoch: &[Sealed]) -> Result<Committed> {
        std::hint::black_box(epoch);
        Ok(Committed::Done)
    }
    async fn progress(&mut self, _: &Partition) -> Result<Option<Progress>> {
        Ok(None)
    }
    async fn partitions(&mut self) -> Result<BTreeMap<Partition, Progress>> {
        Ok(BTreeMap::new())
    }
}
