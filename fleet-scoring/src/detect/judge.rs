//! Decides what the excursions of a leg are.

use fleet_core::event::Severity;

use super::{
    Impulse, Kind, Manoeuvre, Thresholds,
    excursion::{Excursion, beyond, excursions},
    orient::UNSIGNED_DEG,
    plane::points_in,
    thresholds::Level,
};
use crate::signal::{STEP_S, cast};

/// The signals of a leg that manoeuvres are found in, point by point. Empty columns are unknown.
#[derive(Debug, Default)]
pub(super) struct Motion {
    /// g, positive when speeding up.
    pub(super) along: Vec<f64>,
    /// g, positive to the left.
    pub(super) across: Vec<f64>,
    /// Degrees per second.
    pub(super) yaw: Vec<f64>,
    /// The standard error of the direction that is forward, degrees.
    pub(super) error_deg: Vec<f64>,
    pub(super) sound: Vec<bool>,
    /// km/h.
    pub(super) kmh: Vec<f64>,
    pub(super) origin_s: f64,
    /// Whether the axes are those of the vehicle.
    pub(super) known: bool,
    /// Whether the device has subtracted gravity.
    pub(super) levelled: bool,
}

/// Slower turning than the first is straight, faster than the second a turn, degrees per second.
const TURNS_DEG_S: (f64, f64) = (4.0, 10.0);
/// The part of lateral acceleration that known axes still show as longitudinal: 6 degrees of
/// mounting error. Our choice.
const KNOWN_LEAK: f64 = 0.1;
/// The part that leaks at least where a device has subtracted gravity: what it took for a tilt
/// turns into the axis of the vehicle as the vehicle turns. Our choice: an error of 15 degrees.
const LEVELLED_LEAK: f64 = 0.25;
/// At most this part is expected to leak.
const MOST_LEAK: f64 = 0.6;
/// In straight driving, what points within 60 degrees of the axis belongs to it.
const ALIGNED: f64 = 0.5;
/// Lateral acceleration is at least this share of the longitudinal one. Our choice.
const SIDEWAYS: f64 = 0.6;
/// A corner turns at least this fast, degrees per second: the yaw gate. At 0.4 g and 100 km/h a
/// vehicle turns at 8 degrees per second.
const CORNER_DEG_S: f64 = 4.0;
/// Speed must show at least this share of the change that acceleration adds up to.
const SHOWN: f64 = 0.3;
/// A vehicle that is slower, km/h, brakes harshly in car parks only: the speed gate.
const SLOWEST_KMH: f64 = 10.0;
/// Speed may be early or late by this much, seconds.
const LATE_S: f64 = 2.0;

impl Motion {
    /// Finds the manoeuvres, and adds up the impulse.
    pub(super) fn judge(
        &mut self,
        levels: &Thresholds,
        found: &mut Vec<Manoeuvre>,
        sum: &mut [f64; 3],
    ) {
        let (along, across) = if self.known {
            self.of_known_axes()
        } else {
            (self.longitudinal(), self.lateral())
        };
        let pairs = [
            (
                -1.0,
                Kind::HarshBrake,
                &levels.harsh_brake,
                Kind::FirmBrake,
                &levels.firm_brake,
            ),
            (
                1.0,
                Kind::RapidAccel,
                &levels.rapid_accel,
                Kind::FirmAccel,
                &levels.firm_accel,
            ),
        ];
        for ((sign, harsh, harsh_level, firm, firm_level), sum) in pairs.into_iter().zip(&mut *sum)
        {
            let runs = |level| self.runs(&along, sign, level, levels.merge_gap_s);
            let real = |mut runs: Vec<Excursion>| {
                if self.levelled {
                    let opposite = self.runs(&along, -sign, firm_level, levels.merge_gap_s);
                    runs.retain(|run| !opposite.iter().any(|before| rebounds(before, run)));
                }
                runs
            };
            let strong = self.keep(real(runs(harsh_level)), sign, harsh, harsh_level);
            let firm = self.keep(real(runs(firm_level)), sign, firm, firm_level);
            found.extend(firm.into_iter().filter(|firm| {
                !strong
                    .iter()
                    .any(|harsh| harsh.start_s <= firm.end_s && firm.start_s <= harsh.end_s)
            }));
            found.extend(strong);
            *sum += self.beyond(&along, sign, firm_level.enter_g);
        }
        if !across.is_empty() {
            let level = &levels.harsh_corner;
            let runs = self.runs(&across, 1.0, level, levels.merge_gap_s);
            let turns = runs.into_iter().filter(|run| self.turns(run)).collect();
            found.extend(self.keep(turns, 1.0, Kind::HarshCorner, level));
            let [.., sum] = sum;
            *sum += self.beyond(&across, 1.0, levels.firm_corner_g);
        }
    }

