use std::time::Duration;

use fleet_core::EventTime;

/// How fast events come. It changes no event.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Pace {
    /// As fast as they are taken.
    #[default]
    Max,
    /// One tick an interval, by the clock. A tick that is late is not left out.
    ///
    /// Between them the source says that there is nothing to read, so a pipeline may have
    /// [ticks](fleet_core::pipeline::Ticks) of its own: by a clock that begins at the simulation's start, not by the
    /// system's, which is ahead of every event.
    Realtime,
}

/// How much is simulated.
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
    /// How many vehicles.
    pub vehicles: u32,
    /// How long, in event time.
    pub duration: Duration,
    /// The time between two events of a vehicle.
    pub interval: Duration,
    /// The time of the first events.
    pub start: EventTime,
    /// What all random numbers come from.
    pub seed: u64,
    /// How fast events come.
    pub pace: Pace,
}

impl SimulatorOptions {
    /// 2024-02-15T14:30:00Z. Our choice: shortly before the times in the VehicleOps documents, and the same
    /// on every run, since event time must not come from a clock.
    pub const START: EventTime = EventTime::from_micros(1_708_007_400_000_000);

    /// Sets how many vehicles there are.
    #[must_use]
    pub fn vehicles(mut self, vehicles: u32) -> Self {
        self.vehicles = vehicles;
        self
    }
    /// Sets how long it goes on, in event time.
    #[must_use]
    pub fn duration(mut self, duration: Duration) -> Self {
        self.duration = duration;
        self
    }
    /// Sets the time between two events of a vehicle.
    #[must_use]
    pub fn interval(mut self, interval: Duration) -> Self {
        self.interval = interval;
        self
    }
    /// Sets the time of the first events.
    #[must_use]
    pub fn start(mut self, start: EventTime) -> Self {
        self.start = start;
        self
    }
    /// Sets what all random numbers come from.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }
    /// Sets how fast events come.
    #[must_use]
    pub fn pace(mut self, pace: Pace) -> Self {
        self.pace = pace;
        self
    }

    /// How many steps each vehicle takes: one at the start and one each interval, while the time is
    /// before `start + duration`.
    pub fn ticks(&self) -> u64 {
        let interval = self.interval.as_nanos().max(1);
        u64::try_from(self.duration.as_nanos().div_ceil(interval)).unwrap_or(u64::MAX)
    }

    /// How many events there are in all, of a model that sends one a tick; others send at least as many.
    pub fn events(&self) -> u64 {
        self.ticks().saturating_mul(u64::from(self.vehicles))
    }

    /// The time of the events of a tick, counted from 0.
    pub(super) fn at(&self, tick: u64) -> EventTime {
        self.start + self.after(tick)
    }

    /// The length of this many intervals.
    pub(super) fn after(&self, ticks: u64) -> Duration {
        let micros = self.interval.as_micros().saturating_mul(u128::from(ticks));
        Duration::from_micros(u64::try_from(micros).unwrap_or(u64::MAX))
    }
}

impl Default for SimulatorOptions {
    /// The demo: 50 vehicles, 10 minutes, an event each half second as in the VehicleOps simulator.
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
