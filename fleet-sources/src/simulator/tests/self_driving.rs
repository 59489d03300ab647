//! Tests that the events of self-driving vehicles are plausible and agree with the truth.

use std::{collections::BTreeMap, time::Duration};

use fleet_core::{
    EventTime,
    dialect::FleetPipeline,
    event::{
        Direction, Driving, DrivingKind, Flag, FleetEvent, ObjectClass, Perception, Telemetry,
        TextField,
    },
};

use super::check::{assert_comes_back, assert_share, assert_uniform, hours, metres_between, run};
use crate::simulator::{
    Area, OdometerFault, SelfDrivingModel, SelfDrivingTruth, Simulator, SimulatorOptions,
};

pub(super) fn busy() -> (SelfDrivingModel, SimulatorOptions) {
    let model = SelfDrivingModel::default()
        .vehicle_ids(11..=30)
        .takeovers_per_hour(30.0)
        .odometer_fault(OdometerFault::Reset, 0.001)
        .odometer_fault(OdometerFault::Rollback, 0.002)
        .odometer_fault(OdometerFault::Jump, 0.002);
    let options = model.options().duration(hours(2));
    (model, options)
}

/// The events of every vehicle, and the truth about it.
fn fleet() -> Vec<(Vec<FleetEvent>, SelfDrivingTruth)> {
    let (model, options) = busy();
    let truth = model.truth(&options).unwrap();
    let events = (1..=options.vehicles).map(|number| run(&model, number, options));
    events.zip(truth).collect()
}

fn telemetry(events: &[FleetEvent]) -> Vec<&Telemetry> {
    events.iter().filter_map(FleetEvent::telemetry).collect()
}

fn driving(events: &[FleetEvent]) -> Vec<&Driving> {
    events.iter().filter_map(FleetEvent::driving).collect()
}

fn at(event: &FleetEvent) -> EventTime {
    fleet_core::Event::at(event)
}

/// The odometer in whole metres, read from the number's text to avoid rounding.
fn metres(event: &Telemetry) -> i64 {
    let text = format!("{:.3}", event.odometer().unwrap().as_km());
    text.replace('.', "").parse().unwrap()
}

#[test]
fn the_truth_counts_what_the_events_say() {
    for (events, truth) in fleet() {
        assert!(
            events
                .iter()
                .all(|event| fleet_core::Event::key(event) == truth.vehicle.as_str())
        );
        let driving = driving(&events);
        let count = |kind| driving.iter().filter(|event| event.kind == kind).count() as u64;
        assert_eq!(count(DrivingKind::Intervention), truth.interventions);
        assert_eq!(count(DrivingKind::Disengagement), truth.disengagements);
        assert_eq!(count(DrivingKind::LaneChange), truth.lane_changes);
        assert_eq!(count(DrivingKind::HardBrake), truth.hard_brakes);
        let telemetry = telemetry(&events);
        assert_eq!(telemetry.len() as u64, truth.telemetry);
        for event in &telemetry {
            let fast = event.speed().unwrap().as_kmh() > 65.0;
            assert_eq!(event.flag(Flag::Speeding), Some(fast));
            let text = |field| event.text(field).unwrap();
            assert_ne!(text(TextField::Start), text(TextField::Destination));
        }
        let fast: Vec<bool> = telemetry
            .iter()
            .map(|event| event.speed().unwrap().as_kmh() > 65.0)
            .collect();
        let rows = fast.iter().filter(|fast| **fast).count();
        assert_eq!(rows as u64, truth.speeding_rows);
        // No vehicle speeds at the beginning.
        let begins = fast.windows(2).filter(|pair| !pair[0] && pair[1]).count();
        assert_eq!(begins as u64, truth.speed_violations);
        let mut seen = BTreeMap::<ObjectClass, u64>::new();
        let mut risks = 0;
        for object in events.iter().filter_map(FleetEvent::perception) {
            *seen.entry(object.class.unwrap()).or_default() += 1;
            let near = object.distance.get().unwrap().as_m() < 5.0;
            risks += u64::from(near && object.speed.get().unwrap().as_kmh() > 10.0);
        }
        assert_eq!(seen, truth.detections);
        assert_eq!(truth.perceptions, seen.values().sum::<u64>());
        assert_eq!(risks, truth.collision_risks);
        let km = truth.km_per_intervention();
        assert_eq!(km.is_none(), truth.interventions == 0);
    }
}

