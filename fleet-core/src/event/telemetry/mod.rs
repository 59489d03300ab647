//! One observation of a vehicle's signals.

mod codec;
mod extra;
mod facts;
mod row;
mod serial;
#[cfg(test)]
mod tests;

pub use extra::{Layout, Slot, UnknownKey};
pub use facts::{Flag, NullField, RoadType, TextField};

use extra::Extra;

use facts::Road;

use super::{ContentHasher, Event, Reading, Signal, Status, Style};
use crate::data::{
    EventTime, FleetId, Position, VehicleId,
    units::{
        Acceleration, Distance, EngineSpeed, Heading, Latitude, Longitude, Percent, Quantity,
        Speed, Temperature, Voltage,
    },
};

/// One observation of a vehicle's signals, any of which may be missing or null.
///
/// # Shape
/// At most 192 bytes: ids are inline up to 24 bytes, 14 signals lie inside, the rare ones, unknown keys
/// and trouble codes in a box that most events do not have.
///
/// # Guarantees
/// Every number is finite. The style never changes what two events are compared by.
///
/// # Examples
/// ```
/// use fleet_core::{EventTime, VehicleId, event::Telemetry, units::Speed};
/// let at = EventTime::parse("2024-02-15T14:32:18Z")?;
/// let event = Telemetry::new(VehicleId::new("car-1")?, at).with_speed(Speed::from_kmh(92.5));
/// assert_eq!(event.speed(), Some(Speed::from_kmh(92.5)));
/// assert_eq!(event.battery_charge(), None);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Telemetry {
    vehicle: VehicleId,
    fleet: Option<FleetId>,
    at: EventTime,
    readings: [Reading<()>; Signal::INLINE],
    extra: Option<Box<Extra>>,
    style: Style,
    gear: Option<i8>,
    status: Word,
    nulls: u8,
    autopilot: Option<bool>,
    road: Road,
    flags: u8,
}

/// The status in one byte; another word lies in the box.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
enum Word {
    None,
    Idle,
    Moving,
    Alert,
    LowBattery,
    Offline,
    Other,
}

impl Telemetry {
    /// An observation without signals.
    #[inline]
    pub fn new(vehicle: VehicleId, at: EventTime) -> Self {
        Self {
            vehicle,
            fleet: None,
            at,
            readings: [Reading::missing(); Signal::INLINE],
            extra: None,
            style: Style::default(),
            gear: None,
            status: Word::None,
            nulls: 0,
            autopilot: None,
            road: Road::None,
            flags: 0,
        }
    }

    /// An event under construction, for a decoder that says [whose](Self::set_vehicle) and
    /// [when](Self::set_at) as soon as it has read that.
    #[inline]
    pub(crate) fn unnamed() -> Self {
        Self::new(VehicleId::placeholder(), EventTime::MIN)
    }
    /// Takes away all but whose observation it is and when, which a decoder sets next.
    #[inline]
    pub(crate) fn clear(&mut self) {
        self.fleet = None;
        self.readings = [Reading::missing(); Signal::INLINE];
        self.extra = None;
        self.style = Style::default();
        self.gear = None;
        self.status = Word::None;
        self.nulls = 0;
        self.autopilot = None;
        self.road = Road::None;
        self.flags = 0;
    }
    /// Sets whose observation it is.
    #[inline]
    pub(crate) fn set_vehicle(&mut self, vehicle: VehicleId) {
        self.vehicle = vehicle;
    }
    /// Sets when it was observed.
    #[inline]
    pub(crate) fn set_at(&mut self, at: EventTime) {
        self.at = at;
    }
    /// How the message wrote itself, to be completed.
    #[inline]
    pub(crate) fn style_mut(&mut self) -> &mut Style {
        &mut self.style
    }

    /// Whose observation it is.
    pub fn vehicle(&self) -> &VehicleId {
        &self.vehicle
    }
    /// The vehicle's fleet.
    pub fn fleet(&self) -> Option<&FleetId> {
        self.fleet.as_ref()
    }
    /// When it was observed.
    pub fn at(&self) -> EventTime {
        self.at
    }
    /// How the message wrote itself.
    pub fn style(&self) -> Style {
        self.style
    }
    /// Sets the fleet.
    #[inline]
    pub fn set_fleet(&mut self, fleet: Option<FleetId>) {
        self.fleet = fleet;
    }
    /// Sets how the message wrote itself.
    pub fn set_style(&mut self, style: Style) {
        self.style = style;
    }

    /// A signal as it came: a number, null or missing.
    #[inline]
    pub fn reading(&self, signal: Signal) -> Reading<()> {
        match self.readings.get(signal.index()) {
            Some(reading) => *reading,
            None => self
                .extra
                .as_ref()
                .map_or(Reading::missing(), |extra| extra.reading(signal)),
        }
    }
    /// A signal's number in its canonical unit.
    #[inline]
    pub fn value(&self, signal: Signal) -> Option<f64> {
        self.reading(signal).raw()
    }
    /// Sets a signal; the number is in the signal's canonical unit.
    #[inline]
    pub fn set(&mut self, signal: Signal, reading: Reading<()>) {
        match self.readings.get_mut(signal.index()) {
            Some(slot) => *slot = reading,
            None => self.extra_mut().set(signal, reading),
        }
    }

