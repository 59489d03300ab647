//! The sums of a vehicle and minute as a row of a table.

use fleet_core::{
    EventTime, TableRow, VehicleId,
    table::{Column, Fields, Value},
};

use super::MinuteSums;

/// Partial sums of one vehicle and minute, with the columns of `fleet.minutes`.
///
/// A minute may have several rows; its sums are theirs.
#[derive(Clone, Debug, PartialEq)]
pub struct VehicleMinute {
    /// The vehicle.
    pub vehicle: VehicleId,
    /// The first instant of the minute.
    pub start: EventTime,
    /// The sums.
    pub sums: MinuteSums,
    /// Whether it holds a belated event, in addition to the row of the minute.
    pub belated: bool,
}

impl TableRow for VehicleMinute {
    fn columns() -> &'static [Column] {
        const {
            &[
                Column::text("vehicle_id"),
                Column::time("time"),
                Column::integer("readings"),
                Column::integer("speed_count"),
                Column::real("speed_sum_kmh").nullable(),
                Column::real("speed_min_kmh").nullable(),
                Column::real("speed_max_kmh").nullable(),
                Column::integer("battery_count"),
                Column::real("battery_sum_pct").nullable(),
                Column::real("battery_min_pct").nullable(),
                Column::integer("engine_temp_count"),
                Column::real("engine_temp_sum_c").nullable(),
                Column::real("engine_temp_max_c").nullable(),
                Column::real("distance_m").nullable(),
                Column::integer("alert_readings"),
            ]
        }
    }

    fn write(&self, to: &mut dyn Fields) {
        let count = |count| Value::Integer(i64::try_from(count).unwrap_or(i64::MAX));
        let sums = &self.sums;
        to.put(Value::Text(self.vehicle.as_str()));
        to.put(Value::Time(self.start));
        to.put(count(sums.speed.rows));
        to.put(count(sums.speed.count));
        to.put(Value::real_or_null(sums.speed.sum()));
        to.put(Value::real_or_null(sums.speed.min()));
        to.put(Value::real_or_null(sums.speed.max()));
        to.put(count(sums.battery.count));
        to.put(Value::real_or_null(sums.battery.sum()));
        to.put(Value::real_or_null(sums.battery.min()));
        to.put(count(sums.engine_temperature.count));
        to.put(Value::real_or_null(sums.engine_temperature.sum()));
        to.put(Value::real_or_null(sums.engine_temperature.max()));
        to.put(Value::real_or_null(sums.distance.sum()));
        to.put(count(sums.alerts));
    }
}
