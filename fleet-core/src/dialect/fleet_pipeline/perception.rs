//! Perception events of the self-driving pipeline.

use super::event_target::{EventTarget, OwnTarget};
use crate::{
    data::{EventTime, VehicleId, time::NaiveTimeReader},
    dialect::{
        Lossy,
        object::{Schema, UnknownKeys, fields},
        table::table_dialect,
    },
    event::{Direction, ObjectClass, Origin, Perception, Reading, WireForm},
};

/// Perception events of the self-driving pipeline (topic `perception_events`): one JSON object with
/// seven keys per record.
///
/// Ids and times are those of [`PipelineTelemetry`](super::PipelineTelemetry), and required too.
///
/// # Units
/// m and km/h. `object_speed_kmh` is the speed of the object over ground, without a direction.
///
/// # Shape
/// `vehicle_id timestamp object_class object_distance_m object_speed_kmh object_relative_direction
/// confidence`.
///
/// # Examples
/// ```
/// use fleet_core::dialect::{Dialect, PipelinePerception};
/// use fleet_core::{event::ObjectClass, time::NaiveTimeReader};
/// let line = r#"{"vehicle_id":7,"timestamp":"2024-02-15 14:32:18","object_class":"pedestrian","object_distance_m":4.5,"object_speed_kmh":12.0,"object_relative_direction":"ahead","confidence":0.93}"#;
/// let event = PipelinePerception::default().read(line, &mut NaiveTimeReader::default())?.unwrap();
/// assert_eq!(event.class, Some(ObjectClass::Pedestrian));
/// let mut again = Vec::new();
/// PipelinePerception::default().write(&event, &mut again);
/// assert_eq!(again, line.as_bytes());
/// # Ok::<(), fleet_core::dialect::Refused>(())
/// ```
///
/// # Errors
/// Refuses what [`PipelineTelemetry`](super::PipelineTelemetry) refuses; also a class or direction
/// that the system does not have.
#[derive(Clone, Copy, Debug, Default)]
pub struct PipelinePerception {
    unknown: UnknownKeys,
}

/// What a field of a perception event sets besides vehicle and time.
#[derive(Clone, Copy, Debug)]
#[repr(u8)]
pub(crate) enum PerceptionTarget {
    Distance,
    Speed,
    Confidence,
    Class,
    Direction,
}

pub(crate) static SCHEMA: Schema<EventTarget<PerceptionTarget>> = Schema {
    name: "a sighting",
    origin: Origin::FleetPipeline,
    fields: fields! {
        "vehicle_id" => EventTarget::Vehicle,
        "timestamp" => EventTarget::Time,
        "object_class" => EventTarget::Word(PerceptionTarget::Class),
        "object_distance_m" => EventTarget::Number(PerceptionTarget::Distance),
        "object_speed_kmh" => EventTarget::Number(PerceptionTarget::Speed),
        "object_relative_direction" => EventTarget::Word(PerceptionTarget::Direction),
        "confidence" => EventTarget::Number(PerceptionTarget::Confidence),
    },
};

impl OwnTarget for PerceptionTarget {
    type Event = Perception;

    fn blank() -> Perception {
        Perception::new(VehicleId::placeholder(), EventTime::MIN)
    }

    fn head(event: &Perception) -> (&VehicleId, EventTime, &WireForm) {
        (&event.vehicle, event.at, &event.written)
    }

    fn head_mut(event: &mut Perception) -> (&mut VehicleId, &mut EventTime, &mut WireForm) {
        (&mut event.vehicle, &mut event.at, &mut event.written)
    }

    fn bit(self) -> u16 {
        1 << self as u8
    }

    fn set_word(self, event: &mut Perception, word: &str) -> Result<(), String> {
        match self {
            Self::Class => {
                let class = ObjectClass::from_word(word);
                event.class = Some(class.ok_or_else(|| format!("`{word}` is no object class"))?);
            }
            Self::Direction => {
                let direction = Direction::from_word(word);
                event.direction =
                    Some(direction.ok_or_else(|| format!("`{word}` is no direction"))?);
            }
            Self::Distance | Self::Speed | Self::Confidence => {}
        }
        Ok(())
    }

    fn word(self, event: &Perception) -> Option<&str> {
        match self {
            Self::Class => event.class.map(ObjectClass::as_word),
            Self::Direction => event.direction.map(Direction::as_word),
            Self::Distance | Self::Speed | Self::Confidence => None,
        }
    }

    fn set_number(self, event: &mut Perception, number: Reading<()>) {
        match self {
            Self::Distance => event.distance = number.cast(),
            Self::Speed => event.speed = number.cast(),
            Self::Confidence => event.confidence = number.cast(),
            Self::Class | Self::Direction => {}
        }
    }

    fn number(self, event: &Perception) -> Reading<()> {
        match self {
            Self::Distance => event.distance.cast(),
            Self::Speed => event.speed.cast(),
            Self::Confidence => event.confidence.cast(),
            Self::Class | Self::Direction => Reading::missing(),
        }
    }

    fn lossy(event: &Perception) -> Lossy {
        let relative = !event.relative_speed.is_missing();
        Lossy::new()
            .note("object_track", event.track.is_some())
            .note("object_left_m", !event.left.is_missing())
            .note("object_relative_speed_kmh", relative)
    }
}

table_dialect! {
    PipelinePerception: Perception, NaiveTimeReader, SCHEMA
}
