//! How many vehicles are simulated, for how long, and at which pace.

use std::time::Duration;

use fleet_core::EventTime;

use super::error::SimulatorError;

/// When events are emitted. It does not change the events.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Pace {
    /// As fast as the pipeline takes them.
    #[default]
    Max,
    /// One tick per interval of real time. A late tick is not skipped.
    ///
    /// Between two ticks the source reports that it is idle, so the pipeline can use
    /// [`Ticks`](fleet_core::pipeline::Ticks). Give it a clock that begins at the simulation's
    /// start: the system's clock is ahead of every event.
    Realtime,
}

/// The size, the times, the seed and the pace of a simulation.
///
/// # Examples
/// ```
/// use std::time::Duration;
/// use fleet_sources::SimulatorOptions;
/// let options = SimulatorOptions::default().vehicles(20).duration(Duration::from_secs(60));
/// assert_eq!(options.ticks(), 120);
/// assert_eq!(options.events(), 2400);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SimulatorOptions {
    /// The number of vehicles.
    pub vehicles: u32,
    /// The length of the simulation, in event time.
    pub duration: Duration,
    /// The time between two ticks of a vehicle.
    pub interval: Duration,
    /// The event time of the first tick.
    pub start: EventTime,
    /// The seed of all random numbers.
    pub seed: u64,
    /// When events are emitted.
    pub pace: Pace,
}

impl SimulatorOptions {
    /// The default start, 2024-02-15T14:30:00Z. Our choice: shortly before the times in the
    /// VehicleOps documents. It is a constant because event time must not come from a clock.
    pub const START: EventTime = EventTime::from_micros(1_708_007_400_000_000);

    /// Sets the number of vehicles.
    #[must_use]
    pub fn vehicles(mut self, vehicles: u32) -> Self {
        self.vehicles = vehicles;
        self
    }
    /// Sets the length of the simulation, in event time.
    #[must_use]
    pub fn duration(mut self, duration: Duration) -> Self {
        self.duration = duration;
        self
    }
    /// Sets the time between two ticks of a vehicle.
    #[must_use]
    pub fn interval(mut self, interval: Duration) -> Self {
        self.interval = interval;
        self
    }
    /// Sets the event time of the first tick.
    #[must_use]
    pub fn start(mut self, start: EventTime) -> Self {
        self.start = start;
        self
    }
    /// Sets the seed of all random numbers.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }
    /// Sets when events are emitted.
    #[must_use]
    pub fn pace(mut self, pace: Pace) -> Self {
        self.pace = pace;
        self
    }

    /// The number of ticks: one at the start and one per interval, up to `start + duration`,
    /// exclusive.
    pub fn ticks(&self) -> u64 {
        let interval = self.interval.as_nanos().max(1);
        u64::try_from(self.duration.as_nanos().div_ceil(interval)).unwrap_or(u64::MAX)
    }

    /// The total number of events of a model that sends one per tick; other models send more.
    pub fn events(&self) -> u64 {
        self.ticks().saturating_mul(u64::from(self.vehicles))
    }

    /// Refuses options without events, or with times that no decoder would accept.
    pub(super) fn check(&self) -> Result<(), SimulatorError> {
        if self.vehicles == 0 {
            return Err(SimulatorError::NoVehicle);
        }
        if self.interval.as_micros() == 0 {
            return Err(SimulatorError::NoInterval);
        }
        let last = self.at(self.ticks().saturating_sub(1));
        if !self.start.is_in_range() || !last.is_in_range() {
            return Err(SimulatorError::OutOfTime {
                micros: self.start.as_micros(),
                seconds: self.duration.as_secs_f64(),
            });
        }
        Ok(())
    }

    /// The time of the events of a tick, counted from 0.
    pub(super) fn at(&self, tick: u64) -> EventTime {
        self.start + self.after(tick)
    }

    /// The first tick at or after a time.
    pub(super) fn tick_at(&self, at: EventTime) -> u64 {
        let interval = self.interval.as_micros().max(1);
        let since = at.since(self.start).as_micros();
        u64::try_from(since.div_ceil(interval)).unwrap_or(u64::MAX)
    }

    /// The length of this many intervals.
    pub(super) fn after(&self, ticks: u64) -> Duration {
        let micros = self.interval.as_micros().saturating_mul(u128::from(ticks));
        Duration::from_micros(u64::try_from(micros).unwrap_or(u64::MAX))
    }
}

impl Default for SimulatorOptions {
    /// 50 vehicles for 10 minutes, with an event every half second as in the VehicleOps simulator.
    fn default() -> Self {
        Self {
            vehicles: 50,
            duration: Duration::from_secs(600),
            interval: Duration::from_millis(500),
            start: Self::START,
            seed: 1,
            pace: Pace::default(),
        }
    }
}
