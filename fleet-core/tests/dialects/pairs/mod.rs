//! Every dialect writes the events of every other dialect: `Lossy` names what is dropped, and
//! everything else comes back.

mod sources;

use fleet_core::{
    EventTime, FleetId, VehicleId,
    dialect::{
        AnyEvent, Dialect, FleetPipeline, FleetStream, Ford, Lossy, Native, OpenXc, VehicleOps,
    },
    event::{
        Direction, Driving, DrivingKind, Dtc, Flag, FleetEvent, Initiator, Perception, Reading,
        Signal, Status, Telemetry, TextField,
    },
    units::Distance,
};
use serde_json::{Map, Value};

use self::sources::{EVERYTHING, SOURCES};

/// A dialect as two functions: from events to text, and from text to events.
struct Writer {
    name: &'static str,
    write: Box<Write>,
    read: Box<Read>,
}

type Write = dyn Fn(&FleetEvent) -> (String, Lossy);
type Read = dyn Fn(&str) -> Vec<FleetEvent>;

fn writer<D>(name: &'static str, dialect: D) -> Writer
where
    D: Dialect<Event = FleetEvent> + Clone,
{
    let reader = dialect.clone();
    Writer {
        name,
        write: Box::new(move |event| {
            let mut to = Vec::new();
            dialect.write(event, &mut to);
            (String::from_utf8(to).unwrap(), dialect.lossy(event))
        }),
        read: Box::new(move |text| {
            let mut memo = reader.memo(None);
            let event = |line| reader.read(line, &mut memo).unwrap().unwrap();
            text.lines().map(event).collect()
        }),
    }
}

fn car() -> VehicleId {
    VehicleId::new("7").unwrap()
}

fn writers() -> Vec<Writer> {
    vec![
        writer("vehicleops", AnyEvent(VehicleOps::keeping_unknown_keys())),
        writer("native", AnyEvent(Native::keeping_unknown_keys())),
        writer("fleetstream", AnyEvent(FleetStream::keeping_unknown_keys())),
        writer("fleet-pipeline", FleetPipeline::keeping_unknown_keys()),
        writer("ford", AnyEvent(Ford::keeping_unknown_keys())),
        writer(
            "openxc",
            AnyEvent(OpenXc::new(car()).keeping_unknown_keys()),
        ),
    ]
}

/// Returns half of the last decimal that a dialect writes, in the unit of the model.
fn rounding(writer: &str, field: &str) -> f64 {
    let half_of_last = |decimals: i32| 0.5 * 10f64.powi(-decimals);
    match (writer, field) {
        ("vehicleops", "latitude" | "longitude") => half_of_last(6),
        ("vehicleops", "battery_pct" | "engine_temp_c" | "load_pct") => half_of_last(1),
        ("native", "odometer_km") => half_of_last(3) / 1000.0,
        ("native", "accel_long_g" | "accel_lat_g" | "accel_vert_g") => half_of_last(6) / 9.806_65,
        ("fleetstream", "rpm" | "limit_kmh") | ("ford", "rpm") => half_of_last(0),
        ("ford", "latitude" | "longitude") => half_of_last(7),
        ("vehicleops", "speed_kmh") | ("ford", "heading_deg") => half_of_last(2),
        ("ford", "speed_kmh") => half_of_last(2) * 1.609_344,
        ("ford", "odometer_km") => half_of_last(0) * 1.609_344,
        ("ford", "engine_temp_c") => half_of_last(2) * 5.0 / 9.0,
        _ => half_of_last(9),
    }
}

/// Merges the fields of some events, under their canonical names.
fn fields(events: &[FleetEvent]) -> Map<String, Value> {
    let mut all = Map::new();
    for event in events {
        let Value::Object(mut fields) = serde_json::to_value(event).unwrap() else {
            panic!("an event is an object");
        };
        // Some dialects have a key of this name.
        let kind = fields.remove("event").unwrap();
        fields.insert("kind of event".into(), kind);
        all.extend(fields);
    }
    all
}

/// Whether a field came back with the precision of the writer.
fn same(writer: &str, field: &str, before: &Value, after: Option<&Value>) -> bool {
    match (before, after) {
        (Value::Number(before), Some(Value::Number(after))) => {
            let (before, after) = (before.as_f64().unwrap(), after.as_f64().unwrap());
            (before - after).abs() <= rounding(writer, field) + before.abs() * f64::EPSILON * 4.0
        }
        // Ford has one code; null means that there is none.
        (Value::Array(codes), Some(Value::Null)) => writer == "ford" && codes.is_empty(),
        (before, after) => Some(before) == after,
    }
}

/// Passes an event through a writer, which must drop exactly these fields.
fn check(source: &str, event: &FleetEvent, writer: &Writer, dropped: &str) {
    let (text, lossy) = (writer.write)(event);
    let pair = format!("{source} written by {}: {text}", writer.name);
    assert_eq!(lossy.to_string(), dropped, "{pair}");
    let (before, after) = (
        fields(std::slice::from_ref(event)),
        fields(&(writer.read)(&text)),
    );
    if text.is_empty() {
        assert_eq!(dropped, "event", "{pair}");
        return;
    }
    for (field, value) in &before {
        let named = lossy.fields().any(|dropped| dropped == field);
        let came_back = same(writer.name, field, value, after.get(field));
        // A dropped field must not come back.
        assert_eq!(came_back, !named, "{field}: {pair}");
    }
    for field in after.keys() {
        assert!(before.contains_key(field), "{field}: {pair}");
    }
}

fn everything() -> Telemetry {
    let mut event = Telemetry::new(
        car(),
        EventTime::parse("2024-02-15T14:32:18.123456Z").unwrap(),
    );
    for signal in Signal::ALL {
        let value = 10.0 + signal.index() as f64 + 0.123_456_789;
        event.set(*signal, Reading::of_raw(value));
    }
    for field in TextField::ALL {
        event.set_text(*field, Some(field.as_word()));
    }
    for flag in Flag::ALL {
        event.set_flag(*flag, Some(true));
    }
    event.set_fleet(Some(FleetId::new("fleet-001").unwrap()));
    event.set_status(Some(Status::LowBattery));
    event.set_gear(Some(11));
    event.set_autopilot_engaged(Some(false));
    event.set_road(Some("gravel"));
    event.set_dtcs(
        ["P0420", "B1342"]
            .map(|code| Dtc::new(code).unwrap())
            .to_vec(),
    );
    event
}

#[test]
fn prop_events_of_a_dialect_come_back_from_every_other_except_for_named_fields() {
    let writers = writers();
    for source in SOURCES {
        let reader = writers.iter().find(|of| of.name == source.dialect).unwrap();
        let [event] = &(reader.read)(source.record)[..] else {
            panic!("{} is one record", source.record);
        };
        for (writer, dropped) in writers.iter().zip(source.dropped) {
            check(source.dialect, event, writer, dropped);
            if writer.name == source.dialect {
                assert_eq!((writer.write)(event).0, source.record);
            }
        }
    }
}

#[test]
fn events_of_a_program_come_back_from_every_dialect_except_for_named_fields() {
    let event = FleetEvent::from(everything());
    for (writer, dropped) in writers().iter().zip(EVERYTHING) {
        check("a program", &event, writer, dropped);
    }
}

#[test]
fn sightings_and_driving_events_of_a_program_have_one_dialect() {
    let mut seen = Perception::new(car(), EventTime::MIN);
    seen.track = Some("t1".into());
    seen.direction = Some(Direction::Rear);
    seen.left = Distance::from_m(1.5).into();
    seen.distance = Distance::from_m(12.5).into();
    let mut did = Driving::new(car(), EventTime::MIN, DrivingKind::Intervention);
    did.initiator = Some(Initiator::Remote);
    did.planned = Some(false);
    did.reaction_time_ms = Some(850);
    for (event, dropped) in [
        (FleetEvent::from(seen), "object_track, object_left_m"),
        (
            FleetEvent::from(did),
            "initiator, planned, reaction_time_ms",
        ),
    ] {
        for writer in writers() {
            let other = writer.name != "fleet-pipeline";
            check(
                "a program",
                &event,
                &writer,
                if other { "event" } else { dropped },
            );
        }
    }
}

#[test]
fn a_sighting_of_nothing_is_named_as_a_whole() {
    let nothing = FleetEvent::from(Perception::new(car(), EventTime::MIN));
    assert_eq!(
        FleetPipeline::default().lossy(&nothing).to_string(),
        "event"
    );
}

#[test]
fn openxc_names_the_vehicle_and_the_time_if_it_cannot_write_them() {
    let openxc = OpenXc::new(car());
    let late = EventTime::parse("9999-12-30T23:59:59.000001Z").unwrap();
    let other = VehicleId::new("8").unwrap();
    let mut event = Telemetry::new(other, late);
    assert_eq!(openxc.lossy(&event).to_string(), "vehicle_id, time");
    // First no message at all, then one whose float of seconds is too coarse.
    event.set(Signal::Speed, Reading::of_raw(1.0));
    assert_eq!(openxc.lossy(&event).to_string(), "vehicle_id, time");
    let mut event = Telemetry::new(VehicleId::new("8").unwrap(), EventTime::MIN);
    event.set(Signal::Speed, Reading::of_raw(1.0));
    assert_eq!(openxc.lossy(&event).to_string(), "vehicle_id");
}
