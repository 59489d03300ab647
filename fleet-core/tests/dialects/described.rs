//! Every described message that is read or written by a dialect comes back unchanged, also with
//! unknown keys. The bodies of the REST interfaces have the same table in `examples/src/rest`.

use std::fmt::Debug;

use fleet_core::{
    EventTime, VehicleId,
    dialect::{
        Dialect, FleetFlow, FleetStream, Ford, Keeping, Native, OpenXc, PipelineDriving,
        PipelinePerception, PipelineTelemetry, VehicleOps,
        fleet_pipeline::{PipelineAlert, PipelineMetric},
        vehicleops,
    },
};
use serde::{Serialize, de::DeserializeOwned};

/// A message: its system, where it occurs there, its check, and its JSON.
struct Described(&'static str, &'static str, fn(&str), &'static str);

/// A message that serde reads comes back alone, and with unknown keys on every level.
fn message<T: Serialize + DeserializeOwned>(json: &str) {
    let again: T = serde_json::from_str(json).unwrap_or_else(|error| panic!("{json}: {error}"));
    assert_eq!(serde_json::to_string(&again).unwrap(), json);
    let json = json
        .replace('{', r#"{"x-new":{"y":[1.50,2]},"#)
        .replace(",}", "}");
    let kept: Keeping<T> =
        serde_json::from_str(&json).unwrap_or_else(|error| panic!("{json}: {error}"));
    assert_eq!(serde_json::to_string(&kept).unwrap(), json);
}

/// A record of a dialect comes back alone, and with an unknown key and its own keys in another
/// order.
fn record<D: Dialect>(dialect: &D, json: &str)
where
    D::Event: PartialEq + Debug,
{
    let again = |json: &str| {
        let mut memo = dialect.memo(Some(EventTime::MIN));
        let event = dialect.read(json, &mut memo);
        let event = event.unwrap_or_else(|error| panic!("{json}: {error}"));
        let mut to = Vec::new();
        dialect.write(&event.unwrap(), &mut to);
        String::from_utf8(to).unwrap()
    };
    assert_eq!(again(json), json);
    let unknown = json.replacen('{', r#"{"x-new":{"y":[1.50,2]},"#, 1);
    assert_eq!(again(&unknown), unknown);
    // The first key as the last one.
    let members = json
        .strip_prefix('{')
        .and_then(|json| json.strip_suffix('}'));
    let (first, rest) = members.unwrap().split_once(",\"").unwrap();
    let turned = format!("{{\"{rest},{first}}}");
    assert_eq!(again(&turned), turned);
}

#[rustfmt::skip]
const MESSAGES: &[Described] = &[
    Described("ford", "topics customer_a_telemetry, customer_b_telemetry; table telemetry_raw", |json| record(&Ford::keeping_unknown_keys(), json),
        r#"{"customer_id":"customer_a","vehicle_id":"v_a_w1_001","ts":"2024-02-15T14:32:18.123456Z","region_id":"WEST","territory_id":"WEST_1","lat":37.7749295,"lon":-122.4194155,"speed":64.37,"engine_temp":198.46,"fuel_pct":71.5,"battery_v":12.61,"odometer":48213,"dtc_code":null,"heading":271.4,"rpm":2310,"throttle_pct":33.2,"access_roles":",territory_west_1,region_west,admin_all,"}"#),
    Described("fleet-pipeline", "topic and table vehicle_telemetry", |json| record(&PipelineTelemetry::keeping_unknown_keys(), json),
        r#"{"vehicle_id":3,"timestamp":"2024-02-15 14:32:18","current_speed_kmh":61.27,"speed_limit_violation":false,"latitude":37.774912,"longitude":-122.419416,"battery_level_pct":64,"remaining_range_km":212.5,"autopilot_engaged":true,"odometer_km":15230.4,"start_location":"San Francisco","destination":"Palo Alto"}"#),
    Described("fleet-pipeline", "topic and table perception_events", |json| record(&PipelinePerception::keeping_unknown_keys(), json),
        r#"{"vehicle_id":3,"timestamp":"2024-02-15 14:32:18","object_class":"motorcycle","object_distance_m":4.9,"object_speed_kmh":12,"object_relative_direction":"ahead","confidence":0.87}"#),
    Described("fleet-pipeline", "topic and table driving_events", |json| record(&PipelineDriving::keeping_unknown_keys(), json),
        r#"{"vehicle_id":3,"timestamp":"2024-02-15 14:32:18","event_type":"intervention","event_detail":"driver takeover","latitude":37.774912,"longitude":-122.5}"#),
    Described("fleet-pipeline", "table alerts", message::<PipelineAlert>,
        r#"{"id":12,"time":"2024-02-15 14:32:18","vehicle_id":7,"alert_type":"Collision Risk","alert_message":"car at 4.2 m"}"#),
    Described("fleet-pipeline", "table self_driving_metrics", message::<PipelineMetric>,
        r#"{"time_bucket":"2024-02-15 14:00:00","vehicle_id":7,"metric_name":"km_per_intervention","metric_value":142.5,"metadata":{"interventions":2}}"#),
    Described("vehicleops", "topics fleet.telemetry.raw, fleet.telemetry.processed; GET /telemetry/{id}/latest", |json| record(&VehicleOps::keeping_unknown_keys(), json),
        r#"{"vehicle_id":"fleet-001-VH-001","fleet_id":"fleet-001","latitude":4.711,"longitude":-74.0721,"speed_kmh":42.5,"battery_pct":78,"engine_temp_c":72.3,"load_pct":65.0,"status":"MOVING","timestamp":"2024-02-15T14:32:18.500000+00:00"}"#),
    Described("vehicleops", "alert as it is pushed; topic fleet.alerts.triggered", message::<vehicleops::AlertPush>,
        r#"{"type":"ALERT","payload":{"vehicle_id":"fleet-001-VH-005","alert_type":"OVERSPEED","value":92.5,"threshold":80.0,"timestamp":"2024-02-15T14:33:01Z"}}"#),
    Described("vehicleops", "topic fleet.commands", message::<vehicleops::CommandMessage>,
        r#"{"vehicle_id":"fleet-001-VH-001","command":"REROUTE","params":{"waypoints":[{"latitude":4.7120,"longitude":-74,"order":1}]},"issued_at":"2024-02-15T14:35:00.250000+00:00"}"#),
    Described("vehicleops", "topic fleet.missions.events", message::<vehicleops::MissionMessage>,
        r#"{"mission_id":"mission-008","vehicle_id":"fleet-001-VH-001","event":"waypoint_reached","timestamp":"2024-02-15T15:10:00Z","waypoint":1}"#),
    Described("fleetflow", "POST /api/v1/telemetry, request with long samples", |json| record(&FleetFlow::keeping_unknown_keys(), json),
        r#"{"vehicle_id":"550e8400-e29b-41d4-a716-446655440000","driver_id":"c9284200-e29b-41d4-a716-446655440000","timestamp":"2024-01-01T12:00:00Z","data":[{"speed_kmh":45,"g_force_long":0.1,"g_force_lat":0.0},{"speed_kmh":45,"g_force_long":-0.5,"g_force_lat":0.0}]}"#),
    Described("fleetflow", "POST /api/v1/telemetry, request with short samples", |json| record(&FleetFlow::keeping_unknown_keys(), json),
        r#"{"vehicle_id":"550e8400-e29b-41d4-a716-446655440000","driver_id":"c9284200-e29b-41d4-a716-446655440000","timestamp":"2024-01-01T12:00:00Z","telemetry_data":[{"t":1200,"spd":85,"gx":0.5}]}"#),
    Described("fleetstream", "topic vehicle.telemetry.raw; GET /telemetry/latest", |json| record(&FleetStream::keeping_unknown_keys(), json),
        r#"{"vehicle_id":"TESTCAR01","timestamp":"2025-08-09T12:34:56.789012+00:00","location":{"lat":52.2304,"lon":21.0122},"speed_kmh":73.4,"engine_rpm":2140,"gear":4,"fuel_level_pct":92.1,"fault_codes":[],"road_type":"urban","speed_limit_kmh":50,"speeding":true,"rpm_over_redline":false}"#),
    Described("fleetstream", "the same with the public project's keys", |json| record(&FleetStream::keeping_unknown_keys(), json),
        r#"{"vehicle_id":"TESTCAR01","timestamp":"2025-08-09T12:34:56.789012+00:00","location":{"lat":52.2304,"lon":21.0122},"gear":4,"gear_mode":"D","predicted_location_1s":{"lat":52.2305,"lon":21.0},"predicted_location_5s":{"lat":52.2309,"lon":21}}"#),
    Described("openxc", "a signal", |json| record(&OpenXc::new(VehicleId::new("car").unwrap()).keeping_unknown_keys(), json),
        r#"{"name":"vehicle_speed","value":42,"timestamp":1364323939.012}"#),
    Described("openxc", "a signal without a time", |json| record(&OpenXc::new(VehicleId::new("car").unwrap()).keeping_unknown_keys(), json),
        r#"{"name":"transmission_gear_position","value":"third","event":true}"#),
    Described("native", "VSS telemetry", |json| record(&Native::keeping_unknown_keys(), json),
        r#"{"vehicle_id":"car-1","fleet_id":"f","timestamp":"2024-02-15T14:32:18Z","Vehicle.Speed":88.25,"Vehicle.TraveledDistance":12500,"Vehicle.Acceleration.Longitudinal":-4.903325}"#),
];

#[test]
fn every_described_message_comes_back_unchanged() {
    for Described(system, place, check, json) in MESSAGES {
        println!("{system}: {place}");
        check(json);
    }
}
