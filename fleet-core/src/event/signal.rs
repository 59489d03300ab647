//! The signals of a vehicle and their names.

use std::{ops::RangeInclusive, str::FromStr};

macro_rules! signals {
    ($(#[$section:meta] $($name:ident $text:literal,)*)*) => {
        /// A measured quantity of a vehicle, used as the index of a reading in
        /// [`Telemetry`](super::Telemetry).
        ///
        /// Its name is the serialised field with the unit, the same in rules, column maps and
        /// tables.
        ///
        /// # Examples
        /// ```
        /// use fleet_core::event::Signal;
        /// assert_eq!(Signal::Speed.name(), "speed_kmh");
        /// assert_eq!("battery_pct".parse(), Ok(Signal::BatteryCharge));
        /// ```
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        #[repr(u8)]
        pub enum Signal {
            $($(#[doc = concat!("`", $text, "`")] $name,)*)*
        }

        impl Signal {
            /// All signals, in the order of their index.
            pub const ALL: &'static [Self] = &[$($(Self::$name,)*)*];

            /// The name of the serialised field.
            pub const fn name(self) -> &'static str {
                match self { $($(Self::$name => $text,)*)* }
            }
        }
    };
}

signals! {
    /// Stored inline in every event.
    Latitude "latitude",
    Longitude "longitude",
    Speed "speed_kmh",
    SpeedLimit "limit_kmh",
    Heading "heading_deg",
    Odometer "odometer_km",
    AccelerationLongitudinal "accel_long_g",
    AccelerationLateral "accel_lat_g",
    BatteryCharge "battery_pct",
    BatteryVoltage "battery_v",
    EngineTemperature "engine_temp_c",
    EngineSpeed "rpm",
    Fuel "fuel_pct",
    Load "load_pct",
    /// Stored in a separate allocation, only in events that have them.
    AccelerationVertical "accel_vert_g",
    AccelerationEast "accel_east_g",
    AccelerationNorth "accel_north_g",
    YawRate "yaw_rate_deg_s",
    Throttle "throttle_pct",
    Altitude "altitude_m",
    Accuracy "accuracy_m",
    Range "range_km",
}

impl Signal {
    /// The number of signals stored inline. Any other signal costs the event an allocation.
    pub const INLINE: usize = 14;

    /// The index of the signal. It is stable within one version of the snapshot format.
    pub const fn index(self) -> usize {
        self as usize
    }

    /// The numbers that decoders accept, in the signal's unit. Coordinates must lie on Earth; any
    /// other finite number is accepted.
    ///
    /// # Examples
    /// ```
    /// use fleet_core::event::Signal;
    /// assert!(!Signal::Latitude.accepted().contains(&91.0));
    /// assert!(Signal::Speed.accepted().contains(&410.0));
    /// ```
    #[inline]
    pub const fn accepted(self) -> RangeInclusive<f64> {
        match self {
            Self::Latitude => -90.0..=90.0,
            Self::Longitude => -180.0..=180.0,
            _ => f64::MIN..=f64::MAX,
        }
    }
}

impl FromStr for Signal {
    type Err = UnknownSignal;
    fn from_str(text: &str) -> Result<Self, UnknownSignal> {
        Self::ALL
            .iter()
            .copied()
            .find(|signal| signal.name() == text)
            .ok_or(UnknownSignal)
    }
}

/// The text is not the name of a signal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a signal: the names are the fields of telemetry with their unit, such as speed_kmh")]
pub struct UnknownSignal;