    /// Where the vehicle is, if both angles are there.
    pub fn position(&self) -> Option<Position> {
        Some(Position {
            latitude: self.latitude()?,
            longitude: self.longitude()?,
        })
    }

    /// The one-word state.
    pub fn status(&self) -> Option<Status> {
        Some(match self.status {
            Word::None => return None,
            Word::Idle => Status::Idle,
            Word::Moving => Status::Moving,
            Word::Alert => Status::Alert,
            Word::LowBattery => Status::LowBattery,
            Word::Offline => Status::Offline,
            Word::Other => return self.extra.as_ref()?.status.clone().map(Status::Other),
        })
    }
    /// Sets the one-word state.
    pub fn set_status(&mut self, status: Option<Status>) {
        if let Some(extra) = &mut self.extra {
            extra.status = None;
        }
        self.status = match status {
            None => Word::None,
            Some(Status::Idle) => Word::Idle,
            Some(Status::Moving) => Word::Moving,
            Some(Status::Alert) => Word::Alert,
            Some(Status::LowBattery) => Word::LowBattery,
            Some(Status::Offline) => Word::Offline,
            Some(Status::Other(word)) => {
                self.extra_mut().status = Some(word);
                Word::Other
            }
        };
    }

    fn extra_mut(&mut self) -> &mut Extra {
        self.extra.get_or_insert_default()
    }
}

macro_rules! signals {
    ($($(#[$doc:meta])* $signal:ident $get:ident $with:ident $quantity:ty, $from:path, $as:path;)*) => {
        impl Telemetry {$(
            $(#[$doc])*
            pub fn $get(&self) -> Option<$quantity> {
                self.value(Signal::$signal).map($from)
            }
            #[doc = concat!("Sets [`", stringify!($get), "`](Self::", stringify!($get), ").")]
            #[must_use]
            pub fn $with(mut self, value: $quantity) -> Self {
                self.set(Signal::$signal, Reading::of_raw($as(value)));
                self
            }
        )*}
    };
}

signals! {
    /// Degrees north.
    Latitude latitude with_latitude Latitude, Latitude::from_canonical, Latitude::canonical;
    /// Degrees east.
    Longitude longitude with_longitude Longitude, Longitude::from_canonical, Longitude::canonical;
    /// Speed over ground.
    Speed speed with_speed Speed, Speed::from_canonical, Speed::canonical;
    /// The limit that the event itself carries.
    SpeedLimit speed_limit with_speed_limit Speed, Speed::from_canonical, Speed::canonical;
    /// Direction of travel.
    Heading heading with_heading Heading, Heading::from_canonical, Heading::canonical;
    /// Distance since the vehicle was built.
    Odometer odometer with_odometer Distance, Distance::from_km, Distance::as_km;
    /// Longitudinal acceleration of the body, positive when speeding up.
    AccelerationLongitudinal acceleration_longitudinal with_acceleration_longitudinal Acceleration, Acceleration::from_canonical, Acceleration::canonical;
    /// Lateral acceleration of the body.
    AccelerationLateral acceleration_lateral with_acceleration_lateral Acceleration, Acceleration::from_canonical, Acceleration::canonical;
    /// State of charge of the traction battery.
    BatteryCharge battery_charge with_battery_charge Percent, Percent::from_canonical, Percent::canonical;
    /// Voltage of the 12 V system.
    BatteryVoltage battery_voltage with_battery_voltage Voltage, Voltage::from_canonical, Voltage::canonical;
    /// Temperature of the coolant.
    EngineTemperature engine_temperature with_engine_temperature Temperature, Temperature::from_canonical, Temperature::canonical;
    /// Speed of the engine.
    EngineSpeed engine_speed with_engine_speed EngineSpeed, EngineSpeed::from_canonical, EngineSpeed::canonical;
    /// Fuel level.
    Fuel fuel with_fuel Percent, Percent::from_canonical, Percent::canonical;
    /// Load, share of the capacity.
    Load load with_load Percent, Percent::from_canonical, Percent::canonical;
    /// Remaining range.
    Range range with_range Distance, Distance::from_km, Distance::as_km;
    /// Throttle position.
    Throttle throttle with_throttle Percent, Percent::from_canonical, Percent::canonical;
}

impl Event for Telemetry {
    #[inline]
    fn key(&self) -> &str {
        self.vehicle.as_str()
    }
    #[inline]
    fn at(&self) -> EventTime {
        self.at
    }
    fn identity(&self) -> u64 {
        let mut content = ContentHasher::new();
        for reading in &self.readings {
            content.integer(reading.to_bits());
        }
        let small = [
            self.status as u8,
            self.nulls,
            self.gear.map_or(0x80, i8::cast_unsigned),
        ];
        let autopilot = self.autopilot.map_or(2, u8::from);
        let road = self.road as u8;
        content.integer(u64::from_le_bytes([
            small[0], small[1], small[2], autopilot, road, self.flags, 0, 0,
        ]));
        content.text(self.fleet.as_ref().map_or("", FleetId::as_str));
        if let Some(extra) = &self.extra {
            extra.hash(&mut content);
        }
        content.finish()
    }
}
