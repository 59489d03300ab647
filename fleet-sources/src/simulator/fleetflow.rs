use std::{fmt, str::FromStr, time::Duration};

use fleet_core::{
    ContentId, DriverId, EventTime, IdError, VehicleId,
    event::{TripSample, TripSamples},
    units::{Acceleration, Speed, round_decimals},
};

use super::{Draws, Model, SimulatorOptions, UnknownName};

/// How a driver drives: which acceleration, braking and cornering is drawn, g.
struct Limits {
    accelerating: (f64, f64),
    braking: (f64, f64),
    cornering: (f64, f64),
}

/// Our choice: with the noise, clear of the ±0.4 g and 0.3 g beyond which FleetFlow counts.
const CALM: Limits = Limits {
    accelerating: (0.08, 0.25),
    braking: (0.08, 0.3),
    cornering: (0.05, 0.22),
};
/// Our choice: about half of it beyond ±0.4 g.
const HARSH: Limits = Limits {
    accelerating: (0.25, 0.55),
    braking: (0.25, 0.75),
    cornering: (0.15, 0.5),
};
/// The speeds that a driver heads for, km/h, and how long each is kept, seconds. Our choice.
const SPEED_KMH: (f64, f64) = (0.0, 110.0);
const KEEPING_S: (f64, f64) = (3.0, 25.0);
/// How often they head for a stop instead. Our choice.
const STOPPING: f64 = 0.2;
/// Seconds between two corners on average, and how long one is, seconds. Our choice.
const CORNER_EVERY_S: f64 = 15.0;
const CORNER_S: (f64, f64) = (1.5, 5.0);
/// How fast an acceleration builds up, g/s. Our choice: an emergency brake is there within 0.6 s.
const JERK: f64 = 1.2;
/// The noise of the sensor, g either way. Our choice.
const NOISE: f64 = 0.02;
/// Standard gravity, m/s² in km/h/s.
const KMH_PER_S_OF_A_G: f64 = 9.80665 * 3.6;

/// How the drivers of a [`FleetFlowModel`] drive.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum DriverStyle {
    /// Never beyond 0.32 g forwards or backwards, 0.24 g sideways.
    Calm,
    /// Each trip is calm or harsh, drawn when it begins.
    #[default]
    Mixed,
    /// Half of all accelerating and braking passes 0.4 g.
    Harsh,
}

impl DriverStyle {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Calm, Self::Mixed, Self::Harsh];

    /// Its name on a command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Calm => "calm",
            Self::Mixed => "mixed",
            Self::Harsh => "harsh",
        }
    }
}

impl fmt::Display for DriverStyle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for DriverStyle {
    type Err = UnknownName;
    fn from_str(word: &str) -> Result<Self, UnknownName> {
        let found = Self::ALL.into_iter().find(|style| style.name() == word);
        found.ok_or_else(|| UnknownName {
            what: "style",
            word: word.into(),
            names: Self::ALL.map(Self::name).to_vec(),
        })
    }
}

/// How a trip says when its samples are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum SampleClock {
    /// The trip has a rate, as FleetFlow's requests must be understood: its samples carry no time.
    #[default]
    Rate,
    /// Each sample has its time, as in FleetFlow's table.
    Stamps,
}

/// The drivers of FleetFlow: every tick each sends one trip, with samples of speed and acceleration.
///
/// A driver heads for one speed after another, with an acceleration that their style allows, and takes corners
/// on the way. The speed is what the acceleration made of it.
///
/// # Units
/// km/h with 1 decimal, g with 3. Braking is less than 0.
///
/// # Shape
/// Ids are UUIDs of version 4, the same for the same seed. A trip begins standing, and is sent when it ends;
/// its id is the receiver's to give. A trip has `rate * length` samples, rounded up.
///
/// # Examples
/// ```
/// use std::time::Duration;
/// use fleet_core::EventTime;
/// use fleet_sources::{FleetFlowModel, simulator::{Draws, DriverStyle, Model}};
/// let model = FleetFlowModel::default()
///     .style(DriverStyle::Calm)
///     .sample_rate_hz(100)
///     .trip(Duration::from_secs(30));
/// let mut draws = Draws::new(1, 1);
/// let mut driver = model.vehicle(1, &mut draws)?;
/// let trip = model.tick(&mut driver, EventTime::MIN, &mut draws);
/// assert_eq!(trip.samples.len(), 3000);
/// assert!(trip.samples.iter().all(|sample| sample.longitudinal.unwrap().as_g() > -0.4));
/// # Ok::<(), fleet_core::IdError>(())
/// ```
///
/// # Cost
/// A trip is one event and in memory at once: 64 bytes a sample, 60 MB for a minute at 16 kHz.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FleetFlowModel {
    style: DriverStyle,
    rate_hz: u32,
    trip: Duration,
    clock: SampleClock,
}

