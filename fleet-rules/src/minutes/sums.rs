//! What is summed over the events of a minute.

use fleet_core::{
    EventTime, State,
    event::{Status, Telemetry},
    odometry::Segment,
    units::{Percent, Speed, Temperature},
    window::{Aggregate, Summary},
};

/// Sums over the events of one vehicle and minute.
///
/// # Units
/// km/h, percent, degrees Celsius, metres.
///
/// # Guarantees
/// Merging is associative and commutative to the last bit, as in [`Summary`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MinuteSums {
    /// Speed over ground, km/h. Its `rows` are the number of events.
    pub speed: Summary,
    /// Charge of the traction battery, percent.
    pub battery: Summary,
    /// Engine temperature, degrees Celsius.
    pub engine_temperature: Summary,
    /// Distance up to each event from the one before it, m.
    pub distance: Summary,
    /// The number of events whose status is `ALERT`, as VehicleOps counts alerts.
    pub alerts: u64,
}

impl MinuteSums {
    /// The sums of no events.
    pub const EMPTY: Self = Self {
        speed: Summary::EMPTY,
        battery: Summary::EMPTY,
        engine_temperature: Summary::EMPTY,
        distance: Summary::EMPTY,
        alerts: 0,
    };

    /// Adds the contents of other sums.
    pub fn merge(&mut self, other: &Self) {
        self.speed.merge(&other.speed);
        self.battery.merge(&other.battery);
        self.engine_temperature.merge(&other.engine_temperature);
        self.distance.merge(&other.distance);
        self.alerts += other.alerts;
    }
}

/// # Layout
/// `speed, battery, engine temperature, distance, alerts u64`
impl State for MinuteSums {
    const VERSION: u16 = {
        assert!(Summary::VERSION == 1, "a new layout here, too");
        1
    };

    fn encode(&self, to: &mut Vec<u8>) {
        let summaries = [
            self.speed,
            self.battery,
            self.engine_temperature,
            self.distance,
        ];
        for summary in summaries {
            summary.encode(to);
        }
        self.alerts.encode(to);
    }

    fn decode(version: u16, from: &mut &[u8]) -> Option<Self> {
        (version == Self::VERSION).then_some(())?;
        let mut summary = || Summary::decode(Summary::VERSION, from);
        Some(Self {
            speed: summary()?,
            battery: summary()?,
            engine_temperature: summary()?,
            distance: summary()?,
            alerts: u64::decode(u64::VERSION, from)?,
        })
    }
}

/// What one event adds to its minute.
#[derive(Debug)]
pub(super) struct Measures {
    speed_kmh: Option<f64>,
    battery_pct: Option<f64>,
    engine_temp_c: Option<f64>,
    distance_m: Option<f64>,
    is_alert: bool,
}

impl Measures {
    /// Takes the values of an event, and the distance up to it.
    pub(super) fn of(event: &Telemetry, segment: Option<&Segment>) -> Self {
        let measured = segment.filter(|segment| segment.method.is_some());
        Self {
            speed_kmh: event.speed().map(Speed::as_kmh),
            battery_pct: event.battery_charge().map(Percent::as_percent),
            engine_temp_c: event.engine_temperature().map(Temperature::as_celsius),
            distance_m: measured.map(|segment| segment.distance().as_m()),
            is_alert: event.status() == Some(Status::Alert),
        }
    }
}

/// Adds [`Measures`] up.
#[derive(Debug)]
pub(super) struct SumMeasures;

impl Aggregate for SumMeasures {
    type In = Measures;
    type Accumulator = MinuteSums;
    type Out = MinuteSums;

    fn empty(&self) -> MinuteSums {
        MinuteSums::EMPTY
    }

    fn add(&self, sums: &mut MinuteSums, event: &Measures, at: EventTime) {
        sums.speed.add(event.speed_kmh, at);
        sums.battery.add(event.battery_pct, at);
        sums.engine_temperature.add(event.engine_temp_c, at);
        sums.distance.add(event.distance_m, at);
        sums.alerts += u64::from(event.is_alert);
    }

    fn merge(&self, into: &mut MinuteSums, other: &MinuteSums) {
        into.merge(other);
    }

    fn finish(&self, sums: &MinuteSums) -> MinuteSums {
        *sums
    }
}
