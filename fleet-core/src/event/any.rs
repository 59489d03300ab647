//! One type for telemetry, perception and driving events.

use super::{Driving, Event, Perception, Telemetry};
use crate::data::{EventTime, State};

/// Any event of a vehicle, for streams that share one topic and are joined by their key.
///
/// # Examples
/// ```
/// use fleet_core::{Event, EventTime, VehicleId, event::{FleetEvent, Telemetry}};
/// let event = FleetEvent::from(Telemetry::new(VehicleId::new("car-1")?, EventTime::MIN));
/// assert_eq!(event.key(), "car-1");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum FleetEvent {
    /// An observation of the vehicle's signals.
    Telemetry(Telemetry),
    /// An object that the vehicle's sensors saw.
    Perception(Perception),
    /// An action of the driving system or its driver.
    Driving(Driving),
}

impl From<Telemetry> for FleetEvent {
    fn from(event: Telemetry) -> Self {
        Self::Telemetry(event)
    }
}

impl From<Perception> for FleetEvent {
    fn from(event: Perception) -> Self {
        Self::Perception(event)
    }
}

impl From<Driving> for FleetEvent {
    fn from(event: Driving) -> Self {
        Self::Driving(event)
    }
}

impl TryFrom<FleetEvent> for Telemetry {
    type Error = FleetEvent;
    fn try_from(event: FleetEvent) -> Result<Self, FleetEvent> {
        if let FleetEvent::Telemetry(event) = event {
            Ok(event)
        } else {
            Err(event)
        }
    }
}

impl TryFrom<FleetEvent> for Perception {
    type Error = FleetEvent;
    fn try_from(event: FleetEvent) -> Result<Self, FleetEvent> {
        if let FleetEvent::Perception(event) = event {
            Ok(event)
        } else {
            Err(event)
        }
    }
}

impl TryFrom<FleetEvent> for Driving {
    type Error = FleetEvent;
    fn try_from(event: FleetEvent) -> Result<Self, FleetEvent> {
        if let FleetEvent::Driving(event) = event {
            Ok(event)
        } else {
            Err(event)
        }
    }
}

impl FleetEvent {
    /// The telemetry, if it is that.
    pub fn telemetry(&self) -> Option<&Telemetry> {
        if let Self::Telemetry(event) = self {
            Some(event)
        } else {
            None
        }
    }
    /// The perception, if it is one.
    pub fn perception(&self) -> Option<&Perception> {
        if let Self::Perception(event) = self {
            Some(event)
        } else {
            None
        }
    }
    /// The driving event, if it is one.
    pub fn driving(&self) -> Option<&Driving> {
        if let Self::Driving(event) = self {
            Some(event)
        } else {
            None
        }
    }
}

impl Event for FleetEvent {
    fn key(&self) -> &str {
        match self {
            Self::Telemetry(event) => event.key(),
            Self::Perception(event) => event.key(),
            Self::Driving(event) => event.key(),
        }
    }
    fn at(&self) -> EventTime {
        match self {
            Self::Telemetry(event) => event.at(),
            Self::Perception(event) => event.at,
            Self::Driving(event) => event.at,
        }
    }
    fn identity(&self) -> u64 {
        match self {
            Self::Telemetry(event) => event.identity(),
            Self::Perception(event) => event.identity(),
            Self::Driving(event) => event.identity(),
        }
    }
}

impl State for FleetEvent {
    /// One version for all three types, increased when any of them is.
    const VERSION: u16 = 2;
    fn encode(&self, to: &mut Vec<u8>) {
        match self {
            Self::Telemetry(event) => {
                to.push(0);
                event.encode(to);
            }
            Self::Perception(event) => {
                to.push(1);
                event.encode(to);
            }
            Self::Driving(event) => {
                to.push(2);
                event.encode(to);
            }
        }
    }
    fn decode(version: u16, from: &mut &[u8]) -> Option<Self> {
        // In version 1 of this type all three were at version 1, in version 2 all are at version 2.
        if !(1..=Self::VERSION).contains(&version) {
            return None;
        }
        Some(match u8::decode(0, from)? {
            0 => Self::Telemetry(Telemetry::decode(version, from)?),
            1 => Self::Perception(Perception::decode(version, from)?),
            2 => Self::Driving(Driving::decode(version, from)?),
            _ => return None,
        })
    }
}
