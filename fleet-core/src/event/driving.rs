//! Actions of a driving system or its driver, such as disengagements.

use compact_str::CompactString;

use super::{ContentHasher, Event, WireForm, alert::words, wire_form::state_with_style};
use crate::data::{
    EventTime, GeoPoint, TableRow, VehicleId,
    table::{Column, Fields, Value},
};

words! {
    /// The kind of action.
    DrivingKind {
        /// A human or remote operator took control while the system was engaged.
        Intervention = "intervention",
        /// The system left the engaged state.
        Disengagement = "disengagement",
        /// The vehicle changed lanes.
        LaneChange = "lane_change",
        /// The system braked hard.
        HardBrake = "hard_brake",
    }
}

words! {
    /// Who initiated the action.
    Initiator {
        /// The person in the vehicle.
        Driver = "driver",
        /// The driving system.
        System = "system",
        /// A person elsewhere.
        Remote = "remote",
        /// A passenger.
        Passenger = "passenger",
        /// The message does not say.
        Unknown = "unknown",
    }
}

/// An action of the driving system or its driver.
///
/// # References
/// "Disengagement" in 13 CCR § 227.02 covers failures of the technology and takeovers by a test
/// driver. A planned hand-back is not one, hence `planned`.
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
    /// The vehicle.
    #[serde(rename = "vehicle_id")]
    pub vehicle: VehicleId,
    /// The time of the action.
    #[serde(rename = "time")]
    pub at: EventTime,
    /// The kind of action.
    #[serde(rename = "event_type")]
    pub kind: DrivingKind,
    /// The producer's description.
    #[serde(
        rename = "event_detail",
        default,
        skip_serializing_if = "Option::is_none"
    )]
    pub detail: Option<CompactString>,
    /// The position of the vehicle.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub position: Option<GeoPoint>,
    /// Who initiated the action.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub initiator: Option<Initiator>,
    /// Whether it was a planned hand-back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub planned: Option<bool>,
    /// Time from the alert to the takeover, in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reaction_time_ms: Option<u32>,
    /// Distinguishes the event from another one with equal time and content. Without it, equal
    /// events count as one event that was read twice.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub occurrence: Option<u64>,
    /// The form in which the message was written. Results do not depend on it.
    #[serde(skip)]
    pub written: WireForm,
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
            written: WireForm::default(),
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

impl TableRow for Driving {
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
