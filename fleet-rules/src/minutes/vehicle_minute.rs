//! The sums of a vehicle and minute as a row of a table.

use fleet_core::{
    TableRow,
    table::{Column, Fields, Replaces, Value},
    window::Window,
};

use super::MinuteSums;

/// The sums of one vehicle and minute, with the columns of `fleet.minutes`.
///
/// A later revision replaces an earlier one.
#[derive(Clone, Debug, PartialEq)]
pub struct VehicleMinute(pub Window<MinuteSums>);

impl TableRow for VehicleMinute {
    fn columns() -> &'static [Column] {
        const {
            &[
                Column::text("vehicle_id"),
                Column::time("time"),
                Column::integer("revision"),
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

    fn replaces() -> Option<Replaces> {
        Some(Replaces {
            key: &["vehicle_id", "time"],
            revision: "revision",
        })
    }

    fn write(&self, to: &mut dyn Fields) {
        let count = |count| Value::Integer(i64::try_from(count).unwrap_or(i64::MAX));
        let Window {
            key,
            start,
            revision,
            value: sums,
            ..
        } = &self.0;
        to.put(Value::Text(key.as_str()));
        to.put(Value::Time(*start));
        to.put(Value::Integer(i64::from(*revision)));
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
