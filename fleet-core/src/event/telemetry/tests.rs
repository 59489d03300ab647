//! Tests of the size, snapshot, serde form and identity of telemetry.

use super::*;
use crate::{
    data::{State, time::TimeStyle},
    event::Dtc,
};

fn full() -> Telemetry {
    let at = EventTime::parse("2024-02-15T14:32:18.5Z").unwrap();
    let mut event = Telemetry::new(VehicleId::new("fleet-001-VH-001").unwrap(), at)
        .with_speed(Speed::from_kmh(92.5))
        .with_range(Distance::from_km(212.0));
    event.set(Signal::Fuel, Reading::null());
    event.set_fleet(Some(FleetId::new("fleet-001").unwrap()));
    event.set_status(Some(Status::from_word("STOPPED")));
    event.set_dtcs(vec![Dtc::new("P0420").unwrap()]);
    event.set_gear(Some(-1));
    event.set_null(NullField::Autopilot);
    event.set_style(Style {
        time: TimeStyle::naive_seconds(),
        integers: 5,
    });
    event
}

#[test]
fn an_event_is_at_most_192_bytes() {
    assert!(size_of::<Telemetry>() <= 192, "{}", size_of::<Telemetry>());
}

#[test]
fn a_snapshot_gives_the_event_back_and_refuses_every_cut() {
    let mut bytes = Vec::new();
    full().encode(&mut bytes);
    assert_eq!(
        Telemetry::decode(Telemetry::VERSION, &mut bytes.as_slice()),
        Some(full())
    );
    for cut in 0..bytes.len() {
        assert_eq!(
            Telemetry::decode(Telemetry::VERSION, &mut &bytes[..cut]),
            None,
            "{cut}"
        );
    }
}

#[test]
fn serde_keeps_missing_null_and_zero_apart() {
    let json = serde_json::to_value(full()).unwrap();
    assert_eq!(json["fuel_pct"], serde_json::Value::Null);
    assert!(json.get("load_pct").is_none());
    let again: Telemetry = serde_json::from_value(json).unwrap();
    assert_eq!(again.identity(), full().identity());
    assert_eq!(again.dtcs(), full().dtcs());
    assert!(again.is_null(NullField::Autopilot));
}

#[test]
fn identity_sees_content_and_not_style() {
    let mut other = full();
    other.set_style(Style::default());
    assert_eq!(other.identity(), full().identity());
    other.set(Signal::Fuel, Reading::missing());
    assert_ne!(other.identity(), full().identity());
    let mut other = full();
    other.set(Signal::Range, Reading::of_raw(1.0));
    assert_ne!(other.identity(), full().identity());
}
