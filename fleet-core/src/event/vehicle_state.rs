//! The last word of a vehicle as a row of a table.

use super::{Signal, Status, Telemetry};
use crate::data::{
    FleetId, TableRow,
    table::{Column, Fields, Value},
};

/// What a vehicle said last, with the columns of `fleet.vehicle_state`.
///
/// A table keeps one row for each vehicle: store it so that a row replaces an older one of the same
/// `vehicle_id` by its `last_seen_ts`.
#[derive(Clone, Debug, PartialEq)]
pub struct VehicleState(pub Telemetry);

/// The status of a vehicle that sends none, as Ford's demo has it.
const UNKNOWN: &str = "active";

/// The signals, in the order of the columns after the status.
const SIGNALS: [Signal; 9] = [
    Signal::Latitude,
    Signal::Longitude,
    Signal::Speed,
    Signal::Heading,
    Signal::BatteryCharge,
    Signal::Fuel,
    Signal::EngineTemperature,
    Signal::BatteryVoltage,
    Signal::Odometer,
];

impl TableRow for VehicleState {
    fn columns() -> &'static [Column] {
        const {
            &[
                Column::text("vehicle_id"),
                Column::time("last_seen_ts"),
                Column::text("fleet_id").nullable(),
                Column::text("status"),
                Column::real("latitude").nullable(),
                Column::real("longitude").nullable(),
                Column::real("speed_kmh").nullable(),
                Column::real("heading_deg").nullable(),
                Column::real("battery_pct").nullable(),
                Column::real("fuel_pct").nullable(),
                Column::real("engine_temp_c").nullable(),
                Column::real("battery_v").nullable(),
                Column::real("odometer_km").nullable(),
            ]
        }
    }

    fn write(&self, to: &mut dyn Fields) {
        to.put(Value::Text(self.0.vehicle().as_str()));
        to.put(Value::Time(self.0.at()));
        to.put(Value::text_or_null(self.0.fleet().map(FleetId::as_str)));
        let status = self.0.status();
        to.put(Value::Text(
            status.as_ref().map_or(UNKNOWN, Status::as_word),
        ));
        for signal in SIGNALS {
            to.put(Value::real_or_null(self.0.value(signal)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_column_of_a_signal_has_its_name() {
        let columns = VehicleState::columns().iter().skip(4);
        let named: Vec<_> = columns.map(|column| column.name).collect();
        assert_eq!(named, SIGNALS.map(Signal::name));
    }
}
