use super::{Driving, Event, Perception, Telemetry};
use crate::data::{EventTime, State};

/// Any event of one vehicle, for streams that travel in one topic and are joined by their key.
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
    /// An object that its sensors saw.
    Perception(Perception),
    /// Something it or its driver did.
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
    /// The observation, if it is one.
    pub fn telemetry(&self) -> Option<&Telemetry> {
        if let Self::Telemetry(event) = self {
            Some(event)
        } else {
            None
        }
    }
    /// The sighting, if it is one.
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
    /// One version for all: it is raised when any of the three is.
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
        // All three were of version 1 with the first, and are of version 2 with the second.
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
