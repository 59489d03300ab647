//! Driving events of the self-driving pipeline.

use std::ops::RangeInclusive;

use compact_str::CompactString;

use super::event_target::{EventTarget, OwnTarget};
use crate::{
    data::{
        EventTime, GeoPoint, VehicleId,
        time::NaiveTimeReader,
        units::{Latitude, Longitude},
    },
    dialect::{
        Dialect, Lossy, Refused,
        object::{self, Schema, UnknownKeys, fields},
    },
    event::{Driving, DrivingKind, Origin, Reading, Signal, WireForm},
};

/// Driving events of the self-driving pipeline (topic `driving_events`): one JSON object with six
/// keys per record.
///
/// Ids and times are those of [`PipelineTelemetry`](super::PipelineTelemetry); `event_type` is
/// required too.
///
/// # Units
/// Degrees.
///
/// # Shape
/// `vehicle_id timestamp event_type event_detail latitude longitude`. Both angles have a value, or
/// both are null, or both are missing.
///
/// # Examples
/// ```
/// use fleet_core::dialect::{Dialect, PipelineDriving};
/// use fleet_core::{event::DrivingKind, time::NaiveTimeReader};
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
/// Refuses what [`PipelineTelemetry`](super::PipelineTelemetry) refuses; also an event type that
/// the system does not have, and one angle without the other.
#[derive(Clone, Copy, Debug, Default)]
pub struct PipelineDriving {
    unknown: UnknownKeys,
}

/// What a field of a driving event sets besides vehicle and time.
#[derive(Clone, Copy, Debug)]
#[repr(u8)]
pub(crate) enum DrivingTarget {
    Latitude,
    Longitude,
    Kind,
    Detail,
}

/// A driving event whose position is not set yet.
#[derive(Clone, Debug)]
pub(crate) struct DrivingDraft {
    event: Driving,
    latitude: Reading<()>,
    longitude: Reading<()>,
}

static SCHEMA: Schema<EventTarget<DrivingTarget>> = Schema {
    name: "a driving event",
    origin: Origin::FleetPipeline,
    fields: fields! {
        "vehicle_id" => EventTarget::Vehicle,
        "timestamp" => EventTarget::Time,
        "event_type" => EventTarget::Word(DrivingTarget::Kind),
        "event_detail" => EventTarget::Word(DrivingTarget::Detail),
        "latitude" => EventTarget::Number(DrivingTarget::Latitude),
        "longitude" => EventTarget::Number(DrivingTarget::Longitude),
    },
};

impl DrivingDraft {
    /// Sets the position of the event.
    fn finish(mut self) -> Result<Driving, Refused> {
        self.event.position = match (self.latitude.raw(), self.longitude.raw()) {
            (Some(latitude), Some(longitude)) => Some(GeoPoint {
                latitude: Latitude::from_degrees(latitude),
                longitude: Longitude::from_degrees(longitude),
            }),
            (None, None) if self.latitude == self.longitude => None,
            _ => {
                let why = "latitude and longitude: one without the other";
                return Err(Refused(why.into()));
            }
        };
        if self.latitude.is_null() {
            self.event.written.nulls |= DrivingTarget::Latitude.bit();
        }
        Ok(self.event)
    }

    /// The inverse of [`finish`](Self::finish).
    fn of(event: &Driving) -> Self {
        let angle = |angle: Option<f64>| match angle {
            Some(angle) => Reading::of_raw(angle),
            None if event.written.nulls & DrivingTarget::Latitude.bit() != 0 => Reading::null(),
            None => Reading::missing(),
        };
        let place = event.position;
        Self {
            event: event.clone(),
            latitude: angle(place.map(|place| place.latitude.as_degrees())),
            longitude: angle(place.map(|place| place.longitude.as_degrees())),
        }
    }
}

impl OwnTarget for DrivingTarget {
    type Event = DrivingDraft;
    const REQUIRED: u16 = 1 << Self::Kind as u8;

    fn blank() -> DrivingDraft {
        let vehicle = VehicleId::placeholder();
        DrivingDraft {
            event: Driving::new(vehicle, EventTime::MIN, DrivingKind::Intervention),
            latitude: Reading::missing(),
            longitude: Reading::missing(),
        }
    }

    fn head(draft: &DrivingDraft) -> (&VehicleId, EventTime, &WireForm) {
        let event = &draft.event;
        (&event.vehicle, event.at, &event.written)
    }

    fn head_mut(draft: &mut DrivingDraft) -> (&mut VehicleId, &mut EventTime, &mut WireForm) {
        let event = &mut draft.event;
        (&mut event.vehicle, &mut event.at, &mut event.written)
    }

    fn bit(self) -> u16 {
        1 << self as u8
    }

    fn set_word(self, draft: &mut DrivingDraft, word: &str) -> Result<(), String> {
        match self {
            Self::Kind => {
                let kind = DrivingKind::from_word(word);
                draft.event.kind = kind.ok_or_else(|| format!("`{word}` is no driving event"))?;
            }
            Self::Detail => draft.event.detail = Some(CompactString::new(word)),
            Self::Latitude | Self::Longitude => {}
        }
        Ok(())
    }

    fn word(self, draft: &DrivingDraft) -> Option<&str> {
        match self {
            Self::Kind => Some(draft.event.kind.as_word()),
            Self::Detail => draft.event.detail.as_deref(),
            Self::Latitude | Self::Longitude => None,
        }
    }

    fn accepted(self) -> RangeInclusive<f64> {
        match self {
            Self::Latitude => Signal::Latitude.accepted(),
            _ => Signal::Longitude.accepted(),
        }
    }

    fn set_number(self, draft: &mut DrivingDraft, number: Reading<()>) {
        match self {
            Self::Latitude => draft.latitude = number,
            Self::Longitude => draft.longitude = number,
            Self::Kind | Self::Detail => {}
        }
    }

    fn number(self, draft: &DrivingDraft) -> Reading<()> {
        match self {
            Self::Latitude => draft.latitude,
            Self::Longitude => draft.longitude,
            Self::Kind | Self::Detail => Reading::missing(),
        }
    }

    fn lossy(draft: &DrivingDraft) -> Lossy {
        let event = &draft.event;
        Lossy::new()
            .note("initiator", event.initiator.is_some())
            .note("planned", event.planned.is_some())
            .note("reaction_time_ms", event.reaction_time_ms.is_some())
            .note("occurrence", event.occurrence.is_some())
    }
}

impl PipelineDriving {
    /// Creates a dialect that keeps unknown keys and the order of all keys, and writes them back.
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
        let draft = object::read(&SCHEMA, self.unknown, record, memo.as_mut())?;
        draft.map(DrivingDraft::finish).transpose()
    }

    fn write(&self, event: &Driving, to: &mut Vec<u8>) {
        object::write(&SCHEMA, &DrivingDraft::of(event), to);
    }

    fn lossy(&self, event: &Driving) -> Lossy {
        object::lossy(&SCHEMA, &DrivingDraft::of(event))
    }
}
