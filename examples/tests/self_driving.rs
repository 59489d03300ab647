//! Self-driving metrics of simulated fleets, from the simulator's bytes to the stored sums,
//! compared with the values that the simulator knows.
#![expect(
    clippy::unwrap_used,
    reason = "helpers of tests fail by panic, as tests do"
)]

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use fleet_core::{
    Graph, MemoryStore, Order, Pipeline, VehicleId,
    dialect::FleetPipeline,
    event::{AlertKind, FleetEvent, ObjectClass},
    odometry::Anomaly,
    sink::Null,
};
use fleet_rules::{
    CollisionOptions, CollisionRisk, KmPer, Mode, SelfDriving, SelfDrivingHour, SelfDrivingOptions,
    SumSelfDriving, preset,
};
use fleet_sources::{
    SelfDrivingModel, Simulator, SimulatorOptions,
    simulator::{OdometerFault, SelfDrivingTruth},
};

const METRE_UM: i64 = 1_000_000;

/// The metrics that a pipeline computed for a fleet.
struct Metrics {
    sums: BTreeMap<VehicleId, SelfDriving>,
    speed_violations: u64,
    collision_risks: u64,
}

/// Runs a simulated fleet through dialect, order buffer, rules and metrics.
async fn metrics_of(model: SelfDrivingModel, options: SimulatorOptions) -> Metrics {
    let source = Simulator::new(model, FleetPipeline::default(), options).unwrap();
    let (mut graph, events) = Graph::<FleetEvent>::new();
    let hours = SumSelfDriving::new(SelfDrivingOptions::default());
    let hours = graph.apply("self_driving", events, hours);
    let sums = Arc::new(Mutex::new(BTreeMap::<VehicleId, SelfDriving>::new()));
    let taken = Arc::clone(&sums);
    let hours = graph.map("taken", hours, move |hour: &SelfDrivingHour| {
        let mut sums = taken.lock().unwrap();
        let own = sums.entry(hour.vehicle.clone()).or_default();
        own.merge(&hour.sums);
    });
    let telemetry = graph.flat_map("telemetry", events, |event| event.telemetry().cloned());
    let rules = preset::by_name("fleet-pipeline", Mode::Edge).unwrap();
    let alerts = graph.apply("rules", telemetry, rules.rules);
    // The described system has no time to collision, and counts each sighting as a new object.
    let near = CollisionOptions {
        time_to_collision: Duration::ZERO,
        ..CollisionOptions::default()
    };
    let near = CollisionRisk::new(near, Mode::Every).unwrap();
    let near = graph.apply("collision", events, near);
    let (decode, order) = (FleetPipeline::default(), Order::default());
    let report = Pipeline::exactly_once(source, decode, order, graph, MemoryStore::default())
        .store("hours", hours, Null)
        .tally("alerts", alerts, |alert| alert.kind.as_word())
        .tally("near", near, |alert| alert.kind.as_word())
        .run()
        .await
        .unwrap();
    assert!(report.balances());
    assert_eq!(report.counts.accepted, report.counts.read);
    let sums = sums.lock().unwrap().clone();
    Metrics {
        sums,
        speed_violations: report.tally("alerts", AlertKind::Overspeed.as_word()),
        collision_risks: report.tally("near", AlertKind::CollisionRisk.as_word()),
    }
}

