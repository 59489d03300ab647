//! The generator of a simulation's lines: vehicles, ticks and bytes, without clock or waiting.

use fleet_core::{Partition, dialect::Dialect};
use twox_hash::XxHash3_64;

use super::{draws::Draws, error::SimulatorError, model::Model, options::SimulatorOptions};

/// A fleet in the middle of its simulation, positioned at the next event.
pub(super) struct Generator<M: Model, D> {
    model: M,
    dialect: D,
    options: SimulatorOptions,
    fleet: Vec<(M::Vehicle, Draws)>,
    /// The tick and the index of the vehicle whose event is next.
    tick: u64,
    vehicle: usize,
    /// The next event, if that vehicle has already made its step of this tick.
    pending: Option<M::Event>,
    /// The offset of the next event's line.
    offset: u64,
}

impl<M: Model, D: Dialect<Event = M::Event>> Generator<M, D> {
    pub(super) fn new(
        model: M,
        dialect: D,
        options: SimulatorOptions,
    ) -> Result<Self, SimulatorError> {
        check(&model, &options)?;
        let mut generator = Self {
            model,
            dialect,
            options,
            fleet: Vec::new(),
            tick: 0,
            vehicle: 0,
            pending: None,
            offset: 0,
        };
        generator.rewind()?;
        Ok(generator)
    }

    pub(super) fn model(&self) -> &M {
        &self.model
    }

    pub(super) fn options(&self) -> &SimulatorOptions {
        &self.options
    }

    /// The tick of the next event.
    pub(super) fn tick(&self) -> u64 {
        self.tick
    }

    /// The offset of the next event's line.
    pub(super) fn offset(&self) -> u64 {
        self.offset
    }

    pub(super) fn is_done(&self) -> bool {
        self.tick >= self.options.ticks()
    }

    /// Names the partition by all that determines the bytes, and by a hash of the first line, which
    /// differs if another version of the program writes other bytes. Call it before anything is
    /// read; it goes back to the first event.
    pub(super) fn partition(&mut self) -> Result<Partition, SimulatorError> {
        let mut first = Vec::new();
        self.write_next(&mut first);
        self.rewind()?;
        let (options, settings) = (&self.options, self.model.settings());
        Ok(Partition::new(format!(
            "simulator:{}?vehicles={}&seconds={}&interval_ms={}&start={}&seed={}{}{settings}#{:016x}",
            self.model.name(),
            options.vehicles,
            options.duration.as_secs_f64(),
            options.interval.as_secs_f64() * 1000.0,
            options.start,
            options.seed,
            if settings.is_empty() { "" } else { "&" },
            XxHash3_64::oneshot(&first),
        )))
    }

    /// Goes back to the first event.
    pub(super) fn rewind(&mut self) -> Result<(), SimulatorError> {
        self.fleet.clear();
        for number in 1..=self.options.vehicles {
            let mut draws = Draws::new(self.options.seed, number);
            let vehicle = self.model.vehicle(number, &mut draws);
            let vehicle = vehicle.map_err(|cause| SimulatorError::Name { number, cause })?;
            self.fleet.push((vehicle, draws));
        }
        (self.tick, self.vehicle, self.pending) = (0, 0, None);
        self.offset = 0;
        Ok(())
    }

    /// Appends the next line and returns true, or returns false at the end of the simulation.
    pub(super) fn write_next(&mut self, to: &mut Vec<u8>) -> bool {
        if self.is_done() {
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
        // Ask for more now, so that `tick` is always the tick of the next event.
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
}

/// Refuses a simulation without events, or with events that no decoder would accept.
fn check(model: &impl Model, options: &SimulatorOptions) -> Result<(), SimulatorError> {
    options.check()?;
    let (asked, most) = (options.vehicles, model.most_vehicles());
    if asked > most {
        return Err(SimulatorError::TooManyVehicles { asked, most });
    }
    Ok(())
}
