use super::{
    Dialect, Refused,
    object::{self, Sets, Shape, UnknownKeys, fields},
};
use crate::{
    event::{Signal, Telemetry},
    time::TimeReader,
};

/// Telemetry of VehicleOps: ten keys, one JSON object a record.
///
/// Required are `vehicle_id` and `timestamp`; the system's own test messages lack `latitude`, `longitude`
/// and `load_pct`. Missing, null and 0 stay three things, and `status` is any word.
///
/// # Units
/// Those of the model: km/h, percent, degrees Celsius, degrees. The simulator writes positions with six
/// decimals, speed with two, the others with one; what is read is written back with the digits it came with.
///
/// # Shape
/// `vehicle_id fleet_id latitude longitude speed_kmh battery_pct engine_temp_c load_pct status timestamp`,
/// read in any order, fastest in this one, and written in this one.
///
/// # Examples
/// ```
/// use fleet_core::{dialect::{Dialect, VehicleOps}, event::Signal, time::TimeReader};
/// let line = r#"{"vehicle_id":"fleet-001-VH-001","speed_kmh":92.50,"timestamp":"2024-02-15T14:32:18Z"}"#;
/// let event = VehicleOps::default().read(line, &mut TimeReader::default())?.unwrap();
/// assert_eq!(event.value(Signal::Speed), Some(92.5));
/// let mut again = Vec::new();
/// VehicleOps::default().write(&event, &mut again);
/// assert_eq!(again, line.replace("92.50", "92.5").as_bytes());
/// # Ok::<(), fleet_core::dialect::Refused>(())
/// ```
///
/// # Errors
/// Refused are: no JSON object, a value of another type, a key that is there twice, a number that is not
/// finite, a place outside ±90 and ±180 degrees, a time that is none or outside 1970 to 9999, an id that is
/// empty, over 255 bytes or holds a control character, a status with U+0000.
#[derive(Clone, Copy, Debug, Default)]
pub struct VehicleOps {
    unknown: UnknownKeys,
}

pub(super) static SHAPE: Shape = Shape {
    name: "VehicleOps telemetry",
    fields: fields! {
        "vehicle_id" => Sets::Vehicle,
        "fleet_id" => Sets::Fleet,
        "latitude" => Sets::signal(Signal::Latitude),
        "longitude" => Sets::signal(Signal::Longitude),
        "speed_kmh" => Sets::signal(Signal::Speed),
        "battery_pct" => Sets::signal(Signal::BatteryCharge),
        "engine_temp_c" => Sets::signal(Signal::EngineTemperature),
        "load_pct" => Sets::signal(Signal::Load),
        "status" => Sets::Status,
        "timestamp" => Sets::Time,
    },
};

impl VehicleOps {
    /// Keeps unknown keys and the order of all keys with each event, and writes them back.
    ///
    /// # Cost
    /// A record whose keys are all known and in order is as fast as ever; any other allocates.
    ///
    /// # Examples
    /// ```
    /// use fleet_core::{dialect::{Dialect, VehicleOps}, time::TimeReader};
    /// let line = r#"{"timestamp":"2024-02-15T14:32:18Z","tyres":[2.1,2.2],"vehicle_id":"car-1"}"#;
    /// let dialect = VehicleOps::keeping_unknown_keys();
    /// let event = dialect.read(line, &mut TimeReader::default())?.unwrap();
    /// let mut again = Vec::new();
    /// dialect.write(&event, &mut again);
    /// assert_eq!(again, line.as_bytes());
    /// # Ok::<(), fleet_core::dialect::Refused>(())
    /// ```
    pub fn keeping_unknown_keys() -> Self {
        Self {
            unknown: UnknownKeys::Kept,
        }
    }
}

impl Dialect for VehicleOps {
    type Event = Telemetry;
    type Memo = TimeReader;

    #[inline]
    fn read(&self, record: &str, memo: &mut TimeReader) -> Result<Option<Telemetry>, Refused> {
        object::read(&SHAPE, self.unknown, record, memo).map(Some)
    }

