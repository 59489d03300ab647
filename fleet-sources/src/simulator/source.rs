use async_trait::async_trait;
use fleet_core::{
    Offset, Partition, Result, Source,
    dialect::Dialect,
    source::{Batch, Chunk, Replayable, SourceEvent},
};
use tokio::time::Instant;
use twox_hash::XxHash3_64;

use super::{
    draws::Draws,
    error::SimulatorError,
    model::Model,
    options::{Pace, SimulatorOptions},
};

/// About how many bytes a chunk has, 256 KiB. Our choice, as large as those of files.
const CHUNK_BYTES: usize = 256 * 1024;
/// How many events are made while a resume looks for its place, before others get a turn. Our choice.
const TURN: u32 = 1024;

/// A fleet that does not exist, as a source: the same bytes for the same seed, from any offset.
///
/// Events are written by the system's [`Dialect`], one line each, so that whatever reads them is exercised
/// as by the real thing.
///
/// # Shape
/// One partition, `simulator:vehicleops?vehicles=50&seconds=600&..&seed=1#5c1f..`: its name holds all that
/// determines the bytes, and the hash of the first line. An offset is a byte of the lines laid end to end.
///
/// # Guarantees
/// A vehicle's events are in order of time; vehicles are in order of their numbers within each tick.
/// [`Pace`] changes when events come, and no event.
///
/// # Examples
/// ```
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/support/plain.rs"));
/// use std::time::Duration;
/// use fleet_core::{Source, source::SourceEvent};
/// use fleet_sources::{Simulator, SimulatorOptions, VehicleOpsModel};
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> fleet_core::Result<()> {
/// let options = SimulatorOptions::default().vehicles(3).duration(Duration::from_secs(2));
/// let mut source = Simulator::new(VehicleOpsModel::default(), Plain, options)?;
///
/// let SourceEvent::Assigned(mine) = source.next().await? else { panic!("it begins with its partition") };
/// source.start(&mine[0], None).await?;
/// let SourceEvent::Batch(batch) = source.next().await? else { panic!("then it gives events") };
/// let text = String::from_utf8_lossy(&batch.payload.bytes);
/// assert_eq!(text.lines().count(), 3 * 4);
/// assert!(text.starts_with(r#"{"vehicle_id":"fleet-demo-001-VH-001","fleet_id":"fleet-demo-001","#));
/// # Ok(())
/// # }
/// ```
///
/// # Cost
/// A few hundred nanoseconds an event and the dialect's writing. Resuming makes all events before the
/// offset again.
#[derive(Debug)]
pub struct Simulator<M: Model, D> {
    model: M,
    dialect: D,
    options: SimulatorOptions,
    partition: Partition,
    fleet: Vec<(M::Vehicle, Draws)>,
    /// Whose event is next.
    tick: u64,
    vehicle: usize,
    /// What that vehicle sends next in this tick, if the tick's step is done.
    pending: Option<M::Event>,
    /// The offset of the next event's line.
    offset: u64,
    /// The first tick after the start, and when it was.
    began: Option<(u64, Instant)>,
    state: State,
    paused: bool,
    /// The driver knows that the next event is not due yet.
    told_idle: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    New,
    Assigned,
    Running,
    Ended,
}

impl<M: Model, D: Dialect<Event = M::Event>> Simulator<M, D> {
    /// Builds the fleet.
    ///
    /// # Errors
    /// Refuses 0 vehicles, more than the model has ids for, an interval of 0, times that no decoder would accept, and a fleet id that gives
    /// no vehicle ids.
    pub fn new(model: M, dialect: D, options: SimulatorOptions) -> Result<Self> {
        if options.vehicles == 0 {
            return Err(SimulatorError::NoVehicle.into());
        }
        if options.interval.as_micros() == 0 {
            return Err(SimulatorError::NoInterval.into());
        }
        let (asked, most) = (options.vehicles, model.most_vehicles());
        if asked > most {
            return Err(SimulatorError::TooManyVehicles { asked, most }.into());
        }
        let last = options.at(options.ticks().saturating_sub(1));
        if !options.start.is_in_range() || !last.is_in_range() {
            return Err(SimulatorError::OutOfTime {
                micros: options.start.as_micros(),
                seconds: options.duration.as_secs_f64(),
            }
            .into());
        }
        let mut source = Self {
            model,
            dialect,
            options,
            partition: Partition::new(""),
            fleet: Vec::new(),
            tick: 0,
            vehicle: 0,
            pending: None,
            offset: 0,
            began: None,
            state: State::New,
            paused: false,
            told_idle: false,
        };
        source.rewind()?;
        let mut first = Vec::new();
        source.write_next(&mut first);
        source.partition = Partition::new(format!(
            "simulator:{}?vehicles={}&seconds={}&interval_ms={}&start={}&seed={}{}{}#{:016x}",
            source.model.name(),
            options.vehicles,
            options.duration.as_secs_f64(),
            options.interval.as_secs_f64() * 1000.0,
            options.start,
            options.seed,
            if source.model.settings().is_empty() {
                ""
            } else {
                "&"
            },
            source.model.settings(),
            XxHash3_64::oneshot(&first),
        ));
        source.rewind()?;
        Ok(source)
    }

    /// The partition, under whose name progress is stored.
    pub fn partition(&self) -> &Partition {
        &self.partition
    }

    /// How much is simulated.
    pub fn options(&self) -> &SimulatorOptions {
        &self.options
    }

    /// Back to the first event.
    fn rewind(&mut self) -> Result<(), SimulatorError> {
        self.fleet.clear();
        for number in 1..=self.options.vehicles {
            let mut draws = Draws::new(self.options.seed, number);
            let vehicle = self.model.vehicle(number, &mut draws);
            let vehicle = vehicle.map_err(|cause| SimulatorError::Name { number, cause })?;
            self.fleet.push((vehicle, draws));
        }
        (self.tick, self.vehicle, self.pending) = (0, 0, None);
        (self.offset, self.began) = (0, None);
        Ok(())
    }

    /// Appends the next line, if there is one.
    fn write_next(&mut self, to: &mut Vec<u8>) -> bool {
        if self.tick >= self.options.ticks() {
            return false;
        }
        let Some((vehicle, draws)) = self.fleet.get_mut(self.vehicle) else {
            return false;
        };
        let event = self.pending.take();
        let event =
            event.unwrap_or_else(|| self.model.tick(vehicle, self.options.at(self.tick), draws));
        let before = to.len();
        self.dialect.write(&event, to);
        to.push(b'\n');
        self.offset += (to.len() - before) as u64;
        // Asked for at once, so that `tick` always says whose event is next.
        self.pending = self.model.more(vehicle);
        if self.pending.is_none() {
            self.vehicle += 1;
        }
        if self.vehicle == self.fleet.len() {
            self.vehicle = 0;
            self.tick += 1;
        }
        true
    }

    fn is_paced(&self) -> bool {
        self.options.pace == Pace::Realtime && self.model.is_paced()
    }

    /// When the next event is due, if there is a pace.
    fn due(&mut self) -> Option<Instant> {
        if !self.is_paced() {
            return None;
        }
        let tick = self.tick;
        let (first, began) = *self.began.get_or_insert_with(|| (tick, Instant::now()));
        began.checked_add(self.options.after(tick.saturating_sub(first)))
    }

    /// About a chunk of lines; with a pace, no more than what is left of this tick.
    fn chunk(&mut self) -> Chunk {
        let (tick, paced) = (self.tick, self.is_paced());
        let start = Offset(self.offset);
        let mut bytes = Vec::new();
        while bytes.len() < CHUNK_BYTES && !(paced && self.tick > tick) {
            if !self.write_next(&mut bytes) {
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
        match self.state {
            State::New => {
                self.state = State::Assigned;
                Ok(SourceEvent::Assigned(vec![self.partition.clone()]))
            }
            State::Running if !self.paused => {
                if self.tick >= self.options.ticks() {
                    self.state = State::Ended;
                    return Ok(SourceEvent::End(self.partition.clone()));
                }
                let due = self.due();
                let is_early = due.is_some_and(|due| due > Instant::now());
                if is_early && !std::mem::replace(&mut self.told_idle, true) {
                    return Ok(SourceEvent::Idle);
                }
                // Nothing is made before this, and nothing is waited for after it: dropped in between,
                // the future has changed nothing.
                match due {
                    Some(due) => tokio::time::sleep_until(due).await,
                    // Nothing else here ever waits, and others need a turn.
                    None => tokio::task::yield_now().await,
                }
                self.told_idle = false;
                let payload = self.chunk();
                Ok(SourceEvent::Batch(Batch {
                    partition: self.partition.clone(),
                    next: Offset(self.offset),
                    time: None,
                    payload,
                }))
            }
            State::Assigned | State::Running | State::Ended => std::future::pending().await,
        }
    }

    async fn start(&mut self, partition: &Partition, at: Option<Offset>) -> Result<()> {
        if *partition != self.partition {
            let (asked, own) = (partition.to_string(), self.partition.to_string());
            return Err(SimulatorError::NotOurs { asked, own }.into());
        }
        self.rewind()?;
        let to = at.unwrap_or_default();
        let (mut line, mut turn) = (Vec::new(), 0);
        while self.offset < to.0 {
            line.clear();
            if !self.write_next(&mut line) {
                let (at, size) = (to.0, self.offset);
                return Err(
                    fleet_core::Error::from(SimulatorError::PastTheEnd { at, size })
                        .at(partition, to),
                );
            }
            turn = (turn + 1) % TURN;
            if turn == 0 {
                tokio::task::yield_now().await;
            }
        }
        if self.offset > to.0 {
            let fault = SimulatorError::InsideRecord { at: to.0 };
            return Err(fleet_core::Error::from(fault).at(partition, to));
        }
        (self.state, self.paused, self.told_idle) = (State::Running, false, false);
        Ok(())
    }

    fn pause(&mut self, _: &Partition) {
        self.paused = true;
    }

    fn resume(&mut self, _: &Partition) {
        self.paused = false;
    }
}

impl<M, D> Replayable for Simulator<M, D>
where
    M: Model,
    D: Dialect<Event = M::Event>,
{
}