#[test]
fn a_guarded_sum_of_odometer_differences_is_the_true_distance() {
    let mut kinds = BTreeMap::<&str, u32>::new();
    for (events, truth) in fleet() {
        let telemetry = telemetry(&events);
        let (mut driven, mut engaged, mut faults) = (0, 0, Vec::new());
        for pair in telemetry.windows(2) {
            let seconds = pair[1].at().since(pair[0].at()).as_secs_f64();
            let way = metres(pair[1]) - metres(pair[0]);
            if way < 0 || way as f64 > 50.0 * seconds + 100.0 {
                faults.push(pair[1].at());
                for event in pair {
                    assert!(event.speed().unwrap().as_kmh() <= 0.0);
                }
                assert_eq!(pair[0].position(), pair[1].position());
            } else {
                driven += way;
                let on = pair[0].autopilot_engaged().unwrap();
                engaged += if on { way } else { 0 };
            }
        }
        assert_eq!(driven.cast_unsigned(), truth.distance_m);
        assert_eq!(engaged.cast_unsigned(), truth.engaged_m);
        let known: Vec<_> = truth.odometer_faults.iter().map(|(at, _)| *at).collect();
        assert_eq!(faults, known);
        for (_, fault) in truth.odometer_faults {
            *kinds.entry(fault.name()).or_default() += 1;
        }
    }
    assert_eq!(
        kinds.keys().copied().collect::<Vec<_>>(),
        ["jump", "reset", "rollback"]
    );
}

#[test]
fn without_faults_the_odometer_is_the_truth() {
    let model = SelfDrivingModel::default();
    let options = model.options().duration(hours(1));
    for (number, truth) in (1..).zip(model.truth(&options).unwrap()) {
        let events = run(&model, number, options);
        let telemetry = telemetry(&events);
        let shown = metres(telemetry[telemetry.len() - 1]) - metres(telemetry[0]);
        assert_eq!(shown.cast_unsigned(), truth.distance_m);
        assert!(
            (10_000..50_000).contains(&truth.distance_m),
            "{}",
            truth.distance_m
        );
        assert_eq!(truth.odometer_faults, []);
    }
}

#[test]
fn positions_speeds_and_the_odometer_tell_of_one_way() {
    let model = SelfDrivingModel::default().area(Area::Medellin);
    let options = model.options().duration(hours(1));
    let centre = Area::Medellin.centre();
    for number in 1..=5 {
        let events = run(&model, number, options);
        for pair in telemetry(&events).windows(2) {
            let (from, to) = (pair[0].position().unwrap(), pair[1].position().unwrap());
            let way = metres_between(from, to);
            let shown = metres(pair[1]) - metres(pair[0]);
            assert!((way - shown as f64).abs() < 0.25, "{way} m and {shown} m");
            let mps = |event: &Telemetry| event.speed().unwrap().as_mps();
            // One second at the mean speed, plus the fraction of a metre that is carried over.
            let driven = f64::midpoint(mps(pair[0]), mps(pair[1]));
            assert!(
                (driven - shown as f64).abs() < 1.03,
                "{driven} m and {shown} m"
            );
            for off in [
                to.latitude.as_degrees() - centre.latitude.as_degrees(),
                to.longitude.as_degrees() - centre.longitude.as_degrees(),
            ] {
                assert!((off * 111_195.0).abs() < 10_200.0);
            }
        }
    }
}

