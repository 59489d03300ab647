//! The columns of the sums of one vehicle and hour.

use fleet_core::table::{Column, Fields, TableRow, Value};

use super::{SelfDrivingHour, sums::km};

impl TableRow for SelfDrivingHour {
    fn columns() -> &'static [Column] {
        const {
            &[
                Column::text("id"),
                Column::text("vehicle_id"),
                Column::time("start"),
                Column::integer("telemetry"),
                Column::integer("interventions"),
                Column::integer("disengagements"),
                Column::integer("disengagements_driver"),
                Column::integer("disengagements_system"),
                Column::integer("disengagements_remote"),
                Column::integer("disengagements_passenger"),
                Column::integer("disengagements_unknown"),
                Column::integer("planned"),
                Column::integer("episodes"),
                Column::real("km"),
                Column::real("engaged_km"),
                Column::real("estimated_km"),
                Column::real("observed_s"),
                Column::real("engaged_s"),
                Column::integer("speed_violations"),
                Column::integer("speeding_rows"),
                Column::integer("detections_car"),
                Column::integer("detections_pedestrian"),
                Column::integer("detections_cyclist"),
                Column::integer("detections_truck"),
                Column::integer("detections_motorcycle"),
                Column::integer("detections_bus"),
                Column::integer("detections_unknown"),
                Column::integer("odometer_rollbacks"),
                Column::integer("odometer_resets"),
                Column::integer("odometer_jumps"),
                Column::integer("odometer_stuck"),
            ]
        }
    }

    fn write(&self, to: &mut dyn Fields) {
        let sums = &self.sums;
        to.put(Value::Text(&self.id.to_string()));
        to.put(Value::Text(self.vehicle.as_str()));
        to.put(Value::Time(self.start));
        counts(
            to,
            &[sums.telemetry, sums.interventions, sums.disengagements],
        );
        counts(to, &sums.disengagements_by);
        counts(to, &[sums.planned, sums.episodes]);
        for um in [sums.distance_um, sums.engaged_um, sums.estimated_um] {
            to.put(Value::Real(km(um)));
        }
        for us in [sums.observed_us, sums.engaged_us] {
            to.put(Value::Real(us as f64 / 1e6));
        }
        counts(to, &[sums.speed_violations, sums.speeding_rows]);
        counts(to, &sums.detections);
        counts(to, &sums.odometer_faults);
    }
}

fn counts(to: &mut dyn Fields, counts: &[u64]) {
    for count in counts {
        to.put(Value::Integer(i64::try_from(*count).unwrap_or(i64::MAX)));
    }
}
