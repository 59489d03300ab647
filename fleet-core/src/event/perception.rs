//! Objects that the sensors of a vehicle saw.

use compact_str::CompactString;

use super::{ContentHasher, Event, Reading, WireForm, alert::words, wire_form::state_with_style};
use crate::data::{
    EventTime, TableRow, VehicleId,
    table::{Column, Fields, Value},
    units::{Distance, Speed},
};

words! {
    /// The class of an object.
    ObjectClass {
        /// A car.
        Car = "car",
        /// A person on foot.
        Pedestrian = "pedestrian",
        /// A person on a bicycle.
        Cyclist = "cyclist",
        /// A truck.
        Truck = "truck",
        /// A motorcycle.
        Motorcycle = "motorcycle",
        /// A bus.
        Bus = "bus",
        /// The sensor cannot tell, for example a radar.
        Unknown = "unknown",
    }
}

words! {
    /// The side of the vehicle on which the object is.
    Direction {
        /// To the left.
        Left = "left",
        /// To the right.
        Right = "right",
        /// In front.
        Ahead = "ahead",
        /// Behind.
        Rear = "rear",
    }
}

/// An object that a vehicle's sensors saw.
///
/// # Examples
/// ```
/// use fleet_core::{EventTime, VehicleId, event::Perception, units::{Distance, Speed}};
/// let mut seen = Perception::new(VehicleId::new("car-1")?, EventTime::MIN);
/// seen.distance = Distance::from_m(12.5).into();
/// seen.relative_speed = Speed::from_mps(-3.0).into();
/// assert_eq!(seen.relative_speed.get().unwrap().as_mps(), -3.0);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Perception {
    /// The vehicle that saw it.
    #[serde(rename = "vehicle_id")]
    pub vehicle: VehicleId,
    /// The time of the observation.
    #[serde(rename = "time")]
    pub at: EventTime,
    /// The sensor's id of the object, stable over time.
    #[serde(
        rename = "object_track",
        default,
        skip_serializing_if = "Option::is_none"
    )]
    pub track: Option<CompactString>,
    /// The class of the object.
    #[serde(
        rename = "object_class",
        default,
        skip_serializing_if = "Option::is_none"
    )]
    pub class: Option<ObjectClass>,
    /// The side on which the object is.
    #[serde(
        rename = "object_direction",
        default,
        skip_serializing_if = "Option::is_none"
    )]
    pub direction: Option<Direction>,
    /// Gap along the vehicle's axis, from the rear of the front vehicle to the front of the rear
    /// one.
    #[serde(rename = "object_distance_m", default, skip_serializing_if = "missing")]
    pub distance: Reading<Distance>,
    /// Distance across the vehicle's axis, positive to the left.
    #[serde(rename = "object_left_m", default, skip_serializing_if = "missing")]
    pub left: Reading<Distance>,
    /// Rate of change of the distance: negative when the gap closes.
    #[serde(
        rename = "object_relative_speed_kmh",
        default,
        skip_serializing_if = "missing"
    )]
    pub relative_speed: Reading<Speed>,
    /// The object's own speed over ground.
    #[serde(rename = "object_speed_kmh", default, skip_serializing_if = "missing")]
    pub speed: Reading<Speed>,
    /// The sensor's confidence, 0 to 1.
    #[serde(default, skip_serializing_if = "missing")]
    pub confidence: Reading<f64>,
    /// The form in which the message was written. Results do not depend on it.
    #[serde(skip)]
    pub written: WireForm,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "the signature is serde's"
)]
fn missing<Q>(reading: &Reading<Q>) -> bool {
    reading.is_missing()
}

impl Perception {
    /// A sighting without details.
    pub fn new(vehicle: VehicleId, at: EventTime) -> Self {
        Self {
            vehicle,
            at,
            track: None,
            class: None,
            direction: None,
            distance: Reading::missing(),
            left: Reading::missing(),
            relative_speed: Reading::missing(),
            speed: Reading::missing(),
            confidence: Reading::missing(),
            written: WireForm::default(),
        }
    }
}

state_with_style!(Perception);

impl Event for Perception {
    fn key(&self) -> &str {
        self.vehicle.as_str()
    }
    fn at(&self) -> EventTime {
        self.at
    }
    fn identity(&self) -> u64 {
        let mut content = ContentHasher::new();
        content
            .text(self.track.as_deref().unwrap_or(""))
            .text(self.class.map_or("", ObjectClass::as_word))
            .text(self.direction.map_or("", Direction::as_word))
            .integer(self.distance.to_bits())
            .integer(self.left.to_bits())
            .integer(self.relative_speed.to_bits())
            .integer(self.speed.to_bits())
            .integer(self.confidence.to_bits());
        content.finish()
    }
}

impl TableRow for Perception {
    fn columns() -> &'static [Column] {
        const {
            &[
                Column::time("time"),
                Column::text("vehicle_id"),
                Column::text("object_track").nullable(),
                Column::text("object_class").nullable(),
                Column::text("object_direction").nullable(),
                Column::real("object_distance_m").nullable(),
                Column::real("object_left_m").nullable(),
                Column::real("object_relative_speed_kmh").nullable(),
                Column::real("object_speed_kmh").nullable(),
                Column::real("confidence").nullable(),
            ]
        }
    }

    fn write(&self, to: &mut dyn Fields) {
        to.put(Value::Time(self.at));
        to.put(Value::Text(self.vehicle.as_str()));
        to.put(Value::text_or_null(self.track.as_deref()));
        to.put(Value::text_or_null(self.class.map(ObjectClass::as_word)));
        to.put(Value::text_or_null(self.direction.map(Direction::as_word)));
        to.put(Value::real_or_null(self.distance.raw()));
        to.put(Value::real_or_null(self.left.raw()));
        to.put(Value::real_or_null(self.relative_speed.raw()));
        to.put(Value::real_or_null(self.speed.raw()));
        to.put(Value::real_or_null(self.confidence.raw()));
    }
}
