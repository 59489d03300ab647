//! What commands do to vehicles and missions.

use fleet_core::{
    event::{CommandKind::*, Status},
    units::Speed,
};

use super::*;
use crate::simulator::tests::check::{assert_comes_back, assert_uniform, metres_between};

#[test]
fn a_vehicle_is_silent_until_its_first_command_and_roams_when_it_leaves_its_base() {
    let reports = reports(Scenario::Normal, [tell(100, Resume), tell(700, Stop)]);
    let sent = telemetry(&reports);
    assert_eq!(
        sent.len(),
        1201,
        "two a second, and one at the second of the stop"
    );
    assert_eq!(sent[0].at(), at(100));
    let speeds: Vec<_> = sent
        .iter()
        .map(|event| event.speed().unwrap().as_kmh())
        .collect();
    assert_uniform(&speeds, 5.0, 60.0);
    let far = sent[1].position().unwrap();
    assert!(metres_between(base(1), far) < 200.0);
}

#[test]
fn a_vehicle_drives_on_without_commands_as_far_as_time_has_come() {
    let mut rig = Rig::new(fleet(Scenario::Normal));
    assert_eq!(telemetry(&rig.tell([tell(0, Resume)])).len(), 0);
    for (second, expected) in [(10, 20), (11, 2), (11, 0), (7200, 14_378), (9000, 0)] {
        rig.harness.advance_to(at(second));
        let reports = rig.tell([]);
        assert_eq!(telemetry(&reports).len(), expected, "up to {second} s");
    }
}

#[test]
fn a_stop_stands_at_once_and_a_resume_goes_on() {
    let commands = [
        tell(0, Resume),
        tell(10, Stop),
        tell(20, Resume),
        tell(30, Stop),
    ];
    let reports = reports(Scenario::Normal, commands);
    let (mut before, mut stood) = (None, 0);
    for event in telemetry(&reports) {
        // The tick at the second of a command comes before it.
        let stands = at(10) < event.at() && event.at() <= at(20);
        assert_eq!(event.speed() == Some(Speed::from_kmh(0.0)), stands);
        let word = event.status().unwrap();
        assert_eq!(word.as_word() == "STOPPED", stands, "{}", event.at());
        let place = event.position();
        assert_eq!(
            before == place,
            stands && event.at() > at(10),
            "{}",
            event.at()
        );
        stood += u32::from(stands);
        before = place;
    }
    assert_eq!(stood, 20);
    assert_eq!(outcomes(&reports), ["EXECUTED"; 4]);
}

#[test]
fn a_mission_passes_its_waypoints_in_their_order_and_ends_with_the_last() {
    let commands = [reroute(0, Some("m"), &[400.0, 200.0]), tell(600, Stop)];
    let reports = reports(Scenario::Normal, commands);
    assert_eq!(
        missions(&reports),
        [
            "m assigned 2",
            "m started",
            "m waypoint_reached 0",
            "m waypoint_reached 1",
            "m completed"
        ]
    );
    // It was where it says it was.
    for (index, metres) in [400.0, 200.0].into_iter().enumerate() {
        let events = reports.iter().filter_map(VehicleReport::mission);
        let mut events = events.filter(|event| event.waypoint == u32::try_from(index).ok());
        let reached = events.next().unwrap().at;
        let sent = telemetry(&reports);
        let there = sent.iter().find(|event| event.at() == reached).unwrap();
        let home = base(1);
        let waypoint = place((
            home.latitude.as_degrees() + metres / 111_195.08,
            home.longitude.as_degrees(),
        ));
        assert!(metres_between(waypoint, there.position().unwrap()) < 0.2);
    }
    // At 60 km/h at most, and 5 at least.
    let ended = reports
        .iter()
        .filter_map(VehicleReport::mission)
        .next_back();
    let seconds = ended.unwrap().at.since(at(0)).as_secs_f64();
    assert!(
        (600.0 / (60.0 / 3.6)..600.0 / (5.0 / 3.6)).contains(&seconds),
        "{seconds}"
    );
}

