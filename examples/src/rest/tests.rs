//! Every described body comes back unchanged, also with unknown keys, including those that queries
//! return. The messages of the dialects have the same table in `fleet-core/tests/dialects`.

use fleet_core::dialect::{JsonText, Keeping};
use fleet_sinks::postgres::queries;
use serde::{Serialize, de::DeserializeOwned};

use super::{fleetflow, fleetstream, ford, vehicleops};

/// A body: its system, where it occurs there, its check, and its JSON.
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

#[rustfmt::skip]
const BODIES: &[Described] = &[
    Described("ford", "table vehicle_state", message::<ford::VehicleState>,
        r#"{"vehicle_id":"v_a_w1_001","last_seen_ts":"2024-02-15T14:32:18.123456Z","status":"active","lat":37.7749295,"lon":-122.4194155,"speed":64.37,"heading":271.4,"fuel_pct":71.5,"engine_temp":198.46,"battery_v":12.61,"odometer":48213}"#),
    Described("ford", "table driver_notes; GET /fleet/notes", message::<ford::DriverNote>,
        r#"{"note_id":"n-1","vehicle_id":"v_a_w1_001","customer_id":"customer_a","driver_id":"d-7","driver_name":"A. Driver","ts":"2024-02-15T14:32:18Z","note_text":"brakes squeak","category":"maintenance","region_id":"WEST","territory_id":"WEST_1","access_roles":",admin_all,"}"#),
    Described("ford", "GET /fleet/vehicles and the other lists", message::<queries::Page<ford::VehicleState>>,
        r#"{"items":[{"vehicle_id":"v_a_w1_001","last_seen_ts":"2024-02-15T14:32:18Z","status":"active","speed":null}],"total":20,"limit":50,"offset":0}"#),
    Described("ford", "table anomalies; GET /fleet/anomalies", message::<queries::Anomaly>,
        r#"{"anomaly_id":"9c5b94b1-35ad-49bb-b118-8e8fc24abf80","vehicle_id":"v_a_w1_001","customer_id":"customer_a","region_id":"WEST","territory_id":"WEST_1","detected_at":"2024-02-15T14:32:18.000000Z","anomaly_type":"HIGH_ENGINE_TEMP","severity":"critical","description":"engine_temp above threshold: 231.40 vs 220","metric_value":231.4,"threshold_value":220,"acknowledged":false,"acknowledged_by":null,"acknowledged_at":null,"access_roles":","}"#),
    Described("ford", "POST /fleet/anomalies/{id}/ack", message::<queries::AnomalyAcknowledgement>,
        r#"{"success":true,"anomaly_id":"9c5b94b1-35ad-49bb-b118-8e8fc24abf80","acknowledged_by":"territory_manager_1"}"#),
    Described("ford", "GET /fleet/summary", message::<queries::Overview>,
        r#"{"summary":{"total_vehicles":20,"active_vehicles":18,"avg_speed":41.25,"avg_fuel_pct":62.0,"avg_engine_temp":195,"telemetry_count":7200,"total_anomalies":12,"unacknowledged_anomalies":3,"critical_anomalies":1},"timeseries":[{"period":"2024-02-15 14:00","avg_speed":40.5,"avg_fuel":62.5,"avg_temp":null,"event_count":360,"vehicle_count":18}]}"#),
    Described("vehicleops", "what the rule service evaluates", message::<vehicleops::EvaluatedAlert>,
        r#"{"type":"LOW_BATTERY","value":12.0,"threshold":15}"#),
    Described("vehicleops", "GET /alerts", message::<vehicleops::Listed<queries::AlertItem>>,
        r#"{"data":[{"id":"alert-001","vehicle_id":"fleet-001-VH-005","fleet_id":"fleet-001","alert_type":"OVERSPEED","severity":"HIGH","value":92.5,"threshold":80.0,"message":"Vehicle fleet-001-VH-005 exceeded speed limit: 92.5 km/h","acknowledged":false,"triggered_at":"2024-02-15T14:33:01Z"}],"total":1}"#),
    Described("vehicleops", "POST /alerts/{id}/acknowledge, request", message::<vehicleops::AcknowledgeRequest>,
        r#"{"notes":"Operator contacted"}"#),
    Described("vehicleops", "GET /telemetry/{id}/history", message::<queries::History<JsonText>>,
        r#"{"vehicle_id":"fleet-001-VH-001","from":"2024-02-15T00:00:00Z","to":"2024-02-16T00:00:00Z","total_records":1,"data":[{"vehicle_id":"fleet-001-VH-001","speed_kmh":42.50,"timestamp":"2024-02-15T14:32:18Z"}]}"#),
    Described("vehicleops", "POST /alerts/{id}/acknowledge, response", message::<queries::AlertAcknowledgement>,
        r#"{"id":"alert-001","acknowledged":true,"acknowledged_by":"op-001","acknowledged_at":"2024-02-15T14:38:00Z","notes":"Operator contacted"}"#),
    Described("vehicleops", "GET /analytics/vehicle/{id}/metrics", message::<queries::VehicleMetrics>,
        r#"{"total_readings":7200,"avg_speed_kmh":41.25,"max_speed_kmh":92.5,"avg_battery_pct":64.0,"min_battery_pct":12,"avg_engine_temp_c":78.5,"max_engine_temp_c":104.2,"total_distance_km":18.75,"alert_count":4}"#),
    Described("vehicleops", "GET /analytics/vehicle/{id}/speed-series", message::<Vec<queries::SpeedBucket>>,
        r#"[{"bucket":"2024-02-15T14:30:00Z","avg_value":41.25,"max_value":92.5,"min_value":0}]"#),
    Described("vehicleops", "GET /analytics/fleet/{id}/performance", message::<queries::FleetPerformance>,
        r#"{"vehicles":[{"vehicle_id":"fleet-001-VH-001","avg_speed":41.25,"avg_battery":64.0,"distance_km":18.75,"alerts":4}]}"#),
    Described("vehicleops", "GET /fleet/{id}/summary", message::<queries::FleetSummary>,
        r#"{"fleet_name":"Bogota North","total_vehicles":20,"active_vehicles":15,"idle_vehicles":4,"vehicles_in_alert":1,"avg_battery_pct":64.5,"avg_speed_kmh":38.0,"active_missions":6,"open_alerts":2,"last_updated":"2024-02-15T14:32:18Z"}"#),
    Described("vehicleops", "telemetry frame of /ws/fleet/{id}", message::<vehicleops::TelemetryFrame>,
        r#"{"vehicle_id":"fleet-001-VH-001","latitude":4.7115,"longitude":-74.0718,"speed_kmh":44.2,"battery_pct":77.8,"engine_temp_c":73.1,"status":"MOVING","alerts":[],"timestamp":"2024-02-15T14:32:19Z"}"#),
    Described("vehicleops", "POST /commands/{vehicle_id}, request", message::<vehicleops::CommandRequest>,
        r#"{"command":"STOP","params":{}}"#),
    Described("vehicleops", "POST /commands/{vehicle_id}, response", message::<vehicleops::CommandAccepted>,
        r#"{"vehicle_id":"fleet-001-VH-001","command":"STOP","status":"DISPATCHED","issued_by":"op-001","issued_at":"2024-02-15T14:35:00Z"}"#),
    Described("vehicleops", "history of commands", message::<vehicleops::Listed<vehicleops::CommandItem>>,
        r#"{"data":[{"id":"cmd-001","vehicle_id":"fleet-001-VH-001","command":"REROUTE","status":"EXECUTED","issued_by":"op-001","issued_at":"2024-02-15T14:35:00Z","executed_at":"2024-02-15T14:35:02Z"}],"total":1}"#),
    Described("vehicleops", "POST /missions, request", message::<vehicleops::MissionRequest>,
        r#"{"fleet_id":"fleet-001","vehicle_id":"fleet-001-VH-001","mission_type":"DELIVERY","waypoints":[{"latitude":4.712,"longitude":-74,"order":1}],"priority":"NORMAL"}"#),
    Described("vehicleops", "POST /missions, response", message::<vehicleops::MissionCreated>,
        r#"{"id":"mission-008","vehicle_id":"fleet-001-VH-001","status":"ASSIGNED","waypoints":3,"created_at":"2024-02-15T15:00:00Z"}"#),
    Described("vehicleops", "GET /missions/{id}", message::<vehicleops::Mission>,
        r#"{"status":"IN_PROGRESS","completed_waypoints":1,"total_waypoints":3,"completion_pct":33.3,"started_at":"2024-02-15T15:01:00Z","estimated_completion":"2024-02-15T15:45:00Z"}"#),
    Described("vehicleops", "GET /fleet/{id}/vehicles", message::<vehicleops::Listed<vehicleops::VehicleItem>>,
        r#"{"data":[{"vehicle_id":"fleet-001-VH-001","status":"MOVING","latitude":4.711,"longitude":-74.0721,"speed_kmh":42.5,"battery_pct":78,"active_mission_id":null,"last_seen":"2024-02-15T14:32:18Z"}],"total":20,"page":1,"limit":50}"#),
    Described("vehicleops", "POST /auth/login, request", message::<vehicleops::Login>,
        r#"{"email":"operator@fleet.example","password":"secret"}"#),
    Described("vehicleops", "POST /auth/login, response", message::<vehicleops::LoggedIn>,
        r#"{"access_token":"a.b.c","token_type":"bearer","expires_in":3600,"operator":{"id":"op-001","email":"operator@fleet.example","role":"OPERATOR","fleet_ids":["fleet-001"]}}"#),
    Described("vehicleops", "errors", message::<vehicleops::Failure>,
        r#"{"detail":"Vehicle fleet-001-VH-099 not found","status_code":404,"error":"NOT_FOUND"}"#),
    Described("fleetflow", "POST /api/v1/telemetry, response", message::<fleetflow::TripQueued>,
        r#"{"status":"QUEUED","trip_id":"a1b2c3d4"}"#),
    Described("fleetflow", "table trip_logs", message::<fleetflow::TripLog>,
        r#"{"trip_id":"a1b2c3d4","status":"PENDING_ANALYSIS","telemetry_blob":[{"t":1200,"spd":85,"gx":0.5}]}"#),
    Described("fleetflow", "table driver_scores", message::<fleetflow::DriverScore>,
        r#"{"trip_id":"a1b2c3d4","safety_score":95,"harsh_braking_count":1,"rapid_accel_count":0,"harsh_cornering_count":0,"speeding_count":2,"max_speed":92.5}"#),
    Described("fleetflow", "GET /api/v1/trip/{id}/score", message::<fleetflow::DriverScore>,
        r#"{"trip_id":"a1b2c3d4","safety_score":95,"harsh_braking_count":1,"rapid_accel_count":0,"created_at":"2024-01-01T12:00:05.123456+00:00"}"#),
    Described("fleetstream", "GET /telemetry/recent, /telemetry/violations", message::<Vec<JsonText>>,
        r#"[{"vehicle_id":"TESTCAR01","timestamp":"2025-08-09T12:34:56Z","speed_kmh":73.40}]"#),
    Described("fleetstream", "WS /ws, snapshot", message::<fleetstream::LivePush>,
        r#"{"type":"snapshot","items":[{"vehicle_id":"TESTCAR01","timestamp":"2025-08-09T12:34:56Z","speed_kmh":73.4}]}"#),
    Described("fleetstream", "WS /ws, event", message::<fleetstream::LivePush>,
        r#"{"type":"event","data":{"vehicle_id":"TESTCAR01","timestamp":"2025-08-09T12:34:56Z","speed_kmh":73.4}}"#),
];

#[test]
fn every_described_body_comes_back_unchanged() {
    for Described(system, place, check, json) in BODIES {
        println!("{system}: {place}");
        check(json);
    }
}