#[test]
fn lanes_are_changed_each_minute_of_driving_and_braking_hard_costs_20_to_30_kmh() {
    let (mut changes, mut brakes, mut driving_s) = (0, 0, 0);
    for (events, truth) in fleet() {
        let telemetry = telemetry(&events);
        let kmh = |event: &Telemetry| event.speed().unwrap().as_kmh();
        driving_s += telemetry.iter().filter(|event| kmh(event) > 0.0).count();
        changes += truth.lane_changes;
        for event in driving(&events) {
            if event.kind == DrivingKind::HardBrake {
                let after = telemetry
                    .iter()
                    .position(|one| one.at() == event.at)
                    .unwrap();
                let lost = kmh(telemetry[after - 1]) - kmh(telemetry[after]);
                assert!((19.9..=30.1).contains(&lost), "{lost}");
                brakes += 1;
            }
        }
    }
    let share = changes as f64 * 60.0 / driving_s as f64;
    assert!((0.85..1.1).contains(&share), "{share}");
    let share = f64::from(brakes) * 300.0 / driving_s as f64;
    assert!((0.4..1.1).contains(&share), "{share}: only above 30 km/h");
}

#[test]
fn takeovers_often_come_in_pairs_within_5_seconds() {
    let (mut pairs, mut episodes, mut engaged_s) = (0, 0, 0usize);
    for (events, truth) in fleet() {
        let takeovers: Vec<_> = driving(&events)
            .into_iter()
            .filter(|event| {
                matches!(
                    event.kind,
                    DrivingKind::Intervention | DrivingKind::Disengagement
                )
            })
            .collect();
        let mut own = takeovers.len();
        for pair in takeovers.windows(2) {
            let apart = pair[1].at.since(pair[0].at);
            if apart < Duration::from_secs(5) {
                assert_ne!(pair[0].kind, pair[1].kind);
                (own, pairs) = (own - 1, pairs + 1);
            } else {
                assert!(apart >= Duration::from_secs(6), "{apart:?}");
            }
        }
        assert_eq!(own as u64, truth.episodes);
        episodes += own;
        let on = |event: &&&Telemetry| {
            event.autopilot_engaged() == Some(true) && event.speed().unwrap().as_kmh() > 0.0
        };
        engaged_s += telemetry(&events).iter().filter(on).count();
    }
    assert_share(pairs, episodes, 0.7);
    // Thirty per hour of driving on autopilot, less those that a pause of 10 s prevents (at most 1
    // in 12).
    let expected = engaged_s as f64 * 30.0 / 3600.0;
    let share = episodes as f64 / expected;
    assert!((0.8..1.1).contains(&share), "{episodes} of {expected}");
}

#[test]
fn the_autopilot_is_off_after_a_disengagement_and_on_before_a_takeover() {
    for (events, _) in fleet() {
        let telemetry = telemetry(&events);
        for event in driving(&events) {
            if event.kind == DrivingKind::Disengagement {
                let after = telemetry.iter().find(|one| one.at() >= event.at).unwrap();
                assert_eq!(after.autopilot_engaged(), Some(false));
            }
        }
        let switches = telemetry.windows(2).filter(|pair| {
            pair[0].autopilot_engaged() == Some(true) && pair[1].autopilot_engaged() == Some(false)
        });
        let off = driving(&events)
            .iter()
            .filter(|event| event.kind == DrivingKind::Disengagement)
            .count();
        assert_eq!(switches.count(), off);
    }
}

#[test]
fn charge_range_and_way_agree() {
    for (events, _) in fleet() {
        for pair in telemetry(&events).windows(2) {
            let charge = |event: &Telemetry| event.battery_charge().unwrap().as_percent();
            let (before, after) = (charge(pair[0]), charge(pair[1]));
            assert!((0.0..=100.0).contains(&after));
            let range = pair[1].range().unwrap().as_km();
            assert!((range - after * 4.0).abs() < 0.051);
            if after > before {
                let still = pair
                    .iter()
                    .all(|event| event.speed().unwrap().as_kmh() == 0.0);
                assert!(still, "it charges while it stands");
            }
            assert!((after - before).abs() < 0.2);
            assert!((0.0..=80.0).contains(&pair[1].speed().unwrap().as_kmh()));
        }
    }
}

