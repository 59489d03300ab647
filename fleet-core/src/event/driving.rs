use compact_str::CompactString;

use super::{ContentHasher, Event, Written, alert::words, style::state_with_style};
use crate::data::{
    EventTime, Position, Record, VehicleId,
    record::{Column, Fields, Value},
};

words! {
    /// What the driving system or its driver did.
    DrivingKind {
        /// A human or remote operator took control while the system was engaged.
        Intervention = "intervention",
        /// The system left the engaged state.
        Disengagement = "disengagement",
        /// The vehicle changed its lane.
        LaneChange = "lane_change",
        /// The system braked hard.
        HardBrake = "hard_brake",
    }
}

words! {
    /// Who started it.
    Initiator {
        /// The person in the vehicle.
        Driver = "driver",
        /// The driving system.
        System = "system",
        /// A person elsewhere.
        Remote = "remote",
        /// A passenger.
        Passenger = "passenger",
        /// Not said.
        Unknown = "unknown",
    }
}

/// Something the driving system or its driver did.
///
/// # References
/// "Disengagement" as in 13 CCR § 227.02 covers failures of the technology and takeovers of a test
/// driver; a planned hand-back is none, hence `planned`.
///
/// # Examples
/// ```
/// use fleet_core::{EventTime, VehicleId, event::{Driving, DrivingKind}};
/// let event = Driving::new(VehicleId::new("car-1")?, EventTime::MIN, DrivingKind::Disengagement);
/// assert_eq!(event.initiator, None);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Driving {
    /// Whose.
    #[serde(rename = "vehicle_id")]
    pub vehicle: VehicleId,
    /// When.
    #[serde(rename = "time")]
    pub at: EventTime,
    /// What.
    #[serde(rename = "event_type")]
    pub kind: DrivingKind,
    /// The producer's words for it.
    #[serde(
        rename = "event_detail",
        default,
        skip_serializing_if = "Option::is_none"
    )]
    pub detail: Option<CompactString>,
    /// Where.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub position: Option<Position>,
    /// Who started it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub initiator: Option<Initiator>,
    /// Whether it was a planned hand-back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub planned: Option<bool>,
    /// From the alert to the takeover, milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reaction_time_ms: Option<u32>,
    /// Tells it from another event of this time that says the same; without, that is the same event, read twice.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub occurrence: Option<u64>,
    /// How the message wrote itself; no result sees it.
    #[serde(skip)]
    pub written: Written,
}

impl Driving {
    /// An event without details.
    pub fn new(vehicle: VehicleId, at: EventTime, kind: DrivingKind) -> Self {
        Self {
            vehicle,
            at,
            kind,
            detail: None,
            position: None,
            initiator: None,
            planned: None,
            reaction_time_ms: None,
            occurrence: None,
            written: Written::default(),
        }
    }
}

state_with_style!(Driving);

impl Event for Driving {
    fn key(&self) -> &str {
        self.vehicle.as_str()
    }
    fn at(&self) -> EventTime {
        self.at
    }
    fn identity(&self) -> u64 {
        let mut content = ContentHasher::new();
        content
            .text(self.kind.as_word())
            .text(self.detail.as_deref().unwrap_or(""))
            .text(self.initiator.map_or("", Initiator::as_word))
            .integer(self.planned.map_or(2, u64::from))
            .integer(self.reaction_time_ms.map_or(u64::MAX, u64::from));
        if let Some(position) = self.position {
            content
                .number(position.latitude.as_degrees())
                .number(position.longitude.as_degrees());
        }
        if let Some(occurrence) = self.occurrence {
            content.text("occurrence").integer(occurrence);
        }
        content.finish()
    }
}

impl Record for Driving {
    fn columns() -> &'static [Column] {
        const {
            &[
                Column::time("time"),
                Column::text("vehicle_id"),
                Column::text("event_type"),
                Column::text("event_detail").nullable(),
                Column::real("latitude").nullable(),
                Column::real("longitude").nullable(),
                Column::text("initiator").nullable(),
                Column::bool("planned").nullable(),
                Column::integer("reaction_time_ms").nullable(),
            ]
        }
    }

    fn write(&self, to: &mut dyn Fields) {
        to.put(Value::Time(self.at));
        to.put(Value::Text(self.vehicle.as_str()));
        to.put(Value::Text(self.kind.as_word()));
        to.put(Value::text_or_null(self.detail.as_deref()));
        to.put(Value::real_or_null(
            self.position.map(|at| at.latitude.as_degrees()),
        ));
        to.put(Value::real_or_null(
            self.position.map(|at| at.longitude.as_degrees()),
        ));
        to.put(Value::text_or_null(self.initiator.map(Initiator::as_word)));
        to.put(Value::bool_or_null(self.planned));
        to.put(Value::integer_or_null(self.reaction_time_ms.map(i64::from)));
    }
}
