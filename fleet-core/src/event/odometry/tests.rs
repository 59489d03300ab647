//! Tests of the meter against journeys whose true distance is known.

use super::*;
use crate::data::{
    State,
    units::{Latitude, Longitude},
};

/// `SplitMix64` (G. Steele, D. Lea, C. Flood, 2014): the same numbers on every machine.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
    fn below(&mut self, limit: i64) -> i64 {
        (self.next() % limit.unsigned_abs()).cast_signed()
    }
}

fn fix(seconds: i64, um: Option<i64>, kmh: Option<f64>) -> Fix {
    Fix {
        at: EventTime::from_micros(seconds * 1_000_000),
        odometer: um.map(|um| Distance::from_km(um as f64 / 1e9)),
        speed: kmh.map(Speed::from_kmh),
        position: None,
    }
}

fn total(meter: &mut Meter, fixes: impl IntoIterator<Item = Fix>) -> (i64, Vec<Anomaly>) {
    let options = MeterOptions::default();
    let (mut um, mut anomalies) = (0, Vec::new());
    for fix in fixes {
        if let Some(segment) = meter.observe(&options, &fix) {
            um += segment.micrometres();
            anomalies.extend(segment.anomaly);
        }
    }
    (um, anomalies)
}

const KM: i64 = 1_000_000_000;

/// The error of an odometer at one event.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Wrong {
    Nothing,
    /// All readings from here on are shifted.
    Shift(i64),
    /// This reading alone is shifted.
    Once(i64),
    Missing,
}

/// A journey whose odometer has anomalies, and its true distance.
fn journey(seed: u64) -> (Vec<Fix>, i64) {
    let random = &mut Random(seed);
    let (mut fixes, mut truth, mut shift) = (Vec::new(), 0, 100_000 * KM);
    let (mut second, mut kmh) = (1_700_000_000, 0.0_f64);
    // An anomaly smaller than the distance since the last reading is invisible, so each goes back
    // further.
    let (mut quiet, mut unread) = (0, 0);
    for step in 0..200 {
        let (dt, next) = (1 + random.below(20), random.below(130) as f64);
        if step > 0 {
            second += dt;
            let driven = to_um(f64::midpoint(kmh, next) / 3.6 * dt as f64);
            kmh = next;
            (truth, unread) = (truth + driven, unread + driven);
        }
        let reading = truth + shift;
        quiet -= 1;
        let wrong = match random.below(40) {
            _ if quiet > 0 || step == 0 => Wrong::Nothing,
            0 => Wrong::Shift(-unread - KM - random.below(reading.max(1))), // a reset
            1 => Wrong::Shift(-unread - 1 - random.below(KM / 2)),          // a rollback
            2 => Wrong::Shift(20 * KM + random.below(9_000 * KM)),
            3 => Wrong::Once(-unread - 1 - random.below(100 * KM)),
            4 => Wrong::Once(20 * KM + random.below(9_000 * KM)),
            5..=8 => Wrong::Missing,
            _ => Wrong::Nothing,
        };
        if wrong != Wrong::Nothing && wrong != Wrong::Missing {
            quiet = 3;
        }
        let odometer = match wrong {
            Wrong::Missing if step < 199 => None,
            Wrong::Nothing | Wrong::Missing => Some(reading),
            Wrong::Once(by) => Some(reading + by),
            Wrong::Shift(by) => {
                shift += by;
                Some(reading + by)
            }
        };
        if odometer.is_some() {
            unread = 0;
        }
        fixes.push(fix(second, odometer, Some(kmh)));
    }
    (fixes, truth)
}

#[test]
fn prop_resets_rollbacks_jumps_and_lost_readings_cost_nothing_where_speed_is_known() {
    for seed in 0..2_000 {
        let (fixes, truth) = journey(seed);
        let (um, anomalies) = total(&mut Meter::default(), fixes);
        assert_eq!(
            um,
            truth,
            "seed {seed}: off by {} um, {anomalies:?}",
            um - truth
        );
    }
}

#[test]
fn prop_a_snapshot_between_any_two_events_changes_nothing() {
    for seed in 0..50 {
        let (fixes, truth) = journey(seed);
        let mut um = 0;
        let mut bytes = Vec::new();
        Meter::default().encode(&mut bytes);
        for fix in fixes {
            let mut meter = Meter::decode(Meter::VERSION, &mut bytes.as_slice()).unwrap();
            um += total(&mut meter, [fix]).0;
            bytes.clear();
            meter.encode(&mut bytes);
        }
        assert_eq!(um, truth, "seed {seed}");
    }
}