    /// What known axes support: their own columns, without what leaks from one into the other.
    fn of_known_axes(&mut self) -> (Vec<f64>, Vec<f64>) {
        let mut along = std::mem::take(&mut self.along);
        let mut across = std::mem::take(&mut self.across);
        for (along, across) in along.iter_mut().zip(&mut across) {
            *along = supported(*along, *across, KNOWN_LEAK);
            *across = across.abs();
        }
        (along, across)
    }

    /// The longitudinal acceleration that the evidence supports: in a straight line, all that
    /// points roughly along the axis; in a turn, what the lateral acceleration cannot explain.
    fn longitudinal(&self) -> Vec<f64> {
        let mut result = Vec::with_capacity(self.along.len());
        let mut start = 0;
        for part in self.error_deg.chunk_by(|a, b| a.to_bits() == b.to_bits()) {
            let points = start..start + part.len();
            start = points.end;
            if let Some(error) = part.first() {
                self.add_longitudinal(points, *error, &mut result);
            }
        }
        result
    }

    /// The same for points whose direction has one error.
    fn add_longitudinal(
        &self,
        points: std::ops::Range<usize>,
        error_deg: f64,
        result: &mut Vec<f64>,
    ) {
        let least = if self.levelled {
            LEVELLED_LEAK
        } else {
            KNOWN_LEAK
        };
        let leak = error_deg.to_radians().tan().clamp(least, MOST_LEAK);
        let leak = if error_deg >= 45.0 { MOST_LEAK } else { leak };
        // Nothing says which end of the axis is the front. Brakes reach higher than engines, so
        // what is strong is a brake.
        let unsigned = error_deg >= UNSIGNED_DEG;
        let (straight, turn) = TURNS_DEG_S;
        let along = self.along.get(points.clone()).unwrap_or_default();
        let across = self.across.get(points.clone()).unwrap_or_default();
        let yaw = self.yaw.get(points).unwrap_or_default();
        let yaw = yaw.iter().copied().chain(std::iter::repeat(f64::INFINITY));
        result.extend(
            along
                .iter()
                .zip(across)
                .zip(yaw)
                .map(|((along, across), yaw)| {
                    let along = if unsigned { -along.abs() } else { *along };
                    let turning = ((yaw.abs() - straight) / (turn - straight)).clamp(0.0, 1.0);
                    let size = (along * along + across * across).sqrt();
                    let in_line = if along.abs() >= ALIGNED * size {
                        size
                    } else {
                        0.0
                    };
                    let bent = supported(along, *across, leak);
                    in_line.copysign(along) * (1.0 - turning) + bent * turning
                }),
        );
    }

    /// The size of the lateral acceleration, where it is more than a part of a brake.
    fn lateral(&self) -> Vec<f64> {
        let signals = self.across.iter().zip(&self.along);
        let supported = signals.map(|(across, along)| {
            let sideways = across.abs() >= SIDEWAYS * along.abs();
            if sideways { across.abs() } else { 0.0 }
        });
        supported.collect()
    }

    fn runs(&self, signal: &[f64], sign: f64, level: &Level, gap_s: f64) -> Vec<Excursion> {
        excursions(signal, &self.sound, sign, level, gap_s)
    }

    /// Acceleration above a level, g·s.
    fn beyond(&self, signal: &[f64], sign: f64, level: f64) -> f64 {
        beyond(signal, &self.sound, sign, level) * STEP_S
    }

    fn turns(&self, run: &Excursion) -> bool {
        if self.yaw.is_empty() {
            return true;
        }
        let rates = self.yaw.get(run.start..=run.end).unwrap_or_default();
        rates.iter().sum::<f64>().abs() >= CORNER_DEG_S * rates.len() as f64
    }