/// The command between two ticks.
fn after_a_moment(command: Command) -> Command {
    let issued_at = command.issued_at + Duration::from_millis(100);
    Command {
        issued_at,
        ..command
    }
}

#[test]
fn a_stop_pauses_a_mission_and_a_resume_takes_it_up_again() {
    let commands = [
        // Both before the next tick, so it is paused before it starts.
        after_a_moment(reroute(0, Some("m"), &[100.0])),
        after_a_moment(tell(0, Stop)),
        tell(60, Resume),
        tell(62, Stop),
        tell(62, Stop),
        tell(90, Resume),
        tell(300, Stop),
    ];
    let reports = reports(Scenario::Normal, commands);
    let expected = [
        "m assigned 1",
        "m paused",
        "m resumed",
        "m started",
        "m paused",
        "m resumed",
        "m waypoint_reached 0",
        "m completed",
    ];
    assert_eq!(missions(&reports), expected);
}

#[test]
fn a_reroute_replaces_what_lies_ahead_and_nothing_else() {
    let commands = [
        reroute(0, Some("m"), &[50.0, 5000.0]),
        reroute(60, None, &[100.0, 150.0]),
        reroute(61, Some("m"), &[120.0, 150.0]),
        tell(400, Stop),
    ];
    let reports = reports(Scenario::Normal, commands);
    let expected = [
        "m assigned 2",
        "m started",
        "m waypoint_reached 0",
        "m rerouted 2",
        "m rerouted 2",
        "m waypoint_reached 1",
        "m waypoint_reached 2",
        "m completed",
    ];
    assert_eq!(missions(&reports), expected);
}

#[test]
fn a_return_to_base_cancels_the_mission_and_parks_where_the_vehicle_began() {
    let commands = [
        reroute(0, Some("m"), &[3000.0]),
        tell(100, Stop),
        tell(110, ReturnToBase),
        tell(900, Stop),
    ];
    let reports = reports(Scenario::Normal, commands);
    let expected = ["m assigned 1", "m started", "m paused", "m cancelled"];
    assert_eq!(missions(&reports), expected);
    let sent = telemetry(&reports);
    let last = sent.last().unwrap();
    assert!(metres_between(base(1), last.position().unwrap()) < 0.2);
    assert_eq!(last.status(), Some(Status::Idle));
    let way_home = sent.iter().filter(|event| event.at() > at(110));
    let moving = way_home.filter(|event| event.status() == Some(Status::Moving));
    assert!(moving.count() > 30);
}

#[test]
fn an_empty_battery_ends_a_mission_and_all_motion() {
    // At 0.025 % a tick on average a battery lasts about 4000 ticks.
    let commands = [
        reroute(0, Some("m"), &[500_000.0]),
        tell(3000, Resume),
        reroute(3001, Some("n"), &[1.0]),
        tell(3002, ReturnToBase),
        tell(3003, Stop),
    ];
    let reports = reports(Scenario::Normal, commands);
    assert_eq!(
        missions(&reports),
        ["m assigned 1", "m started", "m failed"]
    );
    let why = "the battery is empty";
    assert_eq!(outcomes(&reports), ["EXECUTED", why, why, why, "EXECUTED"]);
    let failed = reports
        .iter()
        .filter_map(VehicleReport::mission)
        .next_back()
        .unwrap();
    assert_eq!(failed.reason.as_deref(), Some(why));
    for event in telemetry(&reports) {
        let stands = event.speed() == Some(Speed::from_kmh(0.0));
        assert_eq!(stands, event.at() >= failed.at, "{}", event.at());
        if stands {
            assert_eq!(event.status(), Some(Status::LowBattery));
        }
    }
}

#[test]
fn telemetry_comes_back_from_the_wire_as_it_was_made() {
    let commands = [
        reroute(0, Some("m"), &[100.0]),
        tell(60, Stop),
        tell(70, Resume),
    ];
    let reports = reports(Scenario::FaultInjection, commands);
    let sent: Vec<_> = telemetry(&reports).into_iter().cloned().collect();
    assert_comes_back(&fleet_core::dialect::VehicleOps::default(), &sent);
}
