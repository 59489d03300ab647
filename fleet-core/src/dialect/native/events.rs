//! Every kind of event in the library's own words.

use super::{Native, rows};
use crate::{
    data::time::TimeReader,
    dialect::{
        Dialect, Lossy, Refused, has_key,
        object::{self, UnknownKeys},
    },
    event::{FleetEvent, Origin, Telemetry},
};

/// Any event in the library's own words: telemetry by the names of COVESA VSS, as [`Native`] reads
/// it, and rows of telemetry, perception and driving events, as a sink of NDJSON files writes them.
///
/// # Shape
/// A record with `timestamp` is VSS. The others have `time`: with `event_type` a driving event,
/// with `object_class` a perception event, with `speed_kmh` telemetry. Events are written as rows,
/// but for those that were read as VSS.
///
/// A row of telemetry has its signals and its status. Trouble codes, gear, flags and whether the
/// vehicle drives itself are no columns.
///
/// # Examples
/// What a file sink writes is read again:
/// ```
/// use fleet_core::{dialect::{Dialect, NativeEvents}, event::FleetEvent, time::TimeReader};
/// let row = r#"{"time":"2024-02-15T14:30:02Z","vehicle_id":"7","event_type":"lane_change","event_detail":null,"latitude":4.668187,"longitude":-74.038973,"initiator":null,"planned":null,"reaction_time_ms":null}"#;
/// let event = NativeEvents::default().read(row, &mut TimeReader::default())?.unwrap();
/// assert!(matches!(event, FleetEvent::Driving(_)));
/// let mut again = Vec::new();
/// NativeEvents::default().write(&event, &mut again);
/// assert_eq!(again, row.as_bytes());
/// # Ok::<(), fleet_core::dialect::Refused>(())
/// ```
///
/// # Errors
/// Refuses what [`Native`] refuses, and rows of results, such as alerts and windows.
#[derive(Clone, Copy, Debug, Default)]
pub struct NativeEvents {
    telemetry: Native,
}

impl Dialect for NativeEvents {
    type Event = FleetEvent;
    type Memo = TimeReader;

    fn read(&self, record: &str, memo: &mut TimeReader) -> Result<Option<FleetEvent>, Refused> {
        let has = |key| has_key(record, key);
        if has("\"timestamp\"") {
            return Ok(self.telemetry.read(record, memo)?.map(Into::into));
        }
        if has("\"event_type\"") {
            return rows::driving(record).map(|event| Some(event.into()));
        }
        if has("\"object_class\"") {
            return rows::perception(record).map(|event| Some(event.into()));
        }
        if has("\"speed_kmh\"") {
            let ignored = UnknownKeys::default();
            let event = object::read(&rows::TELEMETRY, ignored, record, memo)?;
            return Ok(event.map(Into::into));
        }
        let why = "neither telemetry by VSS names, nor a row of telemetry, perception or driving \
                   events";
        Err(Refused(why.into()))
    }

    fn write(&self, event: &FleetEvent, to: &mut Vec<u8>) {
        match event {
            FleetEvent::Telemetry(event) if is_vss(event) => self.telemetry.write(event, to),
            FleetEvent::Telemetry(event) => rows::write(event, to),
            FleetEvent::Perception(event) => rows::write(event, to),
            FleetEvent::Driving(event) => rows::write(event, to),
        }
    }

    fn lossy(&self, event: &FleetEvent) -> Lossy {
        match event {
            FleetEvent::Telemetry(event) if is_vss(event) => self.telemetry.lossy(event),
            FleetEvent::Telemetry(event) => object::lossy(&rows::TELEMETRY, event),
            FleetEvent::Perception(_) => Lossy::new(),
            FleetEvent::Driving(event) => {
                Lossy::new().note("occurrence", event.occurrence.is_some())
            }
        }
    }
}

