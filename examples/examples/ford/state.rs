//! The latest state of a vehicle, as a row of `fleet.vehicle_state`.

use fleet_core::{
    TableRow,
    event::{Signal, Telemetry},
    table::{Column, Fields, Value},
};

/// The newest telemetry of a vehicle.
#[derive(Clone, Debug)]
pub(crate) struct VehicleState(pub(crate) Telemetry);

/// The signals of a vehicle, in the order of the columns after its time.
const SIGNALS: [Signal; 8] = [
    Signal::Latitude,
    Signal::Longitude,
    Signal::Speed,
    Signal::Heading,
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
                Column::real("latitude").nullable(),
                Column::real("longitude").nullable(),
                Column::real("speed_kmh").nullable(),
                Column::real("heading_deg").nullable(),
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
        for signal in SIGNALS {
            to.put(Value::real_or_null(self.0.value(signal)));
        }
    }
}
