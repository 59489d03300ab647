use fleet_core::{
    ContentId, DriverId, EventTime, VehicleId,
    table::{Column, Fields, TableRow, Value},
};

use crate::{TripSums, Verdict};

/// A trip that was found in a stream or came whole, and its score.
#[derive(Clone, Debug, PartialEq)]
pub struct Trip {
    /// Made from the content.
    pub id: ContentId,
    /// Whose.
    pub vehicle: VehicleId,
    /// Who drove, if it is known.
    pub driver: Option<DriverId>,
    /// Its first row or sample.
    pub start: EventTime,
    /// Its last row or sample.
    pub end: EventTime,
    /// What was counted, to be added up.
    pub sums: TripSums,
    /// The score.
    pub verdict: Verdict,
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
        to.put(Value::integer_or_null(self.verdict.score.map(i64::from)));
        to.put(Value::text_or_null(self.verdict.insufficient));
    }
}
