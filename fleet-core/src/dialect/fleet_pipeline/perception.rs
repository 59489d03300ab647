use crate::{
    EventTime, VehicleId,
    dialect::{
        Dialect, Lossy, Refused,
        object::{
            self, Draft, Field, Misfit, Number, Object, Shape, Target, UnknownKeys, fields, misfit,
            number_id, wrong_kind,
        },
    },
    event::{Direction, Layout, ObjectClass, Origin, Perception, Reading, Style},
    time::{NaiveTimeReader, TimeReader},
};

/// Sightings of the self-driving pipeline (topic `perception_events`): seven keys, one JSON object a record.
///
/// Ids and times are as in [`PipelineTelemetry`](super::PipelineTelemetry), and as required.
///
/// # Units
/// m and km/h. `object_speed_kmh` is the object's own speed over ground, without a direction.
///
/// # Shape
/// `vehicle_id timestamp object_class object_distance_m object_speed_kmh object_relative_direction confidence`.
///
/// # Examples
/// ```
/// use fleet_core::{dialect::{Dialect, PipelinePerception}, event::ObjectClass, time::NaiveTimeReader};
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
/// As for [`PipelineTelemetry`](super::PipelineTelemetry); also a class or direction that the system does not have.
#[derive(Clone, Copy, Debug, Default)]
pub struct PipelinePerception {
    unknown: UnknownKeys,
}

/// What a key sets in a sighting.
#[derive(Clone, Copy, Debug)]
pub(in crate::dialect) enum Seen {
    Vehicle,
    Time,
    Class,
    Direction,
    Number(Measure),
}

/// Which number; its place is its bit in the style.
#[derive(Clone, Copy, Debug)]
#[repr(u8)]
pub(in crate::dialect) enum Measure {
    Distance,
    Speed,
    Confidence,
}

const VEHICLE: u8 = 1;
const TIME: u8 = 2;
const NULL_CLASS: u16 = 1;
const NULL_DIRECTION: u16 = 2;

pub(in crate::dialect) static SHAPE: Shape<Seen> = Shape {
    name: "a sighting",
    origin: Origin::FleetPipeline,
    fields: fields! {
        "vehicle_id" => Seen::Vehicle,
        "timestamp" => Seen::Time,
        "object_class" => Seen::Class,
        "object_distance_m" => Seen::Number(Measure::Distance),
        "object_speed_kmh" => Seen::Number(Measure::Speed),
        "object_relative_direction" => Seen::Direction,
        "confidence" => Seen::Number(Measure::Confidence),
    },
};

impl Measure {
    fn set(self, event: &mut Perception, value: f64) {
        match self {
            Self::Distance => event.distance = Reading::of_raw(value),
            Self::Speed => event.speed = Reading::of_raw(value),
            Self::Confidence => event.confidence = Reading::of_raw(value),
        }
    }
    fn set_null(self, event: &mut Perception) {
        match self {
            Self::Distance => event.distance = Reading::null(),
            Self::Speed => event.speed = Reading::null(),
            Self::Confidence => event.confidence = Reading::null(),
        }
    }
    /// The number, and whether it is null.
    fn get(self, event: &Perception) -> (Option<f64>, bool) {
        match self {
            Self::Distance => (event.distance.raw(), event.distance.is_null()),
            Self::Speed => (event.speed.raw(), event.speed.is_null()),
            Self::Confidence => (event.confidence.raw(), event.confidence.is_null()),
        }
    }
}

impl Target for Seen {
    type Event = Perception;
    const NEEDS: u8 = VEHICLE | TIME;

    fn blank(origin: Origin) -> Perception {
        let mut event = Perception::new(VehicleId::placeholder(), EventTime::MIN);
        event.written.style = Style::of(origin);
        event
    }

