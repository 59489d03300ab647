//! Self-driving metrics against fleets whose truth is known, and against a plain count.
#![expect(
    clippy::unwrap_used,
    clippy::cast_possible_truncation,
    clippy::indexing_slicing,
    reason = "helpers of tests fail by panic, as tests do"
)]

mod fleet;
#[path = "../support/mod.rs"]
mod support;

use std::{collections::BTreeMap, time::Duration};

use fleet::{Random, Truth, drive};
use fleet_core::{
    Graph, Operator, Order, State,
    event::{Driving, DrivingKind, FleetEvent, Initiator, ObjectClass, Telemetry},
    odometry::Anomaly,
    table::{TableRow, to_ndjson},
    testing::Harness,
    units::{Distance, Speed},
};
use fleet_rules::{
    KmPer, SelfDriving, SelfDrivingHour, SelfDrivingOptions, SelfDrivingState, SumSelfDriving,
};
use support::{at, run, state_after, vehicle};

const KM: i64 = 1_000_000_000;
const HOUR_S: i64 = 3600;

async fn hours(rows: Vec<FleetEvent>) -> Vec<SelfDrivingHour> {
    run(SumSelfDriving::new(SelfDrivingOptions::default()), rows).await
}

fn total<'a>(hours: impl IntoIterator<Item = &'a SelfDrivingHour>) -> SelfDriving {
    let mut total = SelfDriving::default();
    for hour in hours {
        total.merge(&hour.sums);
    }
    total
}

fn driving(second: f64, kind: DrivingKind) -> Driving {
    Driving::new(vehicle("car-0"), at(second), kind)
}

#[tokio::test]
async fn prop_sums_of_fleets_with_broken_odometers_are_the_truth_to_the_last_bit() {
    for seed in 0..40 {
        let random = &mut Random(seed);
        let (mut truth, mut rows) = (Truth::new(), Vec::new());
        for car in 0..3 {
            drive(&format!("car-{car}"), random, &mut truth, &mut rows);
        }
        rows.sort_by_key(fleet_core::Event::at);
        let mut found = Truth::new();
        for hour in hours(rows).await {
            let key = (hour.vehicle.to_string(), hour.start.as_micros() / 1_000_000);
            // How much of it was estimated depends on the faults, which the truth does not follow.
            let sums = SelfDriving {
                estimated_um: 0,
                ..hour.sums
            };
            found.entry(key).or_default().merge(&sums);
        }
        truth.retain(|_, sums| *sums != SelfDriving::default());
        assert_eq!(found, truth, "seed {seed}");
    }
}

#[tokio::test]
async fn an_intervention_and_a_disengagement_within_five_seconds_are_one_episode() {
    use DrivingKind::{Disengagement, HardBrake, Intervention, LaneChange};
    let episodes = async |events: &[(f64, DrivingKind)]| {
        let rows = events
            .iter()
            .map(|(s, kind)| driving(*s, *kind).into())
            .collect();
        total(&hours(rows).await).episodes
    };
    assert_eq!(
        episodes(&[(0.0, Intervention), (5.0, Disengagement)]).await,
        1
    );
    assert_eq!(
        episodes(&[(0.0, Disengagement), (0.0, Intervention)]).await,
        1
    );
    assert_eq!(
        episodes(&[(0.0, Intervention), (5.1, Disengagement)]).await,
        2
    );
    assert_eq!(
        episodes(&[(0.0, Intervention), (1.0, Intervention)]).await,
        2
    );
    let three = [
        (0.0, Disengagement),
        (1.0, Intervention),
        (2.0, Disengagement),
    ];
    assert_eq!(episodes(&three).await, 2);
    assert_eq!(episodes(&[(0.0, LaneChange), (1.0, HardBrake)]).await, 0);
    // Over the full hour it counts where it began.
    let rows = vec![
        driving(3598.0, Intervention).into(),
        driving(3602.0, Disengagement).into(),
    ];
    let hours = hours(rows).await;
    let episodes: Vec<_> = hours.iter().map(|hour| hour.sums.episodes).collect();
    assert_eq!(episodes, [1, 0]);
}

