use std::{collections::BTreeMap, sync::atomic::Ordering, time::Duration};

use fleet_core::{
    Offset, Source,
    dialect::Json,
    event::{Direction, Driving, DrivingKind, FleetEvent, ObjectClass, Perception, Telemetry},
    source::SourceEvent,
    time::TimeStyle,
};

use super::check::{assert_share, assert_uniform, hours, run};
use crate::simulator::{
    OdometerFault, SelfDrivingModel, SelfDrivingTruth, Simulator, SimulatorOptions,
};

fn busy() -> (SelfDrivingModel, SimulatorOptions) {
    let model = SelfDrivingModel::default()
        .vehicle_ids(11..=30)
        .takeovers_per_hour(30.0)
        .odometer_fault(OdometerFault::Reset, 0.001)
        .odometer_fault(OdometerFault::Rollback, 0.002)
        .odometer_fault(OdometerFault::Jump, 0.002);
    let options = model.options().duration(hours(2));
    (model, options)
}

/// All events by vehicle, and what is true.
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

fn metres(event: &Telemetry) -> i64 {
    (event.odometer().unwrap().as_km() * 1000.0).round() as i64
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
        let fast = telemetry
            .iter()
            .filter(|event| event.speed().unwrap().as_kmh() > 65.0);
        assert_eq!(fast.count() as u64, truth.speed_violations);
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
                    assert_eq!(event.speed().unwrap().as_kmh(), 0.0);
                }
                assert_eq!(pair[0].position(), pair[1].position());
            } else {
                driven += way;
                let on = pair[0].autopilot_engaged().unwrap();
                engaged += if on { way } else { 0 };
            }
        }
        assert_eq!(driven as u64, truth.distance_m);
        assert_eq!(engaged as u64, truth.engaged_m);
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
        assert_eq!(shown as u64, truth.distance_m);
        assert!(
            (10_000..50_000).contains(&truth.distance_m),
            "{}",
            truth.distance_m
        );
        assert_eq!(truth.odometer_faults, []);
    }
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
    // Thirty an hour of driving on autopilot, less those that a pause of 10 s prevents (at most 1 in 12).
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
    let ticks: u64 = fleet.iter().map(|(_, truth)| truth.telemetry).sum();
    assert_share(seen.len(), ticks as usize, 0.5);
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
fn times_are_naive_and_never_go_back_even_within_a_tick() {
    let (model, options) = busy();
    for interval in [Duration::from_secs(1), Duration::from_secs(7)] {
        for number in 1..=5 {
            let events = run(&model, number, options.interval(interval));
            assert!(events.is_sorted_by_key(fleet_core::Event::at));
            for event in telemetry(&events) {
                assert_eq!(event.style().time, TimeStyle::naive_seconds());
            }
        }
    }
}

#[test]
fn ranges_of_ids_are_kept() {
    let dialect = Json::<FleetEvent>::default;
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
    // No vehicle at all.
    #[expect(clippy::reversed_empty_ranges, reason = "that is what is tested")]
    let none = SelfDrivingModel::default().vehicle_ids(9..=8);
    assert!(Simulator::new(none.clone(), dialect(), none.options()).is_err());
}

/// Several events a tick: offsets, resuming and progress stay exact.
#[tokio::test]
async fn it_goes_on_at_every_record() {
    let (model, options) = busy();
    let options = options.vehicles(2).duration(Duration::from_secs(60));
    let mut source = Simulator::new(model, Json::<FleetEvent>::default(), options).unwrap();
    let mine = source.partition().clone();
    let made = source.made_events();
    let (mut all, mut ends) = (Vec::new(), vec![0u64]);
    let mut at = None;
    while at.is_none_or(|at| at < all.len() as u64) {
        source.start(&mine, at.map(Offset)).await.unwrap();
        let (mut rest, from) = (Vec::new(), at.unwrap_or(0));
        loop {
            match source.next().await.unwrap() {
                SourceEvent::Assigned(_) => {}
                SourceEvent::Batch(batch) => rest.extend(batch.payload.bytes),
                _ => break,
            }
        }
        if at.is_none() {
            all.clone_from(&rest);
            let places = (1u64..).zip(&all).filter(|(_, byte)| **byte == b'\n');
            ends.extend(places.map(|(at, _)| at));
        }
        assert_eq!(rest, all[from as usize..]);
        assert_eq!(made.load(Ordering::Relaxed), ends.len() as u64 - 1);
        at = ends.iter().copied().find(|end| *end > from);
    }
    assert!(ends.len() > 2 * 60 * 5 / 4, "more than one event a tick");
}

#[tokio::test(start_paused = true)]
async fn realtime_gives_all_events_of_a_tick_together() {
    let (model, options) = busy();
    let options = options
        .vehicles(3)
        .duration(Duration::from_secs(30))
        .pace(crate::Pace::Realtime);
    let mut source = Simulator::new(model, Json::<FleetEvent>::default(), options).unwrap();
    let mine = source.partition().clone();
    source.start(&mine, None).await.unwrap();
    let began = tokio::time::Instant::now();
    let mut ticks = 0;
    loop {
        match source.next().await.unwrap() {
            SourceEvent::Assigned(_) => {}
            SourceEvent::Batch(batch) => {
                assert_eq!(began.elapsed().as_secs(), ticks);
                let text = String::from_utf8(batch.payload.bytes).unwrap();
                let telemetry = text.lines().filter(|line| line.contains("\"telemetry\""));
                assert_eq!(telemetry.count(), 3);
                ticks += 1;
            }
            _ => break,
        }
    }
    assert_eq!(ticks, 30);
}
