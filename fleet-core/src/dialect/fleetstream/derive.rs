//! The values that FleetStream leaves to its consumers to derive.

use crate::{
    data::units::{EngineSpeed, Speed},
    event::{Flag, Reading, RoadType, Signal, Telemetry},
};

/// Derives the last four keys of FleetStream where the producer leaves them out.
///
/// # Units
/// The limits are 50 km/h in towns, 90 outside and 130 on highways. Speeding is faster than the
/// limit plus the tolerance, and the red line is 6200 rpm. All comparisons are strict.
///
/// # Examples
/// ```
/// use fleet_core::event::{RoadType, Telemetry};
/// use fleet_core::{EventTime, VehicleId, dialect::Derivation, units::Speed};
/// let mut event = Telemetry::new(VehicleId::new("TESTCAR01")?, EventTime::MIN);
/// event.set_road(Some("rural"));
/// let derive = Derivation::default();
/// assert_eq!(derive.speed_limit(&event), Some(Speed::from_kmh(90.0)));
/// assert_eq!(derive.speeding(&event.clone().with_speed(Speed::from_kmh(95.0))), Some(false));
/// assert_eq!(derive.speeding(&event.with_speed(Speed::from_kmh(95.1))), Some(true));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # References
/// The public project FleetStream: its road limits, `SPEED_TOLERANCE_KMH` and redline.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Derivation {
    /// How far above the limit a speed is not yet speeding.
    pub tolerance: Speed,
    /// The highest engine speed that is not over the red line.
    pub redline: EngineSpeed,
}

impl Default for Derivation {
    fn default() -> Self {
        Self {
            tolerance: Speed::from_kmh(5.0),
            redline: EngineSpeed::from_rpm(6200.0),
        }
    }
}

impl RoadType {
    /// Returns the limit that FleetStream assumes on such a road.
    pub fn limit(self) -> Speed {
        Speed::from_kmh(match self {
            Self::Urban => 50.0,
            Self::Rural => 90.0,
            Self::Highway => 130.0,
        })
    }
}

impl Derivation {
    /// Returns the kind of road of an event, or the one that has the limit of the event.
    pub fn road_type(&self, event: &Telemetry) -> Option<RoadType> {
        if event.road_word().is_some() {
            return event.road_type();
        }
        let limit = event.speed_limit()?;
        let mut roads = RoadType::ALL.iter().copied();
        roads.find(|road| road.limit() == limit)
    }

    /// Returns the speed limit of an event, or that of its road.
    pub fn speed_limit(&self, event: &Telemetry) -> Option<Speed> {
        let of_road = || event.road_type().map(RoadType::limit);
        event.speed_limit().or_else(of_road)
    }

    /// Returns whether the car is speeding: as the event says, or by its speed, limit and
    /// tolerance.
    pub fn speeding(&self, event: &Telemetry) -> Option<bool> {
        let derived = || {
            let limit = self.speed_limit(event)?.as_kmh() + self.tolerance.as_kmh();
            Some(event.speed()?.as_kmh() > limit)
        };
        event.flag(Flag::Speeding).or_else(derived)
    }

    /// Returns whether the engine is over the red line: as the event says, or by its speed.
    pub fn over_redline(&self, event: &Telemetry) -> Option<bool> {
        let derived = || Some(event.engine_speed()? > self.redline);
        event.flag(Flag::OverRedline).or_else(derived)
    }

    /// Sets the values that are absent and can be derived, for a consumer that needs all twelve
    /// keys.
    pub fn complete(&self, event: &mut Telemetry) {
        let (road, limit) = (self.road_type(event), self.speed_limit(event));
        let (speeding, redline) = (self.speeding(event), self.over_redline(event));
        if event.road_word().is_none() {
            event.set_road(road.map(RoadType::as_word));
        }
        if event.reading(Signal::SpeedLimit).raw().is_none()
            && let Some(limit) = limit
        {
            event.set(Signal::SpeedLimit, Reading::of_raw(limit.as_kmh()));
            event.style_mut().integers |= 1 << Signal::SpeedLimit.index();
        }
        for (flag, said) in [(Flag::Speeding, speeding), (Flag::OverRedline, redline)] {
            // A value that cannot be derived stays null or missing.
            if said.is_some() {
                event.set_flag(flag, said);
            }
        }
    }
}
