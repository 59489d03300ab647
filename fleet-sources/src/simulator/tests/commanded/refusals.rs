//! Commands that fail, and why; fleets that are refused.

use fleet_core::event::CommandKind::*;

use super::*;

#[test]
fn a_command_that_fails_says_why_and_changes_nothing() {
    let mut no_list = tell(14, Reroute);
    no_list.params.insert("waypoints".into(), "7".into());
    let commands = [
        tell(0, Resume),
        tell(10, Resume),
        reroute(11, None, &[100.0]),
        tell(12, Reroute),
        reroute(13, Some("m"), &[]),
        no_list,
        reroute(15, Some("m"), &[9000.0]),
        reroute(16, Some("n"), &[9000.0]),
        tell(17, Resume),
        tell(18, ReturnToBase),
        reroute(19, Some("m"), &[9000.0]),
        tell(20, Stop),
        reroute(21, Some("n"), &[9000.0]),
        tell(22, Stop),
    ];
    let reports = reports(Scenario::Normal, commands);
    let neither = "the vehicle is neither stopped nor at its base";
    let no_form = "the parameter waypoints cannot be read: invalid type: integer `7`, expected a \
                   sequence at line 1 column 1";
    let expected = [
        "EXECUTED",
        neither,
        "there is no mission to reroute: give a mission_id for a new one",
        "the parameter waypoints is missing: give a list of {latitude, longitude, order}",
        "there are no waypoints: give at least 1",
        no_form,
        "EXECUTED",
        "mission m is active: n has to wait",
        neither,
        "EXECUTED",
        "mission m is over: give the id of a new one",
        "EXECUTED",
        "the vehicle is stopped: send RESUME before a new mission",
        "EXECUTED",
    ];
    assert_eq!(outcomes(&reports), expected);
    let expected = ["m assigned 1", "m started", "m cancelled"];
    assert_eq!(missions(&reports), expected);
}

#[test]
fn a_long_value_does_not_make_a_long_reason() {
    let mut command = tell(0, Reroute);
    let long = format!("\"{}\"", "x".repeat(10_000));
    command.params.insert("waypoints".into(), long);
    let reason = outcomes(&reports(Scenario::Normal, [command])).remove(0);
    assert!(
        reason.len() <= 200 && reason.starts_with("the parameter waypoints"),
        "{reason}"
    );
}

#[test]
fn a_vehicle_that_is_not_of_the_fleet_fails_each_command_once_and_sends_nothing() {
    for stranger in [
        "fleet-demo-001-VH-004",
        "fleet-demo-001-VH-0001",
        "x-VH-001",
        "car",
    ] {
        let command = to(stranger, 0, Resume);
        let copy = Command {
            issued_at: at(5),
            ..with_id(command.clone(), "c")
        };
        let reports = reports(
            Scenario::Normal,
            [with_id(command, "c"), copy, to(stranger, 9, Stop)],
        );
        let why = "no vehicle of this id is in the fleet";
        assert_eq!(outcomes(&reports), [why, why], "{stranger}");
        assert_eq!(reports.len(), 2);
    }
}

#[test]
fn a_fleet_that_cannot_exist_is_refused() {
    let model = VehicleOpsModel::default;
    for (model, options, expected) in [
        (model(), options().vehicles(0), "a simulation of 0 vehicles"),
        (
            model(),
            options().interval(Duration::ZERO),
            "the interval is under 1 microsecond",
        ),
        (
            model(),
            options().start(EventTime::from_micros(-1)),
            "leaves the years 1970 to 9999",
        ),
        (model().fleet(""), options(), "cannot be named"),
        (model().fleet("f".repeat(250)), options(), "cannot be named"),
    ] {
        let error = ObeyCommands::new(model, options).unwrap_err();
        assert!(error.to_string().contains(expected), "{error}");
    }
}

pub(super) fn with_id(command: Command, id: &str) -> Command {
    Command {
        id: Some(fleet_core::CommandId::new(id).unwrap()),
        ..command
    }
}