#[test]
fn prop_parts_of_a_stretch_add_up_to_it_whatever_the_windows_are() {
    let random = &mut Random(7);
    for _ in 0..2_000 {
        let from = random.below(10_000_000_000);
        let segment =
            Segment::measured(from, from + random.below(90_000_000_000), random.below(KM));
        let length = Duration::from_micros(1_000_000_000 + random.next() % 9_000_000_000);
        let parts: Vec<_> = segment.parts(length).collect();
        assert_eq!(parts.iter().map(|(_, um)| um).sum::<i64>(), segment.um);
        assert!(parts.iter().all(|(start, um)| *um >= 0
            && *start <= segment.to
            && *start + length >= segment.from));
    }
}

#[test]
fn each_fault_is_named_and_bridged() {
    // 36 km/h for 10 s are 100 m.
    let step = KM / 10;
    let drive = |readings: &[i64]| {
        let fixes = readings
            .iter()
            .zip(0..)
            .map(|(um, i)| fix(i * 10, Some(*um), Some(36.0)));
        total(&mut Meter::default(), fixes)
    };
    let base = 500 * KM;
    assert_eq!(drive(&[base, base + step]), (step, vec![]));
    assert_eq!(drive(&[base, 0, step]), (2 * step, vec![Anomaly::Reset]));
    let back = base - 3 * step;
    assert_eq!(
        drive(&[base, back, back + step]),
        (2 * step, vec![Anomaly::Rollback])
    );
    let ahead = base + 40 * KM;
    assert_eq!(
        drive(&[base, ahead, ahead + step]),
        (2 * step, vec![Anomaly::Jump])
    );
    // Only the odd reading was wrong; the next one is where it should be.
    assert_eq!(
        drive(&[base, ahead, base + 2 * step]),
        (2 * step, vec![Anomaly::Jump])
    );
    assert_eq!(
        drive(&[base, back, base + 2 * step]),
        (2 * step, vec![Anomaly::Rollback])
    );
}

#[test]
fn a_frozen_odometer_is_found_after_two_kilometres_and_costs_nothing_when_it_thaws() {
    let step = KM / 10;
    for thaw in [0, 29 * step] {
        let frozen = (0..30).map(|i| fix(i * 10, Some(500 * KM), Some(36.0)));
        let after =
            (30..40).map(|i| fix(i * 10, Some(500 * KM + thaw + (i - 29) * step), Some(36.0)));
        let (um, anomalies) = total(&mut Meter::default(), frozen.chain(after));
        assert_eq!((um, anomalies), (39 * step, vec![Anomaly::Stuck]), "{thaw}");
    }
    let standing = (0..100).map(|i| fix(i * 10, Some(500 * KM), Some(0.0)));
    assert_eq!(total(&mut Meter::default(), standing), (0, vec![]));
}

#[test]
fn without_an_odometer_speed_counts_and_without_speed_the_position() {
    let by_speed = (0..=36).map(|i| fix(i * 10, None, Some(100.0)));
    assert_eq!(total(&mut Meter::default(), by_speed).0, 10 * KM + 8);
    let north = |i: i64, degrees: f64| Fix {
        position: Some(GeoPoint {
            latitude: Latitude::from_degrees(degrees),
            longitude: Longitude::from_degrees(-74.0),
        }),
        ..fix(i * 600, None, None)
    };
    // A degree of latitude is 111.195 km on this sphere; 0, 0 cannot be reached in ten minutes.
    let fixes = [north(0, 4.0), north(1, 4.1), north(2, 4.2)];
    let km = total(&mut Meter::default(), fixes).0 as f64 / 1e9;
    assert!((km - 22.239).abs() < 0.001, "{km}");
    let lost = Fix {
        position: Some(GeoPoint {
            latitude: Latitude::from_degrees(0.0),
            longitude: Longitude::from_degrees(0.0),
        }),
        ..fix(600, None, None)
    };
    let options = MeterOptions::default();
    let mut meter = Meter::default();
    assert_eq!(meter.observe(&options, &north(0, 4.0)), None);
    let segment = meter.observe(&options, &lost).unwrap();
    assert_eq!((segment.micrometres(), segment.method), (0, None));
}

#[test]
fn an_odometer_that_stops_sending_is_replaced_and_used_again() {
    let step = KM / 10;
    let seen = (0..3).map(|i| fix(i * 10, Some(500 * KM + i * step), Some(36.0)));
    let silent = (3..20).map(|i| fix(i * 10, None, Some(36.0)));
    let again = (20..23).map(|i| fix(i * 10, Some(500 * KM + i * step), Some(36.0)));
    let fixes = seen.chain(silent).chain(again);
    assert_eq!(total(&mut Meter::default(), fixes), (22 * step, vec![]));
}

#[test]
fn an_older_event_changes_nothing() {
    let mut meter = Meter::default();
    let fixes = [
        fix(100, Some(KM), Some(36.0)),
        fix(110, Some(KM + KM / 10), Some(36.0)),
    ];
    total(&mut meter, fixes);
    let before = meter.clone();
    assert_eq!(
        total(&mut meter, [fix(105, Some(KM + KM / 20), Some(36.0))]),
        (0, vec![])
    );
    assert_eq!(meter, before);
}
