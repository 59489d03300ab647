use compact_str::CompactString;

use crate::{
    EventTime, Position, VehicleId,
    dialect::{
        Dialect, Lossy, Refused,
        object::{
            self, Draft, Field, Misfit, Number, Object, Shape, Target, UnknownKeys, check_text,
            fields, misfit, number_id, wrong_kind,
        },
    },
    event::{Driving, DrivingKind, Layout, Origin, Reading, Signal, Style},
    time::{NaiveTimeReader, TimeReader},
    units::{Latitude, Longitude},
};

/// Driving events of the self-driving pipeline (topic `driving_events`): six keys, one JSON object a record.
///
/// Ids and times are as in [`PipelineTelemetry`](super::PipelineTelemetry); `event_type` is required too.
///
/// # Units
/// Degrees.
///
/// # Shape
/// `vehicle_id timestamp event_type event_detail latitude longitude`. A place has both angles, or both are null, or
/// both are missing.
///
/// # Examples
/// ```
/// use fleet_core::{dialect::{Dialect, PipelineDriving}, event::DrivingKind, time::NaiveTimeReader};
/// let line = r#"{"vehicle_id":7,"timestamp":"2024-02-15 14:32:18","event_type":"disengagement","event_detail":"sensor fault","latitude":37.7749,"longitude":-122.4194}"#;
/// let event = PipelineDriving::default().read(line, &mut NaiveTimeReader::default())?.unwrap();
/// assert_eq!(event.kind, DrivingKind::Disengagement);
/// let mut again = Vec::new();
/// PipelineDriving::default().write(&event, &mut again);
/// assert_eq!(again, line.as_bytes());
/// # Ok::<(), fleet_core::dialect::Refused>(())
/// ```
///
/// # Errors
/// As for [`PipelineTelemetry`](super::PipelineTelemetry); also an event type that the system does not have, and half
/// a place.
#[derive(Clone, Copy, Debug, Default)]
pub struct PipelineDriving {
    unknown: UnknownKeys,
}

/// What a key sets in a driving event.
#[derive(Clone, Copy, Debug)]
pub(in crate::dialect) enum Did {
    Vehicle,
    Time,
    Kind,
    Detail,
    Angle(Signal),
}

/// A driving event whose place is not complete yet.
#[derive(Clone, Debug)]
pub(in crate::dialect) struct Doing {
    pub(in crate::dialect) event: Driving,
    latitude: Reading<()>,
    longitude: Reading<()>,
}

const VEHICLE: u8 = 1;
const TIME: u8 = 2;
const KIND: u8 = 4;
const NULL_DETAIL: u16 = 1;
const NULL_PLACE: u16 = 2;

pub(in crate::dialect) static SHAPE: Shape<Did> = Shape {
    name: "a driving event",
    origin: Origin::FleetPipeline,
    fields: fields! {
        "vehicle_id" => Did::Vehicle,
        "timestamp" => Did::Time,
        "event_type" => Did::Kind,
        "event_detail" => Did::Detail,
        "latitude" => Did::Angle(Signal::Latitude),
        "longitude" => Did::Angle(Signal::Longitude),
    },
};

impl Doing {
    fn angle(&mut self, signal: Signal) -> &mut Reading<()> {
        if signal == Signal::Latitude {
            &mut self.latitude
        } else {
            &mut self.longitude
        }
    }

    /// The event with its place.
    fn finish(mut self) -> Result<Driving, Refused> {
        self.event.position = match (self.latitude.raw(), self.longitude.raw()) {
            (Some(latitude), Some(longitude)) => Some(Position {
                latitude: Latitude::from_degrees(latitude),
                longitude: Longitude::from_degrees(longitude),
            }),
            (None, None) if self.latitude == self.longitude => None,
            _ => {
                return Err(Refused(
                    "latitude and longitude: one without the other".into(),
                ));
            }
        };
        if self.latitude.is_null() {
            self.event.written.nulls |= NULL_PLACE;
        }
        Ok(self.event)
    }

    /// The inverse of [`finish`](Self::finish).
    fn of(event: &Driving) -> Self {
        let place = |angle: Option<f64>| match angle {
            Some(angle) => Reading::of_raw(angle),
            None if event.written.nulls & NULL_PLACE != 0 => Reading::null(),
            None => Reading::missing(),
        };
        let position = event.position;
        Self {
            event: event.clone(),
            latitude: place(position.map(|place| place.latitude.as_degrees())),
            longitude: place(position.map(|place| place.longitude.as_degrees())),
        }
    }
}

impl Target for Did {
    type Event = Doing;
    const NEEDS: u8 = VEHICLE | TIME | KIND;

    fn blank(origin: Origin) -> Doing {
        let vehicle = VehicleId::placeholder();
        let mut event = Driving::new(vehicle, EventTime::MIN, DrivingKind::Intervention);
        event.written.style = Style::of(origin);
        Doing {
            event,
            latitude: Reading::missing(),
            longitude: Reading::missing(),
        }
    }

