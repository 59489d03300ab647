use fleet_core::{
    event::TripSample,
    units::{Acceleration, Speed, round_decimals},
};

use crate::simulator::draws::Draws;

/// How a driver drives: which acceleration, braking and cornering is drawn, g.
pub(super) struct Limits {
    accelerating: (f64, f64),
    braking: (f64, f64),
    cornering: (f64, f64),
}

/// Our choice: with the noise, clear of the ±0.4 g and 0.3 g beyond which FleetFlow counts.
pub(super) const CALM: Limits = Limits {
    accelerating: (0.08, 0.25),
    braking: (0.08, 0.3),
    cornering: (0.05, 0.22),
};
/// Our choice: about half of it beyond ±0.4 g.
pub(super) const HARSH: Limits = Limits {
    accelerating: (0.25, 0.55),
    braking: (0.25, 0.75),
    cornering: (0.15, 0.5),
};
/// The speeds that a driver heads for, km/h, and how long each is kept, seconds. Our choice.
const SPEED_KMH: (f64, f64) = (0.0, 110.0);
const KEEPING_S: (f64, f64) = (3.0, 25.0);
/// How often they head for a stop instead. Our choice.
const STOPPING: f64 = 0.2;
/// Seconds between two corners on average, and how long one is, seconds. Our choice.
const CORNER_EVERY_S: f64 = 15.0;
const CORNER_S: (f64, f64) = (1.5, 5.0);
/// How fast an acceleration builds up, g/s. Our choice: an emergency brake is there within 0.6 s.
const JERK: f64 = 1.2;
/// The noise of the sensor, g either way. Our choice.
const NOISE: f64 = 0.02;
/// Standard gravity, m/s² in km/h/s.
const KMH_PER_S_OF_A_G: f64 = 9.80665 * 3.6;

/// A trip under way.
pub(super) struct Trip<'a> {
    limits: &'a Limits,
    /// Between two samples, seconds.
    step: f64,
    kmh: f64,
    g: f64,
    lateral: f64,
    goal_kmh: f64,
    /// With which acceleration the goal is reached, either way.
    most_g: f64,
    keeping_s: f64,
    corner_g: f64,
    corner_s: f64,
}

impl<'a> Trip<'a> {
    pub(super) fn begin(limits: &'a Limits, rate_hz: f64, draws: &mut Draws) -> Self {
        Self {
            limits,
            step: 1.0 / rate_hz,
            kmh: 0.0,
            g: 0.0,
            lateral: 0.0,
            goal_kmh: 0.0,
            most_g: 0.0,
            // Parked for a moment.
            keeping_s: draws.uniform(0.0, 2.0),
            corner_g: 0.0,
            corner_s: 0.0,
        }
    }

    pub(super) fn sample(&mut self, draws: &mut Draws) -> TripSample {
        let noise = |draws: &mut Draws| draws.uniform(-NOISE, NOISE);
        self.aim(draws);
        let full = self.step * KMH_PER_S_OF_A_G;
        let missing = (self.goal_kmh - self.kmh) / KMH_PER_S_OF_A_G;
        // Released in time: an acceleration a takes a / JERK to end, and changes the speed by a² / 2 JERK.
        let released = (2.0 * JERK * missing.abs()).sqrt();
        let most = self.most_g.min(released).min(missing.abs() / self.step);
        let wanted = most.copysign(missing);
        let change = JERK * self.step;
        self.g = wanted.clamp(self.g - change, self.g + change);
        let before = self.kmh;
        self.kmh = (before + self.g * full).max(0.0);
        if self.kmh <= 0.0 && before <= 0.0 {
            self.g = self.g.max(0.0);
        }
        let corner = if self.kmh > 0.0 { self.corner_g } else { 0.0 };
        self.lateral = corner.clamp(self.lateral - change, self.lateral + change);
        let g = |value: f64| Some(Acceleration::from_g(round_decimals(value, 3)));
        TripSample {
            t_s: None,
            speed: Some(Speed::from_kmh(round_decimals(self.kmh, 1))),
            longitudinal: g(self.g + noise(draws)),
            lateral: g(self.lateral + noise(draws)),
        }
    }

    /// A new goal once the last was reached and kept, and a corner now and then.
    fn aim(&mut self, draws: &mut Draws) {
        let mut within = |(from, to)| draws.uniform(from, to);
        if (self.goal_kmh - self.kmh).abs() < 1.0 {
            self.keeping_s -= self.step;
        }
        if self.keeping_s <= 0.0 {
            self.keeping_s = within(KEEPING_S);
            self.goal_kmh = within(SPEED_KMH);
            if draws.chance(STOPPING) {
                self.goal_kmh = 0.0;
            }
            let Limits {
                accelerating: faster,
                braking: slower,
                ..
            } = *self.limits;
            let (from, to) = if self.goal_kmh > self.kmh {
                faster
            } else {
                slower
            };
            self.most_g = draws.uniform(from, to);
        }
        self.corner_s -= self.step;
        if self.corner_s <= 0.0 {
            self.corner_g = 0.0;
            if draws.chance(self.step / CORNER_EVERY_S) {
                self.corner_s = draws.uniform(CORNER_S.0, CORNER_S.1);
                let (from, to) = self.limits.cornering;
                let sign = if draws.chance(0.5) { 1.0 } else { -1.0 };
                self.corner_g = sign * draws.uniform(from, to);
            }
        }
    }
}
