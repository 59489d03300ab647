//! The attitude fusion of a phone, which makes "linear acceleration" of what it feels.

use super::rotation::{Vector, cross, plus, unit};

/// A complementary filter: follows the gyroscope, and drifts towards what the accelerometer calls
/// down.
///
/// A long acceleration is taken for a tilt, so it bleeds out of the linear acceleration within
/// seconds, and comes back with the other sign when it ends.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fusion {
    up: Vector,
    /// How fast it trusts the accelerometer, seconds.
    seconds: f64,
}

impl Fusion {
    pub(super) fn new(seconds: f64, first: Vector) -> Self {
        Self {
            up: unit(first),
            seconds,
        }
    }

    /// The linear acceleration, g, and the upward axis, from the force, g, and the turn, rad/s.
    pub(super) fn step(&mut self, force: Vector, turn: Vector, step_s: f64) -> (Vector, Vector) {
        let turned = plus(self.up, -step_s, cross(turn, self.up));
        let pulled = plus(force, -1.0, turned);
        self.up = unit(plus(turned, step_s / self.seconds, pulled));
        (plus(force, -1.0, self.up), self.up)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_acceleration_bleeds_away_and_returns_with_the_other_sign() {
        let mut fusion = Fusion::new(4.0, [0.0, 0.0, 1.0]);
        let mut forward = |force: f64, seconds: u32| {
            let mut last = 0.0;
            for _ in 0..seconds * 200 {
                let ([x, _, _], _) = fusion.step([force, 0.0, 1.0], [0.0; 3], 0.005);
                last = x;
            }
            last
        };
        let after_4_s = forward(0.3, 4);
        assert!((0.08..0.15).contains(&after_4_s), "{after_4_s}");
        let released = forward(0.0, 1);
        assert!((-0.25..-0.1).contains(&released), "{released}");
    }

    #[test]
    fn a_turn_of_the_sensor_alone_gives_no_acceleration() {
        let mut fusion = Fusion::new(4.0, [0.0, 0.0, 1.0]);
        let rate = 0.2;
        for step in 1..=400 {
            let angle = rate * f64::from(step) * 0.005;
            // Nose up: the force turns towards the front.
            let force = [angle.sin(), 0.0, angle.cos()];
            let (linear, _) = fusion.step(force, [0.0, -rate, 0.0], 0.005);
            assert!(linear.iter().all(|part| part.abs() < 0.002), "{linear:?}");
        }
    }
}