#[tokio::test]
async fn ratios_come_from_sums_and_without_distance_or_events_there_is_none() {
    // As reports of disengagements come: events without any distance.
    let reports = (0..7).map(|i| {
        let mut event = driving(f64::from(i) * 60.0, DrivingKind::Disengagement);
        event.initiator = (i < 5).then_some(Initiator::Driver);
        event.into()
    });
    let sums = total(&hours(reports.collect()).await);
    assert_eq!((sums.disengagements, sums.episodes), (7, 7));
    assert_eq!(sums.disengagements_of(Initiator::Driver), 5);
    assert_eq!(sums.disengagements_of(Initiator::Unknown), 2);
    assert_eq!(sums.km_per_disengagement().km, None);
    assert_eq!(sums.km_per_disengagement().at_least, None);
    assert_eq!(sums.engaged_share(), None);

    let row = |second, km| {
        let row = Telemetry::new(vehicle("car-0"), at(second)).with_odometer(Distance::from_km(km));
        FleetEvent::from(row)
    };
    let rows = vec![
        row(0.0, 10.0),
        row(600.0, 19.0),
        driving(700.0, DrivingKind::Intervention).into(),
    ];
    let sums = total(&hours(rows).await);
    assert_eq!(sums.km_per_intervention().km, Some(9.0));
    assert_eq!(sums.km_per_either().km, Some(9.0));
    assert_eq!(sums.engaged_km_per_intervention().km, None);
    let none = sums.km_per_disengagement();
    assert_eq!((none.km, none.at_least), (None, Some(9.0 / 2.996)));
}

#[tokio::test]
async fn a_stretch_that_settles_late_is_spread_over_the_hours_it_covers() {
    let row = |second, km| {
        let row = Telemetry::new(vehicle("car-0"), at(second)).with_odometer(Distance::from_km(km));
        FleetEvent::from(row)
    };
    // Silent from 0:30 to 2:30, 120 km.
    let hours = hours(vec![row(1800.0, 0.0), row(9000.0, 120.0)]).await;
    let mut by_hour = BTreeMap::new();
    for hour in &hours {
        let place = hour.start.since(at(0.0)).as_secs() / 3600;
        *by_hour.entry(place).or_insert(0.0) += hour.sums.km();
    }
    assert_eq!(by_hour, BTreeMap::from([(0, 30.0), (1, 60.0), (2, 30.0)]));
    assert!(hours.is_sorted_by_key(|hour| hour.start), "{hours:?}");
    let ids: std::collections::BTreeSet<_> = hours.iter().map(|hour| hour.id).collect();
    assert_eq!(ids.len(), hours.len());
}

#[test]
fn a_snapshot_gives_the_state_back_and_a_row_has_a_value_for_each_column() {
    let (mut truth, mut rows) = (Truth::new(), Vec::new());
    drive("car-0", &mut Random(7), &mut truth, &mut rows);
    rows.truncate(rows.len() / 2);
    let state = state_after(
        SumSelfDriving::new(SelfDrivingOptions::default()),
        rows,
        "car-0",
    );
    assert_ne!(state, SelfDrivingState::default());
    let mut bytes = Vec::new();
    state.encode(&mut bytes);
    let again = SelfDrivingState::decode(SelfDrivingState::VERSION, &mut bytes.as_slice());
    assert_eq!(again, Some(state));
    let hour = SelfDrivingHour {
        id: fleet_core::ContentId(7),
        vehicle: vehicle("car-0"),
        start: at(0.0),
        sums: SelfDriving {
            detections: [1, 2, 3, 4, 5, 6, 7],
            disengagements_by: [10, 11, 12, 13, 14],
            distance_um: 1_500_000_000,
            observed_us: 2_500_000,
            ..SelfDriving::default()
        },
    };
    let mut line = Vec::new();
    to_ndjson(&hour, &mut line);
    let line = String::from_utf8(line).unwrap();
    assert_eq!(
        line.matches("\":").count(),
        SelfDrivingHour::columns().len()
    );
    assert!(
        line.contains("\"detections_bus\":6,\"detections_unknown\":7"),
        "{line}"
    );
    let by = "\"disengagements_passenger\":13,\"disengagements_unknown\":14,\"planned\":0";
    assert!(line.contains(by), "{line}");
    assert!(line.contains("\"km\":1.5,"), "{line}");
    assert!(line.contains("\"observed_s\":2.5,"), "{line}");
}

fn at_km(second: f64, km: f64) -> Telemetry {
    Telemetry::new(vehicle("car-0"), at(second)).with_odometer(Distance::from_km(km))
}

fn engaged(mut row: Telemetry, engaged: Option<bool>) -> FleetEvent {
    row.set_autopilot_engaged(engaged);
    row.into()
}

#[tokio::test]
async fn the_engaged_state_of_a_row_is_valid_for_300_seconds() {
    let observed = async |seconds: f64| {
        let rows = vec![
            engaged(at_km(0.0, 0.0), Some(true)),
            engaged(at_km(seconds, 1.0), Some(false)),
        ];
        let sums = total(&hours(rows).await);
        (sums.observed_us, sums.engaged_us)
    };
    assert_eq!(observed(299.0).await, (299_000_000, 299_000_000));
    assert_eq!(observed(300.0).await, (300_000_000, 300_000_000));
    assert_eq!(observed(300.5).await, (0, 0));
}

