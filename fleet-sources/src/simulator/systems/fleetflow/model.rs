//! The model of FleetFlow's drivers, each of whom sends one trip per tick.

use std::time::Duration;

use fleet_core::{
    ContentId, DriverId, EventTime, IdError, VehicleId, dialect::TripRequest, event::TripSamples,
};

use super::{
    style::DriverStyle,
    trip::{CALM, HARSH, Trip},
};
use crate::simulator::{draws::Draws, model::Model, options::SimulatorOptions};

/// How a trip conveys the times of its samples.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum SampleClock {
    /// The trip has a sample rate and the samples carry no time, as in FleetFlow's requests.
    #[default]
    Rate,
    /// Each sample carries its time, as in FleetFlow's table, which has no column for the lateral
    /// acceleration.
    Stamps,
}

/// The drivers of FleetFlow: in every tick each sends one trip, as a request with samples of speed
/// and acceleration.
///
/// A driver aims for one speed after another, with an acceleration within the limits of their
/// style, and takes corners on the way. The speed is the integral of the acceleration.
///
/// # Units
/// km/h with 1 decimal, g with 3. Braking is negative.
///
/// # Shape
/// Ids are UUIDs of version 4, the same for the same seed. A trip begins at a standstill and is
/// sent when it ends, without an id, which the receiver assigns. A trip has `rate * length`
/// samples, rounded up.
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
/// let trip = model.tick(&mut driver, EventTime::MIN, &mut draws).trip;
/// assert_eq!(trip.samples.len(), 3000);
/// assert!(trip.samples.iter().all(|sample| sample.longitudinal.unwrap().as_g() > -0.4));
/// # Ok::<(), fleet_core::IdError>(())
/// ```
///
/// # Cost
/// A trip is one event and is held in memory as a whole: 64 bytes a sample, 60 MB for a minute at
/// 16 kHz. As text it is one line of about 60 bytes a sample. The line decoders accept lines of up
/// to 1 MiB, which is 250 Hz for a minute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FleetFlowModel {
    style: DriverStyle,
    rate_hz: u32,
    trip: Duration,
    clock: SampleClock,
}

impl Default for FleetFlowModel {
    /// A minute at 10 Hz. Our choice: a request of some tens of kilobytes.
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
    /// Sets the driving style.
    #[must_use]
    pub fn style(mut self, style: DriverStyle) -> Self {
        self.style = style;
        self
    }
    /// Sets the number of samples a second; 0 counts as 1. FleetFlow's description mentions 16,000.
    #[must_use]
    pub fn sample_rate_hz(mut self, rate: u32) -> Self {
        self.rate_hz = rate.max(1);
        self
    }
    /// Sets the length of a trip.
    #[must_use]
    pub fn trip(mut self, length: Duration) -> Self {
        self.trip = length;
        self
    }
    /// Sets how a trip conveys the times of its samples.
    #[must_use]
    pub fn clock(mut self, clock: SampleClock) -> Self {
        self.clock = clock;
        self
    }
    /// The options for twenty drivers who make one trip after the other.
    pub fn options(&self) -> SimulatorOptions {
        SimulatorOptions::default().vehicles(20).interval(self.trip)
    }

    /// The number of samples of a trip.
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

/// A UUID of version 4 (RFC 9562) with 122 random bits.
fn uuid(draws: &mut Draws) -> String {
    const VERSION: u128 = 0xf << 76;
    const VARIANT: u128 = 3 << 62;
    let bits = u128::from(draws.bits()) << 64 | u128::from(draws.bits());
    ContentId(bits & !VERSION & !VARIANT | 4 << 76 | 2 << 62).to_string()
}

impl Model for FleetFlowModel {
    type Event = TripRequest;
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

    fn tick(&self, driver: &mut FleetFlowDriver, at: EventTime, draws: &mut Draws) -> TripRequest {
        let harsh = match self.style {
            DriverStyle::Calm => false,
            DriverStyle::Mixed => draws.chance(0.5),
            DriverStyle::Harsh => true,
        };
        let rate = f64::from(self.rate_hz);
        let limits = if harsh { &HARSH } else { &CALM };
        let mut trip = Trip::begin(limits, rate, draws);
        let mut samples = Vec::with_capacity(self.samples());
        for index in 0..self.samples() {
            let mut sample = trip.sample(draws);
            if self.clock == SampleClock::Stamps {
                (sample.t_s, sample.lateral) = (Some(index as f64 / rate), None);
            }
            samples.push(sample);
        }
        TripRequest::from(TripSamples {
            trip_id: None,
            vehicle: driver.vehicle.clone(),
            driver: driver.driver.clone(),
            at,
            sample_rate_hz: (self.clock == SampleClock::Rate).then_some(rate),
            samples,
        })
    }
}