impl Default for FleetFlowModel {
    /// A minute at 10 Hz: our choice, a request of some tens of kilobytes.
    fn default() -> Self {
        Self {
            style: DriverStyle::default(),
            rate_hz: 10,
            trip: Duration::from_secs(60),
            clock: SampleClock::default(),
        }
    }
}

impl FleetFlowModel {
    /// Sets how they drive.
    #[must_use]
    pub fn style(mut self, style: DriverStyle) -> Self {
        self.style = style;
        self
    }
    /// Sets how many samples a second has; 0 counts as 1. FleetFlow speaks of 16,000.
    #[must_use]
    pub fn sample_rate_hz(mut self, rate: u32) -> Self {
        self.rate_hz = rate.max(1);
        self
    }
    /// Sets how long a trip is.
    #[must_use]
    pub fn trip(mut self, length: Duration) -> Self {
        self.trip = length;
        self
    }
    /// Sets how a trip says when its samples are.
    #[must_use]
    pub fn clock(mut self, clock: SampleClock) -> Self {
        self.clock = clock;
        self
    }
    /// Twenty drivers, one trip after the other.
    pub fn options(&self) -> SimulatorOptions {
        SimulatorOptions::default().vehicles(20).interval(self.trip)
    }

    /// How many samples a trip has.
    pub fn samples(&self) -> usize {
        let nanos = self
            .trip
            .as_nanos()
            .saturating_mul(u128::from(self.rate_hz));
        usize::try_from(nanos.div_ceil(1_000_000_000)).unwrap_or(usize::MAX)
    }
}

/// A driver and their vehicle.
#[derive(Clone, Debug)]
pub struct FleetFlowDriver {
    vehicle: VehicleId,
    driver: DriverId,
}

/// A trip under way.
struct Trip<'a> {
    limits: &'a Limits,
    /// Between two samples, seconds.
    step: f64,
    kmh: f64,
    g: f64,
    lateral: f64,
    goal_kmh: f64,
    /// With which acceleration the goal is reached, either way.
    most_g: f64,
    keeping_s: f64,
    corner_g: f64,
    corner_s: f64,
}

