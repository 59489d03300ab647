//! Minutes and distances, compared with plain loops.

use std::collections::BTreeMap;

use fleet_core::{
    EventTime, Graph, Order, State, VehicleId,
    event::Status,
    testing::Harness,
    units::{Distance, Speed},
};

use super::*;

fn at(seconds: f64) -> EventTime {
    EventTime::from_micros(1_700_000_040_000_000) + Duration::from_secs_f64(seconds)
}

fn event(seconds: f64, kmh: f64) -> Telemetry {
    Telemetry::new(VehicleId::new("car-1").unwrap(), at(seconds)).with_speed(Speed::from_kmh(kmh))
}

struct Run {
    harness: Harness<Telemetry>,
    minutes: fleet_core::Stream<VehicleMinute>,
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
    let found = |window: &VehicleMinute| {
        let sums = window.sums;
        let sums = (sums.speed.rows, sums.speed.sum().unwrap(), sums.alerts);
        (window.start, sums)
    };
    assert_eq!(
        minutes.iter().map(found).collect::<BTreeMap<_, _>>(),
        wanted
    );
    assert!(minutes.iter().all(|minute| !minute.belated));

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
        .filter_map(|window| window.sums.distance.sum())
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
fn a_belated_event_is_a_row_of_its_own_without_a_distance() {
    let lateness = Duration::from_secs(600);
    let mut run = Run::new(Order::within(Duration::ZERO).allowing(lateness));
    run.push([event(0.0, 36.0), event(50.0, 36.0), event(70.0, 36.0)]);
    let first = run.harness.take(run.minutes).remove(0);
    // Of the minute that is over, and of the one that is open.
    run.push([event(20.0, 72.0), event(65.0, 72.0)]);
    let rows = run.harness.take(run.minutes);
    for (row, start) in rows.iter().zip([at(0.0), at(60.0)]) {
        assert_eq!((row.start, row.belated), (start, true));
        let sums = row.sums;
        assert_eq!((sums.speed.rows, sums.speed.max()), (1, Some(72.0)));
        assert_eq!(sums.distance.sum(), None);
    }
    assert_eq!((first.start, first.sums.speed.rows), (at(0.0), 2));
    run.harness.end();
    let last = run.harness.take(run.minutes);
    assert_eq!((last.len(), last[0].sums.speed.rows), (1, 1));
    let metered = run.harness.take(run.metered);
    assert_eq!(metered.len(), 5);
    assert!(metered[3].distance.is_none() && metered[4].distance.is_none());
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
            .map(|window| window.sums.distance.sum())
            .collect();
        assert_eq!(sums, [None, Some(3500.0), None, Some(1000.0)]);
    }
}

#[test]
fn a_state_survives_and_a_damaged_one_is_refused() {
    let mut sums = MinuteSums::EMPTY;
    sums.add(&event(0.0, 92.5), None, at(0.0));
    for open in [None, Some(sums)] {
        let state = MinuteState {
            last: at(3.0),
            open,
            ..MinuteState::default()
        };
        let mut bytes = Vec::new();
        state.encode(&mut bytes);
        let decoded = MinuteState::decode(MinuteState::VERSION, &mut bytes.as_slice());
        assert_eq!(decoded, Some(state));
        for cut in 0..bytes.len() {
            assert_eq!(
                MinuteState::decode(MinuteState::VERSION, &mut &bytes[..cut]),
                None
            );
        }
    }
}

#[test]
fn a_minute_after_a_rest_is_closed_at_its_own_end() {
    let day = 86_400.0;
    let mut run = Run::new(Order::within(Duration::ZERO));
    // The vehicle comes back just before it would be forgotten.
    run.push([7.0, day, day + 10.0, day + 70.0].map(|second| event(second, 36.0)));
    run.harness.end();
    let minutes = run.harness.take(run.minutes);
    let found: Vec<_> = minutes
        .iter()
        .map(|minute| (minute.start, minute.sums.speed.rows))
        .collect();
    assert_eq!(found, [(at(0.0), 1), (at(day), 2), (at(day + 60.0), 1)]);
}

#[test]
fn merged_sums_are_those_of_all_events() {
    let events: Vec<_> = (0..9u32)
        .map(|n| {
            let kmh = f64::from(n) * 20.0;
            let mut event = event(f64::from(n), kmh);
            event.set_status(Some(Status::derive(kmh, 50.0)));
            event.with_battery_charge(fleet_core::units::Percent::from_percent(kmh / 2.0))
        })
        .collect();
    let sum = |events: &[Telemetry]| {
        let mut sums = MinuteSums::EMPTY;
        for event in events {
            sums.add(event, None, event.at());
        }
        sums
    };
    let whole = sum(&events);
    for split in 0..=events.len() {
        let (left, right) = events.split_at(split);
        let mut merged = sum(left);
        merged.merge(&sum(right));
        assert_eq!(merged, whole);
    }
    assert_eq!((whole.speed.count, whole.alerts), (9, 4));
}