    fn takes(self) -> &'static str {
        match self {
            Self::Vehicle => "a whole number or a text",
            Self::Time => "a text",
            Self::Class | Self::Direction => "a text or null",
            Self::Number(_) => "a number or null",
        }
    }

    fn need(self) -> u8 {
        match self {
            Self::Vehicle => VEHICLE,
            Self::Time => TIME,
            _ => 0,
        }
    }

    fn text(
        field: &Field<Self>,
        draft: &mut Draft<'_, Self>,
        text: &str,
        times: &mut TimeReader,
    ) -> Result<(), Misfit> {
        let event = &mut *draft.event;
        match field.sets {
            Self::Vehicle => {
                event.vehicle = VehicleId::new(text).map_err(|why| misfit(field, &why))?;
                event.written.style.integers |= Style::TEXT_ID;
            }
            Self::Time => {
                let (at, style) = times.read(text).map_err(|why| misfit(field, &why))?;
                (event.at, event.written.style.time) = (at, style);
            }
            Self::Class => {
                let class = ObjectClass::from_word(text);
                let why = format_args!("`{text}` is no object class");
                event.class = Some(class.ok_or_else(|| misfit(field, &why))?);
            }
            Self::Direction => {
                let direction = Direction::from_word(text);
                let why = format_args!("`{text}` is no direction");
                event.direction = Some(direction.ok_or_else(|| misfit(field, &why))?);
            }
            Self::Number(_) => return Err(wrong_kind(field, "a text")),
        }
        draft.found(field.sets);
        Ok(())
    }

    fn number(
        field: &Field<Self>,
        draft: &mut Draft<'_, Self>,
        number: Number,
    ) -> Result<(), Misfit> {
        match field.sets {
            Self::Vehicle => draft.event.vehicle = number_id(field, number)?,
            Self::Number(_) if !number.value.is_finite() => {
                return Err(misfit(field, &"the number is not finite"));
            }
            Self::Number(which) => {
                let style = &mut draft.event.written.style;
                style.integers |= u32::from(number.integer) << which as u8;
                which.set(draft.event, number.value);
            }
            _ => return Err(wrong_kind(field, "a number")),
        }
        draft.found(field.sets);
        Ok(())
    }

    fn null(field: &Field<Self>, draft: &mut Draft<'_, Self>) -> Result<(), Misfit> {
        let event = &mut *draft.event;
        match field.sets {
            Self::Vehicle | Self::Time => return Err(wrong_kind(field, "null")),
            Self::Class => event.written.nulls |= NULL_CLASS,
            Self::Direction => event.written.nulls |= NULL_DIRECTION,
            Self::Number(which) => which.set_null(event),
        }
        Ok(())
    }

    fn keep(event: &mut Perception, layout: Layout) {
        event.written.layout = Some(Box::new(layout));
    }

    fn layout(event: &Perception) -> Option<&Layout> {
        event.written.layout.as_deref()
    }

    fn is_of(event: &Perception, origin: Origin) -> bool {
        event.written.style.is_of(origin)
    }

    fn write(field: &Field<Self>, event: &Perception, to: &mut Object<'_>) {
        let written = &event.written;
        match field.sets {
            Self::Vehicle => to.id(field, event.vehicle.as_str(), written.style),
            Self::Time => to.time(field, event.at, written.style),
            Self::Class => {
                let word = event.class.map(ObjectClass::as_word);
                to.text(field, word, written.nulls & NULL_CLASS != 0);
            }
            Self::Direction => {
                let word = event.direction.map(Direction::as_word);
                to.text(field, word, written.nulls & NULL_DIRECTION != 0);
            }
            Self::Number(which) => match which.get(event) {
                (Some(value), _) => {
                    let whole = to.is_own() && written.style.has(1 << which as u8);
                    to.number(field, value, whole, false);
                }
                (None, true) => to.null(field),
                (None, false) => {}
            },
        }
    }
}

impl PipelinePerception {
    /// Keeps unknown keys and the order of all keys with each event, and writes them back.
    pub fn keeping_unknown_keys() -> Self {
        Self {
            unknown: UnknownKeys::Kept,
        }
    }
}

impl Dialect for PipelinePerception {
    type Event = Perception;
    type Memo = NaiveTimeReader;

    fn read(
        &self,
        record: &str,
        memo: &mut NaiveTimeReader,
    ) -> Result<Option<Perception>, Refused> {
        object::read(&SHAPE, self.unknown, record, &mut memo.0)
    }

    fn write(&self, event: &Perception, to: &mut Vec<u8>) {
        object::write(&SHAPE, event, to);
    }

    fn lossy(&self, event: &Perception) -> Lossy {
        Lossy::new()
            .note("object_track", event.track.is_some())
            .note("object_left_m", !event.left.is_missing())
            .note(
                "object_relative_speed_kmh",
                !event.relative_speed.is_missing(),
            )
            .unknown_keys(
                event.written.layout.as_deref(),
                Seen::is_of(event, SHAPE.origin),
            )
    }
}
