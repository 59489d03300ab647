//! The motion of a vehicle: its speed, its course, its battery and its odometer.

use crate::simulator::{
    draws::Draws,
    world::{
        area::Area,
        course::{Course, approach},
    },
};

/// The target speeds of normal and of fast driving, and the shares of standing and of normal
/// driving. Our choice.
const STANDING: f64 = 0.15;
const DRIVING: f64 = 0.7;
const DRIVING_KMH: (f64, f64) = (20.0, 60.0);
const FAST_KMH: (f64, f64) = (66.0, 80.0);
/// How long a vehicle aims for one speed, seconds. Our choice.
const PACE_S: (f64, f64) = (10.0, 60.0);
/// How fast speed is gained and lost, km/h/s. Our choice: 0.25 g and 0.35 g.
const RATES: (f64, f64) = (9.0, 12.5);
/// The battery charge used per kilometre, percent. Our choice: 400 km with a full battery.
const DRAIN_PCT: f64 = 0.25;
/// A standing vehicle charges below the first charge, percent, until it has the second, at the
/// third, percent/s. Our choice: the pipeline warns below 20.
const CHARGE_PCT: (f64, f64, f64) = (10.0, 90.0, 0.05);
/// The initial odometer reading, metres. Our choice.
const ODOMETER_M: (u64, u64) = (1_000_000, 80_000_000);
/// The speed lost in a hard braking, km/h; the upper end is also the least speed before one. Our
/// choice.
pub(super) const HARD_BRAKE_KMH: (f64, f64) = (20.0, 30.0);
/// Half the width of the square that vehicles stay in, metres. Our choice.
const CITY_M: f64 = 10_000.0;

/// The state of the motion between two ticks.
#[derive(Clone, Debug)]
pub(super) struct Motion {
    pub(super) course: Course,
    pub(super) kmh: f64,
    pace_kmh: f64,
    pace_left_s: f64,
    pub(super) battery_pct: f64,
    charging: bool,
    pub(super) odometer_m: u64,
    /// The distance driven beyond the last whole metre.
    rest_m: f64,
}

impl Motion {
    pub(super) fn new(area: Area, draws: &mut Draws) -> Self {
        Self {
            course: Course::around(area.centre(), CITY_M / 2.0, draws),
            kmh: 0.0,
            pace_kmh: 0.0,
            pace_left_s: 0.0,
            battery_pct: draws.uniform(15.0, 100.0),
            charging: false,
            odometer_m: ODOMETER_M.0 + draws.below(ODOMETER_M.1 - ODOMETER_M.0),
            rest_m: 0.0,
        }
    }

    pub(super) fn is_standing(&self) -> bool {
        self.kmh <= 0.0
    }

    /// Charges the battery, or draws a new target speed when it is time for one. Returns true if
    /// the new target is a stop.
    pub(super) fn plan(&mut self, seconds: f64, draws: &mut Draws) -> bool {
        let (least, enough, rate) = CHARGE_PCT;
        if self.charging {
            self.battery_pct += rate * seconds;
            self.charging = self.battery_pct < enough;
            return false;
        }
        self.charging = self.is_standing() && self.battery_pct < least;
        self.pace_left_s -= seconds;
        if self.pace_left_s > 0.0 {
            return false;
        }
        self.pace_kmh = match draws.unit() {
            ..STANDING => 0.0,
            kind if kind < STANDING + DRIVING => draws.uniform(DRIVING_KMH.0, DRIVING_KMH.1),
            _ => draws.uniform(FAST_KMH.0, FAST_KMH.1),
        };
        self.pace_left_s = draws.uniform(PACE_S.0, PACE_S.1);
        self.pace_kmh <= 0.0
    }

    /// Drives for some seconds and returns the distance in whole metres.
    pub(super) fn drive(
        &mut self,
        area: Area,
        brakes_hard: bool,
        seconds: f64,
        draws: &mut Draws,
    ) -> u64 {
        let target = if self.charging { 0.0 } else { self.pace_kmh };
        let before = self.kmh;
        self.kmh = approach(before, target, seconds, RATES);
        if brakes_hard {
            self.kmh = before - draws.uniform(HARD_BRAKE_KMH.0, HARD_BRAKE_KMH.1);
        }
        self.rest_m += f64::midpoint(before, self.kmh) / 3.6 * seconds;
        let whole = self.rest_m.floor();
        self.rest_m -= whole;
        let used = whole / 1000.0 * DRAIN_PCT;
        self.battery_pct = (self.battery_pct - used).clamp(0.0, 100.0);
        if whole > 0.0 {
            self.course
                .turn(draws.uniform(-4.0, 4.0) * seconds.min(10.0));
            self.course.drive(whole);
            self.course.stay_around(area.centre(), CITY_M);
        }
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "it is whole and not negative, and a cast saturates"
        )]
        let metres = whole as u64;
        self.odometer_m += metres;
        metres
    }
}
