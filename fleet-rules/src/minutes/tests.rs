//! Minutes and distances, compared with plain loops.

use std::collections::BTreeMap;

use fleet_core::{
    EventTime, Graph, Order, State, VehicleId,
    event::Status,
    testing::Harness,
    units::{Distance, Speed},
};

use super::*;

const MINUTE: Duration = Duration::from_secs(60);

fn at(seconds: f64) -> EventTime {
    EventTime::from_micros(1_700_000_040_000_000) + Duration::from_secs_f64(seconds)
}

fn event(seconds: f64, kmh: f64) -> Telemetry {
    Telemetry::new(VehicleId::new("car-1").unwrap(), at(seconds)).with_speed(Speed::from_kmh(kmh))
}

struct Run {
    harness: Harness<Telemetry>,
    minutes: fleet_core::Stream<Window<MinuteSums>>,
    metered: fleet_core::Stream<Metered>,
}

impl Run {
    fn new(order: Order) -> Self {
        let (mut graph, telemetry) = Graph::new();
        let minutes = graph.apply("minutes", telemetry, SumMinutes::default());
        let metered = graph.apply("distance", telemetry, MeterDistance::default());
        let mut harness = Harness::new(graph, order);
        harness.watch(minutes);
        harness.watch(metered);
        Self {
            harness,
            minutes,
            metered,
        }
    }

    fn push(&mut self, events: impl IntoIterator<Item = Telemetry>) {
        for event in events {
            self.harness.push(event).unwrap();
        }
    }
}

#[test]
fn minutes_are_those_of_a_plain_loop_and_distances_add_up() {
    let mut run = Run::new(Order::default());
    let events: Vec<_> = (0..600u32)
        .map(|n| event(f64::from(n) * 1.5, f64::from(n % 90)))
        .collect();
    run.push(events.clone());
    run.harness.end();
    let minutes = run.harness.take(run.minutes);
    let metered = run.harness.take(run.metered);

    let mut wanted: BTreeMap<EventTime, (u64, f64, u64)> = BTreeMap::new();
    for event in &events {
        let sums = wanted.entry(event.at().floor_to(MINUTE)).or_default();
        sums.0 += 1;
        sums.1 += event.speed().unwrap().as_kmh();
        sums.2 += u64::from(event.status() == Some(Status::Alert));
    }
    let found = |window: &Window<MinuteSums>| {
        let sums = window.value;
        let sums = (sums.speed.rows, sums.speed.sum().unwrap(), sums.alerts);
        (window.start, sums)
    };
    assert_eq!(
        minutes.iter().map(found).collect::<BTreeMap<_, _>>(),
        wanted
    );
    assert!(minutes.iter().all(|window| window.revision == 0));

    // Every event but the first ends a stretch of 1.5 s at a mean speed.
    assert_eq!(metered.len(), events.len());
    assert_eq!(metered[0].distance, None);
    let all: f64 = metered
        .iter()
        .filter_map(|row| row.distance)
        .map(Distance::as_m)
        .sum();
    let in_minutes: f64 = minutes
        .iter()
        .filter_map(|window| window.value.distance.sum())
        .sum();
    let loop_m: f64 = events
        .windows(2)
        .map(|pair| {
            let kmh = pair
                .iter()
                .map(|e| e.speed().unwrap().as_kmh())
                .sum::<f64>()
                / 2.0;
            kmh / 3.6 * 1.5
        })
        .sum();
    assert!((all - loop_m).abs() < 0.01, "{all} {loop_m}");
    assert!((all - in_minutes).abs() < 1e-6, "{all} {in_minutes}");
}

#[test]
fn a_belated_event_revises_its_minute_and_adds_no_distance() {
    let lateness = Duration::from_secs(600);
    let mut run = Run::new(Order::within(Duration::ZERO).allowing(lateness));
    run.push([event(0.0, 36.0), event(50.0, 36.0), event(70.0, 36.0)]);
    let first = run.harness.take(run.minutes).remove(0);
    run.push([event(20.0, 72.0)]);
    let second = run.harness.take(run.minutes).remove(0);
    assert_eq!((first.start, first.revision), (second.start, 0));
    assert_eq!((second.revision, second.value.speed.rows), (1, 3));
    assert_eq!(second.value.speed.max(), Some(72.0));
    assert_eq!(second.value.distance.sum(), first.value.distance.sum());
    let metered = run.harness.take(run.metered);
    assert_eq!(metered.len(), 4);
    assert_eq!(metered[3].distance, None);
}

#[test]
fn the_distance_over_a_pause_belongs_to_the_event_after_it() {
    for lateness in [Duration::ZERO, MINUTE] {
        let mut run = Run::new(Order::within(Duration::ZERO).allowing(lateness));
        let odometer =
            |seconds: f64, km: f64| event(seconds, 0.0).with_odometer(Distance::from_km(km));
        let day = 86_400.0;
        run.push([
            odometer(0.0, 100.0),
            odometer(7_200.0, 103.0),
            // Within the minute of the event before.
            odometer(7_210.0, 103.5),
            // Too long ago: nobody knows when it drove.
            odometer(7_210.0 + day, 500.0),
            odometer(7_270.0 + day, 501.0),
        ]);
        run.harness.end();
        let metered = run.harness.take(run.metered);
        let distances: Vec<_> = metered
            .iter()
            .map(|row| row.distance.map(Distance::as_m))
            .collect();
        assert_eq!(
            distances,
            [None, Some(3000.0), Some(500.0), None, Some(1000.0)]
        );
        let minutes = run.harness.take(run.minutes);
        let sums: Vec<_> = minutes
            .iter()
            .map(|window| window.value.distance.sum())
            .collect();
        assert_eq!(sums, [None, Some(3500.0), None, Some(1000.0)]);
    }
}

#[test]
fn a_state_survives_and_a_damaged_one_is_refused() {
    let mut sums = MinuteSums::EMPTY;
    let measures = Measures::of(&event(0.0, 92.5), None);
    fleet_core::window::Aggregate::add(&SumMeasures, &mut sums, &measures, at(0.0));
    let mut bytes = Vec::new();
    sums.encode(&mut bytes);
    let decoded = MinuteSums::decode(MinuteSums::VERSION, &mut bytes.as_slice());
    assert_eq!(decoded, Some(sums));
    for cut in 0..bytes.len() {
        assert_eq!(
            MinuteSums::decode(MinuteSums::VERSION, &mut &bytes[..cut]),
            None
        );
    }
}