fn assert_equal(sums: &SelfDriving, truth: &SelfDrivingTruth) {
    let vehicle = &truth.vehicle;
    let um = |metres: u64| i64::try_from(metres).unwrap() * METRE_UM;
    assert_eq!(sums.distance_um, um(truth.distance_m), "{vehicle}");
    assert_eq!(sums.engaged_um, um(truth.engaged_m), "{vehicle}");
    let counted = [
        (sums.telemetry, truth.telemetry),
        (sums.speeding_rows, truth.speeding_rows),
        (sums.speed_violations, truth.speed_violations),
        (sums.interventions, truth.interventions),
        (sums.disengagements, truth.disengagements),
        (sums.episodes, truth.episodes),
        (sums.planned, 0),
    ];
    for (index, (found, expected)) in counted.into_iter().enumerate() {
        assert_eq!(found, expected, "{vehicle}: count {index}");
    }
    for class in ObjectClass::ALL {
        let expected = truth.detections.get(class).copied().unwrap_or(0);
        assert_eq!(sums.detections_of(*class), expected, "{vehicle}: {class}");
    }
    let faults = |wanted: &[OdometerFault]| {
        let all = truth.odometer_faults.iter();
        all.filter(|(_, fault)| wanted.contains(fault)).count() as u64
    };
    // The simulator rolls back by a kilometre or more, which odometry counts as a reset.
    let back = faults(&[OdometerFault::Reset, OdometerFault::Rollback]);
    assert_eq!(sums.odometer_faults_of(Anomaly::Reset), back, "{vehicle}");
    assert_eq!(sums.odometer_faults_of(Anomaly::Rollback), 0, "{vehicle}");
    let jumps = faults(&[OdometerFault::Jump]);
    assert_eq!(sums.odometer_faults_of(Anomaly::Jump), jumps, "{vehicle}");
    assert_eq!(sums.odometer_faults_of(Anomaly::Stuck), 0, "{vehicle}");
    let KmPer { km, at_least } = sums.km_per_intervention();
    assert_eq!(km, truth.km_per_intervention(), "{vehicle}");
    let clean = truth.interventions == 0 && truth.distance_m > 0;
    assert_eq!(at_least.is_some(), clean, "{vehicle}");
}

#[tokio::test]
async fn metrics_are_exact_for_fleets_with_broken_odometers() {
    let mut broken = BTreeMap::new();
    for seed in 1..=2 {
        let mut model = SelfDrivingModel::default()
            .vehicle_ids(101..=125)
            .takeovers_per_hour(20.0);
        for fault in OdometerFault::ALL {
            model = model.odometer_fault(fault, 0.004);
        }
        let options = model.options().seed(seed);
        let options = options.duration(Duration::from_secs(5000));
        let truth = model.truth(&options).unwrap();
        let found = metrics_of(model, options).await;
        assert_eq!(found.sums.len(), 25);
        for truth in &truth {
            assert_equal(found.sums.get(&truth.vehicle).unwrap(), truth);
            for (_, fault) in &truth.odometer_faults {
                *broken.entry(fault.name()).or_insert(0) += 1;
            }
        }
        let sum = |of: fn(&SelfDrivingTruth) -> u64| truth.iter().map(of).sum::<u64>();
        assert_eq!(found.speed_violations, sum(|one| one.speed_violations));
        assert_eq!(found.collision_risks, sum(|one| one.collision_risks));
        // The ratio of the fleet is the ratio of its sums.
        let mut fleet = SelfDriving::default();
        found.sums.values().for_each(|sums| fleet.merge(sums));
        let km = sum(|one| one.distance_m) as f64 / 1000.0;
        let expected = km / sum(|one| one.interventions) as f64;
        assert_eq!(fleet.km_per_intervention().km, Some(expected));
    }
    // Enough faults of each kind for the comparison to mean something.
    assert_eq!(broken.len(), 3);
    assert!(broken.values().all(|count| *count > 50), "{broken:?}");
}

#[tokio::test]
async fn a_fleet_without_interventions_has_a_lower_bound_and_no_ratio() {
    let model = SelfDrivingModel::default()
        .vehicle_ids(1..=20)
        .takeovers_per_hour(0.0);
    let options = model.options().duration(Duration::from_secs(1800));
    let truth = model.truth(&options).unwrap();
    let found = metrics_of(model, options).await;
    for truth in &truth {
        assert_eq!(truth.interventions, 0);
        assert_equal(found.sums.get(&truth.vehicle).unwrap(), truth);
    }
}