#[tokio::test]
async fn time_and_distance_are_shared_by_the_engaged_state_at_the_start_of_each_part() {
    let rows = vec![
        engaged(at_km(3500.0, 0.0), Some(true)),
        // Without an odometer: the distance is known with the next row.
        engaged(Telemetry::new(vehicle("car-0"), at(3520.0)), Some(false)),
        engaged(at_km(3550.0, 5.0), None),
        engaged(at_km(3650.0, 6.0), Some(true)),
        engaged(at_km(3660.0, 6.1), Some(true)),
    ];
    let hours = hours(rows).await;
    let sums = total(&hours);
    // 20 s engaged, 30 s not, 100 s unknown, 10 s engaged.
    assert_eq!(
        (sums.observed_us, sums.engaged_us),
        (60_000_000, 30_000_000)
    );
    assert_eq!(sums.distance_um, 6_100_000_000);
    // Two fifths of 5 km, and 0.1 km.
    assert_eq!(sums.engaged_um, 2_100_000_000);
    assert_eq!(sums.estimated_um, 0);
    assert_eq!(sums.engaged_share(), Some(0.5));
    assert!((sums.km() - 6.1).abs() < 1e-12 && (sums.engaged_km() - 2.1).abs() < 1e-12);
    let first = hours.iter().filter(|hour| hour.start == at(0.0));
    // Half of the kilometre over the full hour.
    assert_eq!(total(first).distance_um, 5_500_000_000);
}

#[tokio::test]
async fn time_engaged_over_a_full_hour_counts_in_both() {
    let rows = vec![
        engaged(at_km(3550.0, 0.0), Some(true)),
        engaged(at_km(3600.0, 1.0), Some(true)),
        engaged(at_km(3725.0, 2.0), Some(false)),
    ];
    let hours = hours(rows).await;
    let of = |start: f64| {
        let own = hours.iter().filter(|hour| hour.start == at(start));
        let sums = total(own);
        (sums.observed_us, sums.engaged_us)
    };
    assert_eq!(of(0.0), (50_000_000, 50_000_000));
    assert_eq!(of(3600.0), (125_000_000, 125_000_000));
}

#[tokio::test]
async fn distance_over_a_day_is_spread_and_over_a_longer_time_counts_at_its_end() {
    let count = async |seconds: f64| {
        let rows = vec![at_km(0.0, 0.0).into(), at_km(seconds, 240.0).into()];
        let hours = hours(rows).await;
        let mut by_hour = BTreeMap::new();
        for hour in &hours {
            *by_hour.entry(hour.start).or_insert(0) += hour.sums.distance_um;
        }
        by_hour.retain(|_, um| *um > 0);
        by_hour
    };
    let day = 24.0 * 3600.0;
    assert_eq!(count(day).await.len(), 24);
    let longer = count(day + 1.0).await;
    assert_eq!(longer, BTreeMap::from([(at(day), 240 * KM)]));
}

#[tokio::test]
async fn each_anomaly_of_an_odometer_and_each_estimated_distance_is_counted() {
    let row = |second: f64, km: f64| {
        let row = at_km(second, km).with_speed(Speed::from_kmh(36.0));
        FleetEvent::from(row)
    };
    let rows = vec![
        row(0.0, 90.0),
        row(10.0, 90.1),
        row(20.0, 3.0),
        row(30.0, 3.1),
    ];
    let sums = total(&hours(rows).await);
    assert_eq!(sums.odometer_faults_of(Anomaly::Reset), 1);
    assert_eq!(sums.odometer_faults_of(Anomaly::Jump), 0);
    assert_eq!(
        (sums.distance_um, sums.estimated_um),
        (300_000_000, 100_000_000)
    );
    let rows = vec![row(0.0, 3.0), row(10.0, 903.0), row(20.0, 4_003.0)];
    let sums = total(&hours(rows).await);
    assert_eq!(sums.odometer_faults_of(Anomaly::Jump), 2);
}

