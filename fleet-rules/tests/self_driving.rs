//! Self-driving metrics against fleets whose truth is known, and against a plain count.
#![expect(
    clippy::unwrap_used,
    clippy::cast_possible_truncation,
    clippy::indexing_slicing,
    reason = "helpers of tests fail by panic, as tests do"
)]

mod support;

use std::collections::BTreeMap;

use fleet_core::{
    EventTime, State,
    event::{Driving, DrivingKind, FleetEvent, Initiator, ObjectClass, Perception, Telemetry},
    odometry::Anomaly,
    table::{TableRow, to_ndjson},
    units::{Distance, Speed},
};
use fleet_rules::{
    SelfDriving, SelfDrivingHour, SelfDrivingOptions, SelfDrivingState, SumSelfDriving,
};
use support::{START_S, at, run, vehicle};

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

/// `SplitMix64`.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: i64) -> i64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) % limit.unsigned_abs()).cast_signed()
    }
    fn one_in(&mut self, count: i64) -> bool {
        self.below(count) == 0
    }
}

/// By vehicle and start of the hour.
type Truth = BTreeMap<(String, i64), SelfDriving>;

/// Drives one vehicle for some hours and writes down what it did.
fn drive(name: &str, random: &mut Random, truth: &mut Truth, rows: &mut Vec<FleetEvent>) {
    let mut second = START_S + random.below(HOUR_S);
    let end = second + 3 * HOUR_S;
    let (mut um, mut shift, mut kmh) = (0_i64, 90_000 * KM, 0_i64);
    let (mut engaged, mut speeding, mut quiet) = (false, false, 3);
    let mut takeover_until = 0;
    while second < end {
        let now = EventTime::from_micros(second * 1_000_000);
        let hour = second - second.rem_euclid(HOUR_S);
        let sums = truth.entry((name.to_owned(), hour)).or_default();

        quiet -= 1;
        let mut reading = um + shift;
        if quiet < 0 && random.one_in(25) {
            quiet = 2;
            let by = match random.below(3) {
                0 => {
                    sums.odometer_faults[Anomaly::Reset as usize] += 1;
                    -10 * KM - random.below(1_000 * KM)
                }
                1 => {
                    sums.odometer_faults[Anomaly::Jump as usize] += 1;
                    10 * KM + random.below(1_000 * KM)
                }
                // Deep enough to be seen whatever was driven since.
                _ => {
                    sums.odometer_faults[Anomaly::Reset as usize] += 1;
                    -5 * KM
                }
            };
            shift += by;
            reading += by;
        }
        let mut row = Telemetry::new(vehicle(name), now)
            .with_odometer(Distance::from_km(reading as f64 / 1e9))
            .with_speed(Speed::from_kmh(kmh as f64));
        row.set_autopilot_engaged(Some(engaged));
        rows.push(row.into());
        sums.telemetry += 1;
        sums.speeding_rows += u64::from(kmh > 65);
        sums.speed_violations += u64::from(kmh > 65 && !speeding);
        speeding = kmh > 65;

        // Things in the same second, in fractions of it.
        if second > takeover_until && random.one_in(20) {
            let planned = random.one_in(4);
            let both = !planned && random.one_in(2);
            let mut event = Driving::new(vehicle(name), now, DrivingKind::Disengagement);
            event.initiator = Some(Initiator::Driver);
            event.planned = Some(planned);
            rows.push(event.into());
            if planned {
                sums.planned += 1;
            } else {
                sums.disengagements += 1;
                sums.disengagements_by[Initiator::Driver as usize] += 1;
                sums.episodes += 1;
            }
            if both {
                let after =
                    now + std::time::Duration::from_millis(random.below(5_001).unsigned_abs());
                let after_s = after.as_micros().div_euclid(1_000_000);
                let hour = after_s - after_s.rem_euclid(HOUR_S);
                rows.push(Driving::new(vehicle(name), after, DrivingKind::Intervention).into());
                truth
                    .entry((name.to_owned(), hour))
                    .or_default()
                    .interventions += 1;
            }
            takeover_until = second + 11;
        }
        if random.one_in(3) {
            let mut seen = Perception::new(vehicle(name), now);
            let class = ObjectClass::ALL[random.below(7).unsigned_abs() as usize];
            seen.class = Some(class);
            rows.push(seen.into());
            let sums = truth.get_mut(&(name.to_owned(), hour)).unwrap();
            sums.detections[class as usize] += 1;
        }

        // To the next row: an even change of speed, cut at the full hours.
        let dt = 1 + random.below(30);
        let next_kmh = random.below(90);
        let step = ((kmh + next_kmh) as f64 / 2.0 / 3.6 * dt as f64 * 1e6).round() as i64;
        if second + dt < end {
            let mut done = 0;
            let mut from = second;
            while from < second + dt {
                let start = from - from.rem_euclid(HOUR_S);
                let upto = (start + HOUR_S).min(second + dt);
                let part = step * (upto - second) / dt - done;
                done += part;
                let sums = truth.entry((name.to_owned(), start)).or_default();
                sums.distance_um += part;
                sums.observed_us += (upto - from) * 1_000_000;
                if engaged {
                    sums.engaged_um += part;
                    sums.engaged_us += (upto - from) * 1_000_000;
                }
                from = upto;
            }
        }
        um += step;
        kmh = next_kmh;
        engaged = if random.one_in(5) { !engaged } else { engaged };
        second += dt;
    }
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
    let ids: std::collections::BTreeSet<_> = hours.iter().map(|hour| hour.id).collect();
    assert_eq!(ids.len(), hours.len());
}

#[test]
fn a_snapshot_gives_the_state_back_and_a_row_has_a_value_for_each_column() {
    let mut bytes = Vec::new();
    SelfDrivingState::default().encode(&mut bytes);
    let again = SelfDrivingState::decode(SelfDrivingState::VERSION, &mut bytes.as_slice());
    assert_eq!(again, Some(SelfDrivingState::default()));
    let hour = SelfDrivingHour {
        id: fleet_core::ContentId(7),
        vehicle: vehicle("car-0"),
        start: at(0.0),
        sums: SelfDriving {
            detections: [1, 2, 3, 4, 5, 6, 7],
            disengagements_by: [10, 11, 12, 13, 14],
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
}
