//! A write-only dialect with the keys of VehicleOps.

/// Writes the numbers unchanged, so that a test sees exactly what the model produced.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Plain;

impl fleet_core::dialect::Dialect for Plain {
    type Event = fleet_core::event::Telemetry;
    type Memo = ();

    fn read(
        &self,
        _: &str,
        (): &mut (),
    ) -> Result<Option<Self::Event>, fleet_core::dialect::Refused> {
        Ok(None)
    }

    fn write(&self, event: &Self::Event, to: &mut Vec<u8>) {
        let mut at = String::new();
        let _ = event.style().time.write(event.at(), &mut at);
        let number = |signal| event.value(signal).unwrap_or(f64::NAN);
        let line = format!(
            r#"{{"vehicle_id":"{}","fleet_id":"{}","latitude":{},"longitude":{},"speed_kmh":{},"battery_pct":{},"engine_temp_c":{},"load_pct":{},"status":"{}","timestamp":"{at}"}}"#,
            event.vehicle(),
            event.fleet().map_or("", |fleet| fleet.as_str()),
            number(fleet_core::event::Signal::Latitude),
            number(fleet_core::event::Signal::Longitude),
            number(fleet_core::event::Signal::Speed),
            number(fleet_core::event::Signal::BatteryCharge),
            number(fleet_core::event::Signal::EngineTemperature),
            number(fleet_core::event::Signal::Load),
            event
                .status()
                .as_ref()
                .map_or("", |status| status.as_word()),
        );
        to.extend_from_slice(line.as_bytes());
    }
}