    fn takes(self) -> &'static str {
        match self {
            Self::Vehicle => "a whole number or a text",
            Self::Time | Self::Kind => "a text",
            Self::Detail => "a text or null",
            Self::Angle(_) => "a number or null",
        }
    }

    fn need(self) -> u8 {
        match self {
            Self::Vehicle => VEHICLE,
            Self::Time => TIME,
            Self::Kind => KIND,
            _ => 0,
        }
    }

    fn text(
        field: &Field<Self>,
        draft: &mut Draft<'_, Self>,
        text: &str,
        times: &mut TimeReader,
    ) -> Result<(), Misfit> {
        let event = &mut draft.event.event;
        match field.sets {
            Self::Vehicle => {
                event.vehicle = VehicleId::new(text).map_err(|why| misfit(field, &why))?;
                event.written.style.integers |= Style::TEXT_ID;
            }
            Self::Time => {
                let (at, style) = times.read(text).map_err(|why| misfit(field, &why))?;
                (event.at, event.written.style.time) = (at, style);
            }
            Self::Kind => {
                let kind = DrivingKind::from_word(text);
                let why = format_args!("`{text}` is no driving event");
                event.kind = kind.ok_or_else(|| misfit(field, &why))?;
            }
            Self::Detail => {
                check_text(field, text)?;
                event.detail = Some(CompactString::new(text));
            }
            Self::Angle(_) => return Err(wrong_kind(field, "a text")),
        }
        draft.found(field.sets);
        Ok(())
    }

    fn number(
        field: &Field<Self>,
        draft: &mut Draft<'_, Self>,
        number: Number,
    ) -> Result<(), Misfit> {
        let doing = &mut *draft.event;
        match field.sets {
            Self::Vehicle => doing.event.vehicle = number_id(field, number)?,
            Self::Angle(signal) => {
                let (range, value) = (signal.accepted(), number.value);
                if !range.contains(&value) {
                    let (least, most) = (range.start(), range.end());
                    let why = format_args!("{value} is outside {least} to {most}");
                    return Err(misfit(field, &why));
                }
                doing.event.written.style.integers |= u32::from(number.integer) << signal.index();
                *doing.angle(signal) = Reading::of_raw(value);
            }
            _ => return Err(wrong_kind(field, "a number")),
        }
        draft.found(field.sets);
        Ok(())
    }

    fn null(field: &Field<Self>, draft: &mut Draft<'_, Self>) -> Result<(), Misfit> {
        match field.sets {
            Self::Vehicle | Self::Time | Self::Kind => return Err(wrong_kind(field, "null")),
            Self::Detail => draft.event.event.written.nulls |= NULL_DETAIL,
            Self::Angle(signal) => *draft.event.angle(signal) = Reading::null(),
        }
        Ok(())
    }

    fn keep(doing: &mut Doing, layout: Layout) {
        doing.event.written.layout = Some(Box::new(layout));
    }

    fn layout(doing: &Doing) -> Option<&Layout> {
        doing.event.written.layout.as_deref()
    }

    fn is_of(doing: &Doing, origin: Origin) -> bool {
        doing.event.written.style.is_of(origin)
    }

    fn write(field: &Field<Self>, doing: &Doing, to: &mut Object<'_>) {
        let (event, written) = (&doing.event, &doing.event.written);
        match field.sets {
            Self::Vehicle => to.id(field, event.vehicle.as_str(), written.style),
            Self::Time => to.time(field, event.at, written.style),
            Self::Kind => to.text(field, Some(event.kind.as_word()), false),
            Self::Detail => {
                let null = written.nulls & NULL_DETAIL != 0;
                to.text(field, event.detail.as_deref(), null);
            }
            Self::Angle(signal) => {
                let reading = match signal {
                    Signal::Latitude => doing.latitude,
                    _ => doing.longitude,
                };
                if let Some(value) = reading.raw() {
                    let whole = to.is_own() && written.style.has(1 << signal.index());
                    to.number(field, value, whole, false);
                } else if reading.is_null() {
                    to.null(field);
                }
            }
        }
    }
}

impl PipelineDriving {
    /// Keeps unknown keys and the order of all keys with each event, and writes them back.
    pub fn keeping_unknown_keys() -> Self {
        Self {
            unknown: UnknownKeys::Kept,
        }
    }
}

impl Dialect for PipelineDriving {
    type Event = Driving;
    type Memo = NaiveTimeReader;

    fn read(&self, record: &str, memo: &mut NaiveTimeReader) -> Result<Option<Driving>, Refused> {
        let doing = object::read(&SHAPE, self.unknown, record, &mut memo.0)?;
        doing.map(Doing::finish).transpose()
    }

    fn write(&self, event: &Driving, to: &mut Vec<u8>) {
        object::write(&SHAPE, &Doing::of(event), to);
    }

    fn lossy(&self, event: &Driving) -> Lossy {
        Lossy::new()
            .note("initiator", event.initiator.is_some())
            .note("planned", event.planned.is_some())
            .note("reaction_time_ms", event.reaction_time_ms.is_some())
            .note("occurrence", event.occurrence.is_some())
            .unknown_keys(
                event.written.layout.as_deref(),
                event.written.style.is_of(SHAPE.origin),
            )
    }
}