    /// Keeps what speed does not contradict.
    fn keep(&self, runs: Vec<Excursion>, sign: f64, kind: Kind, level: &Level) -> Vec<Manoeuvre> {
        let mut kept = Vec::new();
        for run in runs {
            let shown = self.shown(&run, sign);
            let before = self.fastest_near(run.start);
            let corner = kind == Kind::HarshCorner;
            if before.is_some_and(|kmh| kmh < SLOWEST_KMH) && sign < 0.0 {
                continue;
            }
            if !corner && shown.is_some_and(|shown| shown < SHOWN * run.change_kmh) {
                continue;
            }
            let over = run.peak / level.enter_g;
            let error = cast::at(&self.error_deg, run.peak_at);
            let direction = if self.known || error.is_nan() {
                1.0
            } else {
                1.0 - (error / 90.0).min(1.0)
            };
            let margin = (0.5 + (over - 1.0)).min(1.0);
            let speed = if shown.is_some() || corner { 1.0 } else { 0.8 };
            let time = |point: usize| self.origin_s + point as f64 * STEP_S;
            kept.push(Manoeuvre {
                kind,
                start_s: time(run.start),
                end_s: time(run.end),
                peak_s: time(run.peak_at),
                peak_g: sign * run.peak,
                change_kmh: sign * run.change_kmh,
                severity: match over {
                    over if over >= 1.6 => Severity::High,
                    over if over >= 1.25 => Severity::Medium,
                    _ => Severity::Low,
                },
                confidence: direction * margin * speed,
            });
        }
        kept
    }

    /// The change that speed shows, km/h, at the delay at which it shows most; `None` if it is not
    /// known at both ends.
    fn shown(&self, run: &Excursion, sign: f64) -> Option<f64> {
        let late = points_in(LATE_S);
        let change = |shift: usize| {
            // One point of the grid to each side, and delays from half a second early on.
            let from = (run.start + shift).checked_sub(points_in(0.5) + 1)?;
            let change = cast::at(&self.kmh, run.end + shift - points_in(0.5) + 1)
                - cast::at(&self.kmh, from);
            change.is_finite().then_some(sign * change)
        };
        let shifts = (points_in(0.5)..late + points_in(0.5)).chain([0]);
        shifts.filter_map(change).max_by(f64::total_cmp)
    }

    /// By how much the vehicle turned between two times, degrees.
    pub(super) fn turned_deg(&self, start_s: f64, end_s: f64) -> f64 {
        let point = |at: f64| points_in((at - self.origin_s).max(0.0));
        let rates = self.yaw.iter().take(point(end_s) + 1).skip(point(start_s));
        rates.sum::<f64>().abs() * STEP_S
    }

    fn fastest_near(&self, point: usize) -> Option<f64> {
        let near = point.saturating_sub(points_in(LATE_S))..point + points_in(LATE_S);
        let known = self.kmh.iter().take(near.end).skip(near.start).copied();
        known.filter(|kmh| kmh.is_finite()).max_by(f64::total_cmp)
    }
}

/// Whether a run is what a levelled device shows after an acceleration that it took for a tilt:
/// the other sign, at once, and less than before.
fn rebounds(before: &Excursion, run: &Excursion) -> bool {
    let at_once = run.start >= before.end && run.start - before.end <= points_in(REBOUND_S);
    at_once && run.peak < REBOUND * before.peak
}

/// A rebound begins within this time, seconds. Our choice: the release of a pedal, twice.
const REBOUND_S: f64 = 1.0;
/// A rebound is at most this share: what bleeds away within 4 s at a time constant of 4 s.
const REBOUND: f64 = 0.65;

/// What remains of a component if a part of the other may have leaked into it.
fn supported(value: f64, other: f64, leak: f64) -> f64 {
    (value.abs() - leak * other.abs()).max(0.0).copysign(value)
}

/// Whole milli-g·s.
pub(super) fn impulse([brake, accel, corner]: [f64; 3]) -> Impulse {
    #[expect(
        clippy::cast_possible_truncation,
        reason = "a day at 1 g is 86 million"
    )]
    let whole = |gs: f64| (gs * 1000.0).round() as i64;
    Impulse {
        brake_mgs: whole(brake),
        accel_mgs: whole(accel),
        corner_mgs: whole(corner),
    }
}
