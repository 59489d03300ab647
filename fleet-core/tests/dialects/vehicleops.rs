//! The messages of VehicleOps exactly as they are described, and their counterparts in the model.

use fleet_core::{
    ContentId, EventTime, FleetId, VehicleId,
    dialect::{
        Dialect,
        vehicleops::{AlertPush, CommandMessage, Commands, MissionMessage, OutcomeMessage},
    },
    event::{Alert, AlertKind, CommandOutcome, LimitSource, MissionEvent, Severity},
};

fn same<T: serde::Serialize + serde::de::DeserializeOwned>(json: &str) -> T {
    let message: T = serde_json::from_str(json).unwrap_or_else(|error| panic!("{json}: {error}"));
    assert_eq!(serde_json::to_string(&message).unwrap(), json);
    message
}

const PUSH: &str = r#"{"type":"ALERT","payload":{"vehicle_id":"fleet-001-VH-005","alert_type":"OVERSPEED","value":92.5,"threshold":80.0,"timestamp":"2024-02-15T14:33:01Z"}}"#;

fn alert(kind: AlertKind) -> Alert {
    Alert {
        id: ContentId(7),
        at: EventTime::parse("2024-02-15T14:33:01Z").unwrap(),
        vehicle: VehicleId::new("fleet-001-VH-005").unwrap(),
        fleet: Some(FleetId::new("fleet-001").unwrap()),
        kind,
        severity: Severity::High,
        rule: "overspeed".into(),
        value: Some(92.5),
        threshold: Some(80.0),
        limit_source: LimitSource::Rule,
    }
}

#[test]
fn alerts_are_pushed_as_described() {
    let push = AlertPush::of(&alert(AlertKind::Overspeed)).unwrap();
    assert_eq!(serde_json::to_string(&push).unwrap(), PUSH);
    assert_eq!(AlertPush::of(&alert(AlertKind::LowFuel)), None);
}

#[test]
fn an_alert_may_carry_its_number_among_those_of_its_vehicle() {
    let numbered = PUSH.replace("}}", r#","sequence":7}}"#);
    let push: AlertPush = same(&numbered);
    assert_eq!(
        push,
        AlertPush::of(&alert(AlertKind::Overspeed))
            .unwrap()
            .with_sequence(7)
    );
}

#[test]
fn alerts_are_read_under_both_names_and_written_under_one() {
    let other = PUSH
        .replace("alert_type", "type")
        .replace("timestamp", "triggered_at");
    let push: AlertPush = serde_json::from_str(&other).unwrap();
    assert_eq!(serde_json::to_string(&push).unwrap(), PUSH);
    assert!(serde_json::from_str::<AlertPush>(&PUSH.replace("ALERT", "NEWS")).is_err());
}

#[test]
fn commands_are_written_back_and_become_those_of_the_model() {
    let message: CommandMessage = same(
        r#"{"vehicle_id":"v","command":"REROUTE","params":{"a":[1.50],"b":null},"issued_at":"2024-02-15T14:35:00Z","id":"cmd-1"}"#,
    );
    let command = message.to_command().unwrap();
    assert_eq!(command.params["a"], "[1.50]");
    assert_eq!(command.known_as().as_str(), "cmd-1");
    let again = CommandMessage::of(&command).unwrap();
    assert_eq!(
        (again.vehicle, again.command, again.id),
        (message.vehicle, message.command, message.id)
    );
    assert_eq!(again.params.as_str(), r#"{"a":[1.5],"b":null}"#);
}

#[test]
fn missions_are_written_back_and_become_those_of_the_model() {
    let message: MissionMessage = same(
        r#"{"mission_id":"m","vehicle_id":"v","event":"started","timestamp":"2024-02-15T15:01:00Z"}"#,
    );
    let event = MissionEvent::from(message.clone());
    assert_eq!(MissionMessage::from(&event), message);
}

#[test]
fn a_mission_event_names_what_lies_ahead_and_why_it_ended() {
    for json in [
        r#"{"mission_id":"m","vehicle_id":"v","event":"assigned","timestamp":"2024-02-15T15:01:00Z","waypoints":3}"#,
        r#"{"mission_id":"m","vehicle_id":"v","event":"failed","timestamp":"2024-02-15T15:01:00Z","reason":"the battery is empty"}"#,
    ] {
        let message: MissionMessage = same(json);
        assert_eq!(
            MissionMessage::from(&MissionEvent::from(message.clone())),
            message
        );
    }
}

#[test]
fn outcomes_are_written_back_and_become_those_of_the_model() {
    let json = r#"{"id":"cmd-1","vehicle_id":"v","command":"RESUME","status":"FAILED","timestamp":"2024-02-15T15:01:00Z","reason":"the vehicle is not stopped"}"#;
    let message: OutcomeMessage = same(json);
    let outcome = CommandOutcome::from(message.clone());
    assert_eq!(OutcomeMessage::from(&outcome), message);
}

#[test]
fn a_record_that_is_no_command_is_refused_with_a_reason() {
    let stop =
        r#"{"vehicle_id":"v","command":"STOP","params":{},"issued_at":"2024-02-15T14:35:00Z"}"#;
    assert!(Commands.read(stop, &mut ()).is_ok());
    for (record, expected) in [
        (stop.replace("STOP", "FLY"), "unknown variant `FLY`"),
        (stop.replace("{}", "[1]"), "params: invalid type: sequence"),
        (stop.replace("2024", "1924"), "outside 1970 to 9999"),
        (stop.replace(r#""v""#, r#""""#), "an id must not be empty"),
        (
            stop.replace('}', r#","id":""}"#)
                .replace(r#"{,"id":""}"#, "{}"),
            "an id must not be empty",
        ),
        ("STOP".into(), "not JSON"),
    ] {
        let reason = Commands.read(&record, &mut ()).unwrap_err().0;
        assert!(reason.contains(expected), "{record}: {reason}");
    }
}