impl Trip<'_> {
    fn sample(&mut self, draws: &mut Draws) -> TripSample {
        let noise = |draws: &mut Draws| draws.uniform(-NOISE, NOISE);
        self.aim(draws);
        let full = self.step * KMH_PER_S_OF_A_G;
        let missing = (self.goal_kmh - self.kmh) / KMH_PER_S_OF_A_G;
        // Released in time: an acceleration a takes a / JERK to end, and changes the speed by a² / 2 JERK.
        let released = (2.0 * JERK * missing.abs()).sqrt();
        let most = self.most_g.min(released).min(missing.abs() / self.step);
        let wanted = most.copysign(missing);
        let change = JERK * self.step;
        self.g = wanted.clamp(self.g - change, self.g + change);
        let before = self.kmh;
        self.kmh = (before + self.g * full).max(0.0);
        if self.kmh <= 0.0 && before <= 0.0 {
            self.g = self.g.max(0.0);
        }
        let corner = if self.kmh > 0.0 { self.corner_g } else { 0.0 };
        self.lateral = corner.clamp(self.lateral - change, self.lateral + change);
        let g = |value: f64| Some(Acceleration::from_g(round_decimals(value, 3)));
        TripSample {
            t_s: None,
            speed: Some(Speed::from_kmh(round_decimals(self.kmh, 1))),
            longitudinal: g(self.g + noise(draws)),
            lateral: g(self.lateral + noise(draws)),
        }
    }

    /// A new goal once the last was reached and kept, and a corner now and then.
    fn aim(&mut self, draws: &mut Draws) {
        let mut within = |(from, to)| draws.uniform(from, to);
        if (self.goal_kmh - self.kmh).abs() < 1.0 {
            self.keeping_s -= self.step;
        }
        if self.keeping_s <= 0.0 {
            self.keeping_s = within(KEEPING_S);
            self.goal_kmh = within(SPEED_KMH);
            if draws.chance(STOPPING) {
                self.goal_kmh = 0.0;
            }
            let Limits {
                accelerating: faster,
                braking: slower,
                ..
            } = *self.limits;
            let (from, to) = if self.goal_kmh > self.kmh {
                faster
            } else {
                slower
            };
            self.most_g = draws.uniform(from, to);
        }
        self.corner_s -= self.step;
        if self.corner_s <= 0.0 {
            self.corner_g = 0.0;
            if draws.chance(self.step / CORNER_EVERY_S) {
                self.corner_s = draws.uniform(CORNER_S.0, CORNER_S.1);
                let (from, to) = self.limits.cornering;
                let sign = if draws.chance(0.5) { 1.0 } else { -1.0 };
                self.corner_g = sign * draws.uniform(from, to);
            }
        }
    }
}

/// A UUID of version 4 (RFC 9562): its 122 bits are drawn.
fn uuid(draws: &mut Draws) -> String {
    const VERSION: u128 = 0xf << 76;
    const VARIANT: u128 = 3 << 62;
    let bits = u128::from(draws.bits()) << 64 | u128::from(draws.bits());
    ContentId(bits & !VERSION & !VARIANT | 4 << 76 | 2 << 62).to_string()
}

impl Model for FleetFlowModel {
    type Event = TripSamples;
    type Vehicle = FleetFlowDriver;

    fn name(&self) -> &'static str {
        "fleetflow"
    }

    fn settings(&self) -> String {
        let clock = match self.clock {
            SampleClock::Rate => "rate",
            SampleClock::Stamps => "stamps",
        };
        let (style, rate, trip) = (self.style, self.rate_hz, self.trip.as_secs_f64());
        format!("style={style}&sample_rate_hz={rate}&trip_s={trip}&clock={clock}")
    }

    fn vehicle(&self, _: u32, draws: &mut Draws) -> Result<FleetFlowDriver, IdError> {
        Ok(FleetFlowDriver {
            vehicle: VehicleId::new(&uuid(draws))?,
            driver: DriverId::new(&uuid(draws))?,
        })
    }

    fn tick(&self, driver: &mut FleetFlowDriver, at: EventTime, draws: &mut Draws) -> TripSamples {
        let harsh = match self.style {
            DriverStyle::Calm => false,
            DriverStyle::Mixed => draws.chance(0.5),
            DriverStyle::Harsh => true,
        };
        let rate = f64::from(self.rate_hz);
        let mut trip = Trip {
            limits: if harsh { &HARSH } else { &CALM },
            step: 1.0 / rate,
            kmh: 0.0,
            g: 0.0,
            lateral: 0.0,
            goal_kmh: 0.0,
            most_g: 0.0,
            // Parked for a moment.
            keeping_s: draws.uniform(0.0, 2.0),
            corner_g: 0.0,
            corner_s: 0.0,
        };
        let mut samples = Vec::with_capacity(self.samples());
        for index in 0..self.samples() {
            let mut sample = trip.sample(draws);
            if self.clock == SampleClock::Stamps {
                sample.t_s = Some(index as f64 / rate);
            }
            samples.push(sample);
        }
        TripSamples {
            trip_id: None,
            vehicle: driver.vehicle.clone(),
            driver: driver.driver.clone(),
            at,
            sample_rate_hz: (self.clock == SampleClock::Rate).then_some(rate),
            samples,
        }
    }
}