/// Whether an event was read by the names of VSS.
fn is_vss(event: &Telemetry) -> bool {
    event.style().is_of(Origin::Native)
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use super::*;
    use crate::{
        data::{EventTime, TableRow, time::NaiveTimeReader},
        dialect::FleetPipeline,
        event::{Driving, DrivingKind, Telemetry},
    };

    fn again(record: &str) -> String {
        let read = NativeEvents::default().read(record, &mut TimeReader::default());
        let event = read
            .unwrap_or_else(|why| panic!("{record}: {why}"))
            .unwrap();
        assert_eq!(NativeEvents::default().lossy(&event), Lossy::new());
        let mut to = Vec::new();
        NativeEvents::default().write(&event, &mut to);
        String::from_utf8(to).unwrap()
    }

    #[test]
    fn rows_of_telemetry_have_the_columns_of_telemetry() {
        let keys = rows::TELEMETRY.fields.iter().map(|field| field.key);
        let columns = Telemetry::columns().iter().map(|column| column.name);
        assert!(keys.eq(columns));
    }

    #[test]
    fn rows_are_written_back() {
        let telemetry =
            "{\"time\":\"2024-02-15T14:30:00.250Z\",\"vehicle_id\":\"7\",\"fleet_id\":null";
        let mut telemetry = telemetry.to_owned();
        for (n, column) in Telemetry::columns().iter().enumerate().skip(3) {
            // Each its own, so that none takes the place of another.
            let value = match n {
                _ if column.name == "status" => "\"MOVING\"".to_owned(),
                n if n % 5 == 0 => "null".to_owned(),
                n => format!("{n}.5"),
            };
            write!(telemetry, ",\"{}\":{value}", column.name).unwrap();
        }
        telemetry += "}";
        for row in [
            &telemetry,
            r#"{"time":"2024-02-15T14:30:00Z","vehicle_id":"1","object_track":"a","object_class":"car","object_direction":"rear","object_distance_m":91.5,"object_left_m":-1.25,"object_relative_speed_kmh":null,"object_speed_kmh":14.5,"confidence":0.38}"#,
            r#"{"time":"2024-02-15T14:30:02Z","vehicle_id":"1","event_type":"disengagement","event_detail":"x","latitude":4.5,"longitude":-74.0,"initiator":"driver","planned":true,"reaction_time_ms":800}"#,
            r#"{"vehicle_id":"v","timestamp":"2024-02-15T14:32:18Z","Vehicle.Speed":42.5}"#,
        ] {
            assert_eq!(&again(row), row);
        }
    }

    #[test]
    fn what_a_row_cannot_hold_is_named() {
        let telemetry = r#"{"vehicle_id":"1","timestamp":"2024-02-15 14:30:00","current_speed_kmh":1.0,"autopilot_engaged":true}"#;
        let read = FleetPipeline::default().read(telemetry, &mut NaiveTimeReader::default());
        let lossy = NativeEvents::default().lossy(&read.unwrap().unwrap());
        assert!(lossy.to_string().contains("autopilot_engaged"), "{lossy}");
        let mut driving =
            Driving::new("v".parse().unwrap(), EventTime::MIN, DrivingKind::HardBrake);
        driving.occurrence = Some(1);
        let lossy = NativeEvents::default().lossy(&driving.into());
        assert!(lossy.to_string().contains("occurrence"), "{lossy}");
    }

    #[test]
    fn what_is_no_event_is_refused() {
        for (record, why) in [
            (
                r#"{"id":"x","time":"2024-02-15T14:30:00Z","vehicle_id":"1","kind":"OVERSPEED"}"#,
                "neither telemetry",
            ),
            (
                r#"{"vehicle_id":"1","window_start":"2024-02-15T14:30:00Z","speed_mean_kmh":1.0}"#,
                "neither telemetry",
            ),
            (
                r#"{"time":"2024-02-15T14:30:00Z","event_type":"lane_change"}"#,
                "vehicle_id",
            ),
            (
                r#"{"time":"2024-02-15T14:30:00Z","vehicle_id":"1","event_type":"dance"}"#,
                "dance",
            ),
            (
                r#"{"time":"2024-02-15T14:30:00Z","vehicle_id":"1","event_type":"lane_change","latitude":99.0,"longitude":0.0}"#,
                "not a position",
            ),
            (
                r#"{"time":"2024-02-15T14:30:00Z","vehicle_id":"1","event_type":"lane_change","latitude":9.0}"#,
                "not a position",
            ),
            (r#"{"time":"noon","vehicle_id":"1","speed_kmh":1}"#, "time"),
        ] {
            let read = NativeEvents::default().read(record, &mut TimeReader::default());
            let found = read.unwrap_err().to_string();
            assert!(found.contains(why), "{record}: {found}");
        }
    }
}
