//! The bodies of VehicleOps exactly as they are described.

use serde::{Serialize, de::DeserializeOwned};

use super::*;

fn same<T: Serialize + DeserializeOwned>(json: &str) -> T {
    let body: T = serde_json::from_str(json).unwrap_or_else(|error| panic!("{json}: {error}"));
    assert_eq!(serde_json::to_string(&body).unwrap(), json);
    body
}

#[test]
fn alerts_are_evaluated_and_acknowledged_as_described() {
    same::<EvaluatedAlert>(r#"{"type":"LOW_BATTERY","value":12.0}"#);
    same::<AcknowledgeRequest>(r#"{"notes":"Operator contacted"}"#);
}

#[test]
fn commands_are_written_back_as_they_were_read() {
    same::<CommandRequest>(r#"{"command":"STOP","params":{}}"#);
    same::<CommandAccepted>(
        r#"{"vehicle_id":"fleet-001-VH-001","command":"STOP","status":"DISPATCHED","issued_by":"op-001","issued_at":"2024-02-15T14:35:00Z"}"#,
    );
    same::<CommandAccepted>(
        r#"{"vehicle_id":"v","command":"RESUME","status":"DISPATCHED","issued_by":"op-001"}"#,
    );
    same::<CommandItem>(
        r#"{"id":"cmd-002","vehicle_id":"v","command":"RETURN_TO_BASE","status":"FAILED","issued_by":"op-001","issued_at":"2024-02-15T14:35:00Z","executed_at":null}"#,
    );
}

#[test]
fn missions_are_written_back_as_they_were_read() {
    same::<MissionRequest>(
        r#"{"fleet_id":"fleet-001","vehicle_id":"fleet-001-VH-001","mission_type":"DELIVERY","waypoints":[{"latitude":4.712,"longitude":-74,"order":1}],"priority":"NORMAL"}"#,
    );
    same::<MissionCreated>(
        r#"{"id":"mission-008","vehicle_id":"fleet-001-VH-001","status":"ASSIGNED","waypoints":3,"created_at":"2024-02-15T15:00:00Z"}"#,
    );
    same::<Mission>(
        r#"{"id":"m","vehicle_id":"v","mission_type":"DELIVERY","status":"ASSIGNED","completed_waypoints":0,"total_waypoints":3,"completion_pct":0,"started_at":null}"#,
    );
}

#[test]
fn frames_carry_alerts_in_either_form() {
    let frame = r#"{"vehicle_id":"v","latitude":4.7115,"longitude":-74.0718,"speed_kmh":92.5,"battery_pct":12,"status":"ALERT","alerts":[{"vehicle_id":"v","alert_type":"OVERSPEED","value":92.5,"threshold":80.0,"timestamp":"2024-02-15T14:33:01Z"},{"type":"LOW_BATTERY","value":12.0,"threshold":15.0}],"timestamp":"2024-02-15T14:33:01.250000+00:00"}"#;
    let frame: TelemetryFrame = same(frame);
    assert!(matches!(
        frame.alerts.as_slice(),
        [FrameAlert::Pushed(_), FrameAlert::Evaluated(_)]
    ));
}

#[test]
fn passwords_and_tokens_are_not_in_debug_output() {
    let login: Login = same(r#"{"email":"operator@fleet.example","password":"canary"}"#);
    let logged_in: LoggedIn = same(
        r#"{"access_token":"canary","token_type":"bearer","expires_in":3600,"operator":{"id":"op-001","email":"operator@fleet.example","role":"OPERATOR","fleet_ids":[]}}"#,
    );
    let debug = format!("{login:?} {logged_in:?}");
    assert!(!debug.contains("canary"), "{debug}");
}
