//! A scored trip as a row of a table.

use fleet_core::{
    ContentId, DriverId, EventTime, VehicleId,
    table::{Column, Fields, TableRow, Value},
};

use crate::{Score, TripSums};

/// A trip and its score, from a stream of telemetry or from a request.
#[derive(Clone, Debug, PartialEq)]
pub struct Trip {
    /// Derived from the content.
    pub id: ContentId,
    /// The vehicle.
    pub vehicle: VehicleId,
    /// The driver, if known.
    pub driver: Option<DriverId>,
    /// The time of the first event or sample.
    pub start: EventTime,
    /// The time of the last event or sample.
    pub end: EventTime,
    /// The sums behind the score, for merging with those of other trips.
    pub sums: TripSums,
    /// The score.
    pub score: Score,
}

impl TableRow for Trip {
    fn columns() -> &'static [Column] {
        const {
            &[
                Column::text("id"),
                Column::text("vehicle_id"),
                Column::text("driver_id").nullable(),
                Column::time("start"),
                // `end` is a reserved word in SQL.
                Column::time("stop"),
                Column::integer("samples"),
                Column::real("duration_s").nullable(),
                Column::real("distance_km").nullable(),
                Column::integer("harsh_braking"),
                Column::integer("rapid_accel"),
                Column::integer("score").nullable(),
                Column::text("insufficient").nullable(),
            ]
        }
    }

    fn write(&self, to: &mut dyn Fields) {
        let count = |count| Value::Integer(i64::try_from(count).unwrap_or(i64::MAX));
        let sums = &self.sums;
        to.put(Value::Text(&self.id.to_string()));
        to.put(Value::Text(self.vehicle.as_str()));
        to.put(Value::text_or_null(
            self.driver.as_ref().map(DriverId::as_str),
        ));
        to.put(Value::Time(self.start));
        to.put(Value::Time(self.end));
        to.put(count(sums.samples));
        to.put(Value::real_or_null(sums.duration_s()));
        to.put(Value::real_or_null(sums.distance_km()));
        to.put(count(sums.harsh_braking));
        to.put(count(sums.rapid_accel));
        to.put(Value::integer_or_null(self.score.value.map(i64::from)));
        to.put(Value::text_or_null(self.score.insufficient));
    }
}