#[tokio::test]
async fn a_speed_violation_begins_after_an_event_without_one() {
    let row = |second: f64, kmh: Option<f64>| {
        let row = Telemetry::new(vehicle("car-0"), at(second));
        FleetEvent::from(kmh.map_or(row.clone(), |kmh| row.with_speed(Speed::from_kmh(kmh))))
    };
    let speeds = [
        Some(66.0),
        Some(70.0),
        None,
        Some(66.0),
        Some(65.0),
        Some(65.5),
    ];
    let rows = (0..).map(f64::from).zip(speeds).map(|(s, kmh)| row(s, kmh));
    let sums = total(&hours(rows.collect()).await);
    assert_eq!(
        (sums.speed_violations, sums.speeding_rows, sums.telemetry),
        (2, 4, 6)
    );
}

#[test]
fn a_vehicle_is_forgotten_a_month_after_its_sums_were_emitted() {
    let (mut graph, events) = Graph::new();
    let logic = SumSelfDriving::new(SelfDrivingOptions::default());
    assert_eq!(logic.structure(), "3600 s");
    let hours = graph.apply("node", events, logic);
    let mut harness = Harness::new(graph, Order::within(Duration::ZERO));
    harness.watch(hours);
    harness.push(at_km(10.0, 5.0).into()).unwrap();
    let known = |harness: &Harness<_>| harness.state::<SumSelfDriving>("node", "car-0").is_some();
    harness.advance_to(at(3600.0));
    assert!(harness.take(hours).is_empty());
    harness.advance_to(at(3600.5));
    assert_eq!(harness.take(hours).len(), 1);
    let month = 30.0 * 24.0 * 3600.0;
    harness.advance_to(at(3600.0 + month));
    assert!(known(&harness));
    harness.advance_to(at(3600.5 + month));
    assert!(!known(&harness));
    assert!(harness.take(hours).is_empty());
}

#[test]
fn merging_adds_every_sum() {
    let (interventions, disengagements) = (3, 5);
    let one = SelfDriving {
        telemetry: 2,
        interventions,
        disengagements,
        disengagements_by: [1, 2, 3, 4, 5],
        planned: 7,
        episodes: 11,
        distance_um: 13 * KM,
        engaged_um: 17 * KM,
        estimated_um: 19,
        observed_us: 46,
        engaged_us: 23,
        speed_violations: 29,
        speeding_rows: 31,
        detections: [6, 7, 8, 9, 10, 11, 12],
        odometer_faults: [13, 14, 15, 16],
    };
    let mut twice = one;
    twice.merge(&one);
    let doubled = SelfDriving {
        telemetry: 4,
        interventions: 6,
        disengagements: 10,
        disengagements_by: [2, 4, 6, 8, 10],
        planned: 14,
        episodes: 22,
        distance_um: 26 * KM,
        engaged_um: 34 * KM,
        estimated_um: 38,
        observed_us: 92,
        engaged_us: 46,
        speed_violations: 58,
        speeding_rows: 62,
        detections: [12, 14, 16, 18, 20, 22, 24],
        odometer_faults: [26, 28, 30, 32],
    };
    assert_eq!(twice, doubled);
    assert_eq!(one.detections_of(ObjectClass::Unknown), 12);
    assert_eq!(one.disengagements_of(Initiator::Unknown), 5);
    assert_eq!(one.odometer_faults_of(Anomaly::Stuck), 16);
    assert_eq!(one.engaged_share(), Some(0.5));
    let km = |ratio: KmPer| ratio.km.unwrap();
    for (ratio, expected) in [
        (one.km_per_intervention(), 13.0 / 3.0),
        (one.engaged_km_per_intervention(), 17.0 / 3.0),
        (one.km_per_disengagement(), 13.0 / 5.0),
        (one.km_per_episode(), 13.0 / 11.0),
        (one.km_per_either(), 13.0 / 8.0),
    ] {
        assert!((km(ratio) - expected).abs() < 1e-12, "{ratio:?}");
        assert_eq!(ratio.at_least, None);
    }
    let nothing = KmPer {
        km: None,
        at_least: None,
    };
    assert_eq!(KmPer::of(0.0, 0), nothing);
    assert_eq!(KmPer::of(-1.0, 1), nothing);
}

#[tokio::test]
async fn planned_events_are_neither_interventions_nor_takeovers() {
    use DrivingKind::{Disengagement, Intervention};
    let planned = |second, kind, planned| {
        let mut event = driving(second, kind);
        event.planned = planned;
        event.into()
    };
    let rows = vec![
        planned(0.0, Intervention, Some(true)),
        planned(60.0, Disengagement, Some(true)),
        planned(120.0, Intervention, Some(false)),
        planned(180.0, Disengagement, None),
    ];
    let sums = total(&hours(rows).await);
    assert_eq!((sums.planned, sums.episodes), (2, 2));
    assert_eq!((sums.interventions, sums.disengagements), (1, 1));
}
