//! A trip under way: the driver's targets, and the samples they lead to.

use fleet_core::{
    event::TripSample,
    units::{Acceleration, Speed, round_decimals},
};

use crate::simulator::draws::Draws;

/// The ranges from which a driver's acceleration, braking and cornering are drawn, g.
pub(super) struct Limits {
    accelerating: (f64, f64),
    braking: (f64, f64),
    cornering: (f64, f64),
}

/// The limits of a calm driver. Our choice: even with noise, below the ±0.4 g and 0.3 g from which
/// FleetFlow counts an event.
pub(super) const CALM: Limits = Limits {
    accelerating: (0.08, 0.25),
    braking: (0.08, 0.3),
    cornering: (0.05, 0.22),
};
/// The limits of a harsh driver. Our choice: about half of the draws exceed ±0.4 g.
pub(super) const HARSH: Limits = Limits {
    accelerating: (0.25, 0.55),
    braking: (0.25, 0.75),
    cornering: (0.15, 0.5),
};
/// The target speeds of a driver, km/h, and how long each is held, seconds. Our choice.
const SPEED_KMH: (f64, f64) = (0.0, 110.0);
const HOLD_S: (f64, f64) = (3.0, 25.0);
/// The share of targets that are a stop instead. Our choice.
const STOPPING: f64 = 0.2;
/// The average time between two corners, and the duration of one, seconds. Our choice.
const CORNER_EVERY_S: f64 = 15.0;
const CORNER_S: (f64, f64) = (1.5, 5.0);
/// How fast an acceleration builds up, g/s. Our choice: full emergency braking within 0.6 s.
const JERK: f64 = 1.2;
/// The amplitude of the sensor's noise, g. Our choice.
const NOISE: f64 = 0.02;
/// One g in km/h/s: standard gravity, 9.80665 m/s².
const KMH_PER_S_PER_G: f64 = 9.80665 * 3.6;

/// A trip under way.
pub(super) struct Trip<'a> {
    limits: &'a Limits,
    /// The time between two samples, seconds.
    step: f64,
    kmh: f64,
    g: f64,
    lateral: f64,
    target_kmh: f64,
    /// The largest acceleration or braking on the way to the target.
    most_g: f64,
    hold_left_s: f64,
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
            target_kmh: 0.0,
            most_g: 0.0,
            // The vehicle is still parked for a moment.
            hold_left_s: draws.uniform(0.0, 2.0),
            corner_g: 0.0,
            corner_s: 0.0,
        }
    }

    pub(super) fn sample(&mut self, draws: &mut Draws) -> TripSample {
        let noise = |draws: &mut Draws| draws.uniform(-NOISE, NOISE);
        self.aim(draws);
        let full = self.step * KMH_PER_S_PER_G;
        let missing = (self.target_kmh - self.kmh) / KMH_PER_S_PER_G;
        // Release in time: it takes a / JERK to end an acceleration a, which changes the speed by
        // a² / 2 JERK meanwhile.
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

    /// Draws a new target once the last one was reached and held, and a corner now and then.
    fn aim(&mut self, draws: &mut Draws) {
        let mut within = |(from, to)| draws.uniform(from, to);
        if (self.target_kmh - self.kmh).abs() < 1.0 {
            self.hold_left_s -= self.step;
        }
        if self.hold_left_s <= 0.0 {
            self.hold_left_s = within(HOLD_S);
            self.target_kmh = within(SPEED_KMH);
            if draws.chance(STOPPING) {
                self.target_kmh = 0.0;
            }
            let (from, to) = if self.target_kmh > self.kmh {
                self.limits.accelerating
            } else {
                self.limits.braking
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