    fn write(&self, event: &Telemetry, to: &mut Vec<u8>) {
        object::write(&SHAPE, event, to);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{NullField, Reading, Status};

    /// Reads with both ways of handling unknown keys; they agree wherever a record has none.
    fn read(record: &str) -> Result<Telemetry, String> {
        let dialects = [VehicleOps::default(), VehicleOps::keeping_unknown_keys()];
        let [ignoring, keeping] = dialects.map(|dialect| {
            let event = dialect.read(record, &mut TimeReader::default());
            event.map(|event| event.unwrap()).map_err(|why| why.0)
        });
        assert_eq!(ignoring.is_ok(), keeping.is_ok(), "{record}");
        ignoring
    }

    fn again(dialect: VehicleOps, record: &str) -> String {
        let event = dialect.read(record, &mut TimeReader::default()).unwrap();
        let mut bytes = Vec::new();
        dialect.write(&event.unwrap(), &mut bytes);
        String::from_utf8(bytes).unwrap()
    }

    const FULL: &str = r#"{"vehicle_id":"fleet-001-VH-001","fleet_id":"fleet-001","latitude":4.711,"longitude":-74.0721,"speed_kmh":42.5,"battery_pct":78,"engine_temp_c":72.3,"load_pct":65.0,"status":"MOVING","timestamp":"2024-02-15T14:32:18.500000+00:00"}"#;

    #[test]
    fn the_ten_keys_are_read_and_written_back_with_their_number_kinds() {
        let event = read(FULL).unwrap();
        assert_eq!(event.vehicle().as_str(), "fleet-001-VH-001");
        assert_eq!(event.fleet().unwrap().as_str(), "fleet-001");
        assert_eq!(event.at().to_string(), "2024-02-15T14:32:18.500Z");
        assert_eq!(event.status(), Some(Status::Moving));
        assert_eq!(event.value(Signal::Latitude), Some(4.711));
        assert_eq!(event.value(Signal::Longitude), Some(-74.0721));
        assert_eq!(event.value(Signal::Speed), Some(42.5));
        assert_eq!(event.value(Signal::BatteryCharge), Some(78.0));
        assert_eq!(event.value(Signal::EngineTemperature), Some(72.3));
        assert_eq!(event.value(Signal::Load), Some(65.0));
        assert_eq!(again(VehicleOps::default(), FULL), FULL);
    }

    #[test]
    fn missing_null_and_zero_stay_three_things() {
        let record = r#"{"vehicle_id":"a","fleet_id":null,"speed_kmh":null,"battery_pct":0,"status":null,"timestamp":"2024-02-15T14:32:18Z"}"#;
        let event = read(record).unwrap();
        assert_eq!(event.reading(Signal::Speed), Reading::null());
        assert_eq!(event.reading(Signal::BatteryCharge), Reading::of_raw(0.0));
        assert_eq!(event.reading(Signal::Load), Reading::missing());
        assert!(event.is_null(NullField::Fleet) && event.is_null(NullField::Status));
        assert_eq!(again(VehicleOps::default(), record), record);
    }

    #[test]
    fn any_key_order_and_any_white_space_is_read() {
        let record = " {\t\"timestamp\" : \"2024-02-15T14:32:18Z\" ,\r\n \"status\":\"STOPPED\", \"vehicle\\u005fid\":\"caf\\u00e9\"} ";
        let event = read(record).unwrap();
        assert_eq!(event.vehicle().as_str(), "café");
        assert_eq!(event.status(), Some(Status::from_word("STOPPED")));
        let kept = again(VehicleOps::keeping_unknown_keys(), record);
        assert_eq!(
            kept,
            r#"{"timestamp":"2024-02-15T14:32:18Z","status":"STOPPED","vehicle_id":"café"}"#
        );
    }

    #[test]
    fn unknown_keys_survive_where_they_are_kept_and_never_break_a_line() {
        let record = "{\"b\":{\"x\":[1.50,\n2e3]},\"timestamp\":\"2024-02-15T14:32:18Z\",\"a\\n\":-0,\"vehicle_id\":\"v\",\"speed_kmh\":7}";
        let kept = again(VehicleOps::keeping_unknown_keys(), record);
        assert_eq!(kept, record.replace(",\n2", ", 2"));
        let ignored = again(VehicleOps::default(), record);
        assert_eq!(
            ignored,
            r#"{"vehicle_id":"v","speed_kmh":7,"timestamp":"2024-02-15T14:32:18Z"}"#
        );
    }

    #[test]
    fn a_layout_writes_what_was_set_later_and_leaves_out_what_was_removed() {
        let record = r#"{"x":1,"timestamp":"2024-02-15T14:32:18Z","vehicle_id":"v","speed_kmh":7}"#;
        let dialect = VehicleOps::keeping_unknown_keys();
        let mut event = dialect
            .read(record, &mut TimeReader::default())
            .unwrap()
            .unwrap();
        event.set(Signal::Speed, Reading::missing());
        event.set(Signal::Load, Reading::of_raw(1.5));
        let mut to = Vec::new();
        dialect.write(&event, &mut to);
        let expected =
            r#"{"x":1,"timestamp":"2024-02-15T14:32:18Z","vehicle_id":"v","load_pct":1.5}"#;
        assert_eq!(to, expected.as_bytes());
    }

    #[test]
    fn every_malformed_record_is_refused_with_a_reason_that_names_the_key() {
        let with = |fields: &str| {
            format!(r#"{{"vehicle_id":"v","timestamp":"2024-02-15T14:32:18Z",{fields}}}"#)
        };
        for (record, reason) in [
            ("nonsense".into(), "not JSON"),
            (
                "[1,2]".into(),
                "expected VehicleOps telemetry as a JSON object",
            ),
            ("{}".into(), "required key vehicle_id"),
            (r#"{"vehicle_id":"v"}"#.into(), "required key timestamp"),
            (
                r#"{"timestamp":"2024-02-15T14:32:18Z"}"#.into(),
                "required key vehicle_id",
            ),
            (
                r#"{"vehicle_id":"","timestamp":"2024-02-15T14:32:18Z"}"#.into(),
                "vehicle_id: an id must not be empty",
            ),
            (
                r#"{"vehicle_id":null,"timestamp":"2024-02-15T14:32:18Z"}"#.into(),
                "vehicle_id: expected a text, found null",
            ),
            (
                r#"{"vehicle_id":7,"timestamp":"2024-02-15T14:32:18Z"}"#.into(),
                "vehicle_id: expected a text, found a number",
            ),
            (
                r#"{"vehicle_id":"a\u0000b","timestamp":"2024-02-15T14:32:18Z"}"#.into(),
                "control character U+0000",
            ),
            (
                r#"{"vehicle_id":"v","timestamp":"yesterday at noon"}"#.into(),
                "timestamp: not a time",
            ),
            (
                r#"{"vehicle_id":"v","timestamp":"2024-02-15T14:32:18"}"#.into(),
                "timestamp: the time has no zone",
            ),
            (
                r#"{"vehicle_id":"v","timestamp":"300000-01-01T00:00:00Z"}"#.into(),
                "timestamp",
            ),
            (
                r#"{"vehicle_id":"v","timestamp":1708007538}"#.into(),
                "timestamp: expected a text",
            ),
            (
                with(r#""speed_kmh":"fast""#),
                "speed_kmh: expected a number or null, found a text",
            ),
            (
                with(r#""speed_kmh":true"#),
                "speed_kmh: expected a number or null, found true or false",
            ),
            (
                with(r#""speed_kmh":[1]"#),
                "speed_kmh: expected a number or null, found an array",
            ),
            (
                with(r#""speed_kmh":{}"#),
                "speed_kmh: expected a number or null, found an object",
            ),
            (with(r#""speed_kmh":NaN"#), "not JSON"),
            (with(r#""speed_kmh":1e999"#), "not finite"),
            (with(r#""speed_kmh":-1e999"#), "not finite"),
            (
                with(r#""speed_kmh":1,"speed_kmh":1"#),
                "speed_kmh is there twice",
            ),
            (with(r#""vehicle_id":"v""#), "vehicle_id is there twice"),
            (
                with(r#""latitude":91"#),
                "latitude: 91 is outside -90 to 90",
            ),
            (with(r#""latitude":-90.0001"#), "latitude"),
            (
                with(r#""longitude":181"#),
                "longitude: 181 is outside -180 to 180",
            ),
            (
                with(r#""status":5"#),
                "status: expected a text or null, found a number",
            ),
            (
                with(r#""status":"\u0000""#),
                "status: a text must not hold U+0000",
            ),
            (
                with(r#""fleet_id":"""#),
                "fleet_id: an id must not be empty",
            ),
            (format!("{FULL}x"), "not JSON"),
            (format!("{FULL}{FULL}"), "not JSON"),
            (FULL.replace('}', ",}"), "not JSON"),
            (FULL.replace("42.5", "042.5"), "not JSON"),
            (FULL.replace("42.5", "42."), "not JSON"),
            (
                FULL.replace("MOVING", &"x".repeat(9000))
                    .replace("42.5", "\"42\""),
                "speed_kmh",
            ),
        ] {
            let why = read(&record).expect_err(&record);
            assert!(why.contains(reason), "{record}: {why}");
            assert!(why.len() < 500);
        }
        // Only where keys are kept can an unknown one be seen twice.
        let record = with(r#""x":1,"x":2"#);
        assert!(
            VehicleOps::default()
                .read(&record, &mut TimeReader::default())
                .is_ok()
        );
        let kept = VehicleOps::keeping_unknown_keys().read(&record, &mut TimeReader::default());
        assert!(kept.unwrap_err().0.contains("x is there twice"));
    }

    #[test]
    fn numbers_past_the_exact_ones_are_kept_as_floats() {
        let record = FULL.replace("42.5", "9007199254740993");
        let event = read(&record).unwrap();
        assert_eq!(event.value(Signal::Speed), Some(9_007_199_254_740_992.0));
        let again: serde_json::Value =
            serde_json::from_str(&again(VehicleOps::default(), &record)).unwrap();
        assert!(again["speed_kmh"].is_f64());
    }
}
