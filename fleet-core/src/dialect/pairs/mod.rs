//! Every dialect writes what every dialect read: what it drops is named, and everything else comes back.

mod sources;

use serde_json::{Map, Value};

use self::sources::{EVERYTHING, SOURCES};
use super::{
    AnyEvent, Dialect, FleetPipeline, FleetStream, Ford, Lossy, Native, OpenXc, VehicleOps,
};
use crate::{
    data::{EventTime, FleetId, VehicleId, units::Distance},
    event::{
        Direction, Driving, DrivingKind, Dtc, Flag, FleetEvent, Initiator, Perception, Reading,
        Signal, Status, Telemetry, TextField,
    },
};

/// A dialect as something that turns events into text and text into events.
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

/// Half of the last place that a dialect writes, in the model's unit.
fn rounding(writer: &str, field: &str) -> f64 {
    let half_of_last = |places: i32| 0.5 * 10f64.powi(-places);
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

/// What the events say together, by canonical names.
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

/// Whether a field came back, as exactly as the writer writes it.
fn same(writer: &str, field: &str, before: &Value, after: Option<&Value>) -> bool {
    match (before, after) {
        (Value::Number(before), Some(Value::Number(after))) => {
            let (before, after) = (before.as_f64().unwrap(), after.as_f64().unwrap());
            (before - after).abs() <= rounding(writer, field) + before.abs() * f64::EPSILON * 4.0
        }
        // Its one key says null where there is no code.
        (Value::Array(codes), Some(Value::Null)) => writer == "ford" && codes.is_empty(),
        (before, after) => Some(before) == after,
    }
}

/// One event through one writer, which is expected to drop these.
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
        // What is said to be dropped is no longer what it was.
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
fn prop_every_event_of_a_dialect_comes_back_from_every_other_but_for_what_is_named() {
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
fn an_event_of_a_program_comes_back_from_every_dialect_but_for_what_is_named() {
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
fn openxc_names_the_vehicle_and_the_time_where_it_cannot_tell_them() {
    let openxc = OpenXc::new(car());
    let late = EventTime::parse("9999-12-30T23:59:59.000001Z").unwrap();
    let other = VehicleId::new("8").unwrap();
    let mut event = Telemetry::new(other, late);
    assert_eq!(openxc.lossy(&event).to_string(), "vehicle_id, time");
    // No message, and then one whose float of seconds is too coarse.
    event.set(Signal::Speed, Reading::of_raw(1.0));
    assert_eq!(openxc.lossy(&event).to_string(), "vehicle_id, time");
    event.set_at(EventTime::MIN);
    assert_eq!(openxc.lossy(&event).to_string(), "vehicle_id");
}
