//! Telemetry: one observation of a vehicle's signals.

mod codec;
mod extra;
mod facts;
mod row;
mod serial;
#[cfg(test)]
mod tests;
mod vocabulary;

pub use extra::{Layout, Slot, UnknownKey};
pub use vocabulary::{Flag, NullField, RoadType, TextField};

use extra::Extra;
use vocabulary::RoadCode;

use super::{ContentHasher, Event, Reading, Signal, Status, Style};
use crate::data::{
    EventTime, FleetId, GeoPoint, VehicleId,
    units::{
        Acceleration, Distance, EngineSpeed, Heading, Latitude, Longitude, Percent, Quantity,
        Speed, Temperature, Voltage,
    },
};

/// One observation of a vehicle's signals, any of which may be missing or null.
///
/// # Shape
/// At most 192 bytes. Ids of up to 24 bytes and 14 signals are stored inline. Rare signals, unknown
/// keys and trouble codes are boxed, which most events do not need.
///
/// # Guarantees
/// Every number is finite. The style never affects the identity of an event.
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
    status: StatusCode,
    nulls: u8,
    autopilot: Option<bool>,
    road: RoadCode,
    flags: u8,
}

/// The status in one byte. Any other word is stored in [`Extra`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
enum StatusCode {
    None,
    Idle,
    Moving,
    Alert,
    LowBattery,
    Offline,
    Other,
}

impl Telemetry {
    /// Creates an observation without signals.
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
            status: StatusCode::None,
            nulls: 0,
            autopilot: None,
            road: RoadCode::None,
            flags: 0,
        }
    }

    /// Creates an event for a decoder that sets [`vehicle`](Self::set_vehicle) and
    /// [`at`](Self::set_at) once it has read them.
    #[inline]
    pub(crate) fn unnamed() -> Self {
        Self::new(VehicleId::placeholder(), EventTime::MIN)
    }
    /// Resets everything but vehicle and time, which the decoder sets next.
    #[inline]
    pub(crate) fn clear(&mut self) {
        self.fleet = None;
        self.readings = [Reading::missing(); Signal::INLINE];
        self.extra = None;
        self.style = Style::default();
        self.gear = None;
        self.status = StatusCode::None;
        self.nulls = 0;
        self.autopilot = None;
        self.road = RoadCode::None;
        self.flags = 0;
    }
    /// Sets the observed vehicle.
    #[inline]
    pub(crate) fn set_vehicle(&mut self, vehicle: VehicleId) {
        self.vehicle = vehicle;
    }
    /// Sets the time of the observation.
    #[inline]
    pub(crate) fn set_at(&mut self, at: EventTime) {
        self.at = at;
    }
    /// The style of the message, for a decoder to complete.
    #[inline]
    pub(crate) fn style_mut(&mut self) -> &mut Style {
        &mut self.style
    }

    /// The observed vehicle.
    pub fn vehicle(&self) -> &VehicleId {
        &self.vehicle
    }
    /// The vehicle's fleet.
    pub fn fleet(&self) -> Option<&FleetId> {
        self.fleet.as_ref()
    }
    /// The time of the observation.
    pub fn at(&self) -> EventTime {
        self.at
    }
    /// The style in which the message was written.
    pub fn style(&self) -> Style {
        self.style
    }
    /// Sets the fleet.
    #[inline]
    pub fn set_fleet(&mut self, fleet: Option<FleetId>) {
        self.fleet = fleet;
    }
    /// Sets the style in which the message was written.
    pub fn set_style(&mut self, style: Style) {
        self.style = style;
    }

    /// Returns a signal as received: a number, null or missing.
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
    /// Returns the number of a signal in its canonical unit.
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

    /// The position of the vehicle, if both coordinates are present.
    pub fn position(&self) -> Option<GeoPoint> {
        Some(GeoPoint {
            latitude: self.latitude()?,
            longitude: self.longitude()?,
        })
    }

    /// The status word.
    pub fn status(&self) -> Option<Status> {
        Some(match self.status {
            StatusCode::None => return None,
            StatusCode::Idle => Status::Idle,
            StatusCode::Moving => Status::Moving,
            StatusCode::Alert => Status::Alert,
            StatusCode::LowBattery => Status::LowBattery,
            StatusCode::Offline => Status::Offline,
            StatusCode::Other => return self.extra.as_ref()?.status.clone().map(Status::Other),
        })
    }
    /// Sets the status word.
    pub fn set_status(&mut self, status: Option<Status>) {
        if let Some(extra) = &mut self.extra {
            extra.status = None;
        }
        self.status = match status {
            None => StatusCode::None,
            Some(Status::Idle) => StatusCode::Idle,
            Some(Status::Moving) => StatusCode::Moving,
            Some(Status::Alert) => StatusCode::Alert,
            Some(Status::LowBattery) => StatusCode::LowBattery,
            Some(Status::Offline) => StatusCode::Offline,
            Some(Status::Other(word)) => {
                self.extra_mut().status = Some(word);
                StatusCode::Other
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
    /// Latitude, in degrees north.
    Latitude latitude with_latitude Latitude, Latitude::from_canonical, Latitude::canonical;
    /// Longitude, in degrees east.
    Longitude longitude with_longitude Longitude, Longitude::from_canonical, Longitude::canonical;
    /// Speed over ground.
    Speed speed with_speed Speed, Speed::from_canonical, Speed::canonical;
    /// The speed limit that the event itself carries.
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
    /// Temperature of the engine coolant.
    EngineTemperature engine_temperature with_engine_temperature Temperature, Temperature::from_canonical, Temperature::canonical;
    /// Engine speed.
    EngineSpeed engine_speed with_engine_speed EngineSpeed, EngineSpeed::from_canonical, EngineSpeed::canonical;
    /// Fuel level.
    Fuel fuel with_fuel Percent, Percent::from_canonical, Percent::canonical;
    /// Load as a share of the capacity.
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