#[test]
fn what_is_seen_fills_the_ranges_of_the_original() {
    let fleet = fleet();
    let seen: Vec<&Perception> = fleet
        .iter()
        .flat_map(|(events, _)| events.iter().filter_map(FleetEvent::perception))
        .collect();
    let ticks: usize = fleet
        .iter()
        .map(|(events, _)| telemetry(events).len())
        .sum();
    assert_share(seen.len(), ticks, 0.5);
    let of = |value: fn(&Perception) -> f64, class: fn(ObjectClass) -> bool| -> Vec<f64> {
        let class = |one: &&&Perception| class(one.class.unwrap());
        seen.iter().filter(class).map(|one| value(one)).collect()
    };
    let any = |_| true;
    assert_uniform(
        &of(|one| one.distance.get().unwrap().as_m(), any),
        2.0,
        120.0,
    );
    assert_uniform(&of(|one| one.confidence.raw().unwrap(), any), 0.0, 1.0);
    let kmh = |one: &Perception| one.speed.get().unwrap().as_kmh();
    assert_uniform(
        &of(kmh, |class| class == ObjectClass::Pedestrian),
        0.0,
        12.0,
    );
    assert_uniform(&of(kmh, |class| class == ObjectClass::Cyclist), 0.0, 35.0);
    let driven = |class| !matches!(class, ObjectClass::Pedestrian | ObjectClass::Cyclist);
    assert_uniform(&of(kmh, driven), 0.0, 80.0);
    for class in ["car", "pedestrian", "cyclist", "truck", "motorcycle", "bus"] {
        let own = seen
            .iter()
            .filter(|one| one.class.unwrap().as_word() == class);
        assert_share(own.count(), seen.len(), 1.0 / 6.0);
    }
    for direction in Direction::ALL {
        let own = seen.iter().filter(|one| one.direction == Some(*direction));
        assert_share(own.count(), seen.len(), 0.25);
    }
}

#[test]
fn times_never_go_back_even_within_a_tick() {
    let (model, options) = busy();
    for interval in [Duration::from_secs(1), Duration::from_secs(7)] {
        for number in 1..=5 {
            let events = run(&model, number, options.interval(interval));
            assert!(events.is_sorted_by_key(fleet_core::Event::at));
        }
    }
}

#[test]
fn a_tick_gives_one_to_three_events_and_rarely_four() {
    let (mut ticks, mut four) = (0, 0);
    for (events, _) in fleet() {
        for tick in events.chunk_by(|one, next| at(one) == at(next)) {
            assert_eq!(tick.iter().filter_map(FleetEvent::telemetry).count(), 1);
            assert!(tick.len() <= 4, "{}", tick.len());
            ticks += 1;
            four += usize::from(tick.len() == 4);
        }
    }
    assert!(four * 1000 < ticks, "{four} of {ticks}");
}

#[test]
fn events_come_back_from_the_wire_as_they_were_made() {
    for (events, _) in fleet() {
        assert_comes_back(&FleetPipeline::default(), &events);
    }
}

#[test]
fn ranges_of_ids_are_kept() {
    let dialect = FleetPipeline::default;
    let model = SelfDrivingModel::default().vehicle_ids(101..=103);
    let options = model.options();
    assert!(Simulator::new(model.clone(), dialect(), options).is_ok());
    let error = Simulator::new(model.clone(), dialect(), options.vehicles(4)).unwrap_err();
    assert!(
        error.to_string().contains("4 vehicles has ids for 3"),
        "{error}"
    );
    let others = SelfDrivingModel::default().vehicle_ids(104..=106);
    let ids = |model: &SelfDrivingModel| {
        let truth = model.truth(&model.options()).unwrap();
        truth.into_iter().map(|one| one.vehicle).collect::<Vec<_>>()
    };
    let (mine, theirs) = (ids(&model), ids(&others));
    assert!(mine.iter().all(|id| !theirs.contains(id)));
    // An empty range of ids has no vehicle.
    #[expect(clippy::reversed_empty_ranges, reason = "that is what is tested")]
    let none = SelfDrivingModel::default().vehicle_ids(9..=8);
    assert!(Simulator::new(none.clone(), dialect(), none.options()).is_err());
}
