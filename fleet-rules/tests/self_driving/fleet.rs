//! A random fleet whose true sums are known, whatever its odometers show.

use std::{collections::BTreeMap, time::Duration};

use fleet_core::{
    EventTime,
    event::{Driving, DrivingKind, FleetEvent, Initiator, ObjectClass, Perception, Telemetry},
    odometry::Anomaly,
    units::{Distance, Speed},
};
use fleet_rules::SelfDriving;

use super::{
    HOUR_S, KM,
    support::{START_S, vehicle},
};

/// `SplitMix64`.
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn below(&mut self, limit: i64) -> i64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) % limit.unsigned_abs()).cast_signed()
    }
    pub(crate) fn one_in(&mut self, count: i64) -> bool {
        self.below(count) == 0
    }
}

/// By vehicle and start of the hour.
pub(crate) type Truth = BTreeMap<(String, i64), SelfDriving>;

/// Drives one vehicle for some hours and writes down what it did.
pub(crate) fn drive(
    name: &str,
    random: &mut Random,
    truth: &mut Truth,
    rows: &mut Vec<FleetEvent>,
) {
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
                let after = now + Duration::from_millis(random.below(5_001).unsigned_abs());
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
