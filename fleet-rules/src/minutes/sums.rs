//! What is summed over the events of a minute.

use fleet_core::{
    EventTime, State,
    event::{Status, Telemetry},
    odometry::Segment,
    units::{Percent, Speed, Temperature},
    window::Summary,
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

    /// Adds an event, and the distance up to it.
    pub(super) fn add(&mut self, event: &Telemetry, segment: Option<&Segment>, at: EventTime) {
        let measured = segment.filter(|segment| segment.method.is_some());
        self.speed.add(event.speed().map(Speed::as_kmh), at);
        let charge = event.battery_charge().map(Percent::as_percent);
        self.battery.add(charge, at);
        let engine = event.engine_temperature().map(Temperature::as_celsius);
        self.engine_temperature.add(engine, at);
        let metres = measured.map(|segment| segment.distance().as_m());
        self.distance.add(metres, at);
        self.alerts += u64::from(event.status() == Some(Status::Alert));
    }

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
