//! [`Simulator`], which emits the lines of a simulated fleet, at full speed or in real time.

use std::fmt;

use async_trait::async_trait;
use fleet_core::{
    Error, Offset, Partition, Result, Source,
    dialect::Dialect,
    source::{Chunk, OnePartition, Position, Replayable, SourceEvent},
};
use tokio::time::Instant;

use super::{
    error::SimulatorError,
    generator::Generator,
    model::Model,
    options::{Pace, SimulatorOptions},
};

/// The approximate size of a chunk, 256 KiB. Our choice, the same as for files.
const CHUNK_BYTES: usize = 256 * 1024;
/// How many events a resume generates before it yields to other tasks. Our choice.
const YIELD_AFTER: u32 = 1024;

/// A source of a simulated fleet: the same bytes for the same seed, from any offset.
///
/// The system's [`Dialect`] writes each event as one line, so the decoder and everything behind it
/// do the same work as with the real system.
///
/// # Shape
/// One partition, `simulator:vehicleops?vehicles=50&seconds=600&..&seed=1#5c1f..`. Its name
/// contains everything that determines the bytes, and a hash of the first line. An offset counts
/// bytes in the concatenation of all lines.
///
/// # Guarantees
/// The events of a vehicle are in order of time; within a tick, vehicles are in order of their
/// numbers. [`Pace`] changes when events are emitted, never their content.
///
/// # Examples
/// ```
/// use std::time::Duration;
/// use fleet_core::{Source, dialect::VehicleOps, source::SourceEvent};
/// use fleet_sources::{Simulator, SimulatorOptions, VehicleOpsModel};
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> fleet_core::Result<()> {
/// let options = SimulatorOptions::default().vehicles(3).duration(Duration::from_secs(2));
/// let mut source = Simulator::new(VehicleOpsModel::default(), VehicleOps::default(), options)?;
///
/// let SourceEvent::Assigned(mine) = source.next().await? else {
///     panic!("the first event assigns the partition")
/// };
/// source.start(&mine[0], None).await?;
/// let SourceEvent::Batch(batch) = source.next().await? else {
///     panic!("batches follow")
/// };
/// let text = String::from_utf8_lossy(&batch.payload.bytes);
/// assert_eq!(text.lines().count(), 3 * 4);
/// assert!(text.starts_with(r#"{"vehicle_id":"fleet-demo-001-VH-001","fleet_id":"#));
/// # Ok(())
/// # }
/// ```
///
/// # Cost
/// A few hundred nanoseconds per event, plus the dialect's writing. Resuming generates all events
/// before the offset again.
pub struct Simulator<M: Model, D> {
    generator: Generator<M, D>,
    one: OnePartition,
    /// The first tick after the start, and when it was due.
    began: Option<(u64, Instant)>,
}

impl<M: Model, D: Dialect<Event = M::Event>> Simulator<M, D> {
    /// Builds the fleet.
    ///
    /// # Errors
    /// Refuses 0 vehicles, more vehicles than the model has ids for, an interval of 0, times
    /// outside the range that decoders accept, and a fleet id from which no valid vehicle ids can
    /// be formed.
    pub fn new(model: M, dialect: D, options: SimulatorOptions) -> Result<Self> {
        let mut generator = Generator::new(model, dialect, options)?;
        Ok(Self {
            one: OnePartition::new(generator.partition()?),
            generator,
            began: None,
        })
    }

    /// The partition, under whose name progress is stored.
    pub fn partition(&self) -> &Partition {
        self.one.partition()
    }

    /// The options of the simulation.
    pub fn options(&self) -> &SimulatorOptions {
        self.generator.options()
    }

    fn is_paced(&self) -> bool {
        self.options().pace == Pace::Realtime && self.generator.model().is_paced()
    }

    /// When the next event is due, in real time.
    fn due(&mut self) -> Option<Instant> {
        if !self.is_paced() {
            return None;
        }
        let tick = self.generator.tick();
        let (first, began) = *self.began.get_or_insert_with(|| (tick, Instant::now()));
        began.checked_add(self.options().after(tick.saturating_sub(first)))
    }

    /// Generates about a chunk of lines; in real time, at most the rest of this tick.
    fn chunk(&mut self) -> Chunk {
        let (tick, paced) = (self.generator.tick(), self.is_paced());
        let start = Offset(self.generator.offset());
        let mut bytes = Vec::new();
        while bytes.len() < CHUNK_BYTES && !(paced && self.generator.tick() > tick) {
            if !self.generator.write_next(&mut bytes) {
                break;
            }
        }
        Chunk {
            bytes,
            start,
            ..Chunk::default()
        }
    }
}

#[async_trait]
impl<M, D> Source for Simulator<M, D>
where
    M: Model,
    D: Dialect<Event = M::Event>,
{
    type Payload = Chunk;

    fn follows(&self) -> bool {
        self.is_paced()
    }

    async fn next(&mut self) -> Result<SourceEvent<Chunk>> {
        if let Some(assigned) = self.one.ready().await {
            return Ok(assigned);
        }
        if self.generator.is_done() {
            return Ok(self.one.end());
        }
        let due = self.due();
        let is_early = due.is_some_and(|due| due > Instant::now());
        if let Some(idle) = is_early.then(|| self.one.idle()).flatten() {
            return Ok(idle);
        }
        // All waiting happens here, and all generating after it: a future dropped while it waits
        // has changed nothing.
        match due {
            Some(due) => tokio::time::sleep_until(due).await,
            // Nothing else here ever waits, and other tasks need a turn.
            None => tokio::task::yield_now().await,
        }
        let chunk = self.chunk();
        Ok(self.one.batch(Offset(self.generator.offset()), chunk))
    }

    async fn start(&mut self, partition: &Partition, at: Option<&Position>) -> Result<()> {
        self.one.check(partition)?;
        self.generator.rewind()?;
        self.began = None;
        let to = at.map(|at| at.next).unwrap_or_default();
        let (mut line, mut count) = (Vec::new(), 0);
        while self.generator.offset() < to.0 {
            line.clear();
            if !self.generator.write_next(&mut line) {
                let (at, size) = (to.0, self.generator.offset());
                let error = SimulatorError::PastTheEnd { at, size };
                return Err(Error::from(error).at(partition, to));
            }
            count = (count + 1) % YIELD_AFTER;
            if count == 0 {
                tokio::task::yield_now().await;
            }
        }
        if self.generator.offset() > to.0 {
            let error = SimulatorError::InsideRecord { at: to.0 };
            return Err(Error::from(error).at(partition, to));
        }
        self.one.start(partition, at)
    }

    fn pause(&mut self, _: &Partition) {
        self.one.pause();
    }

    fn resume(&mut self, _: &Partition) {
        self.one.resume();
    }
}

impl<M, D> Replayable for Simulator<M, D>
where
    M: Model,
    D: Dialect<Event = M::Event>,
{
}

impl<M: Model, D> fmt::Debug for Simulator<M, D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Simulator")
            .field("partition", &self.one)
            .finish_non_exhaustive()
    }
}
