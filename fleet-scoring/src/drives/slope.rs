//! The slope of the road.

use super::{draws::Draws, motion::Step};

/// Hills as a sum of three sines over distance.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Slope {
    /// Steepness (rise over run), wave number (1/m) and phase of each.
    waves: [(f64, f64, f64); 3],
}

/// The steepest road. Our choice: 12 % is the steepest of most public roads.
const STEEPEST: f64 = 0.12;

impl Slope {
    /// Waves of 150 m to 3 km, and a steepness of 0 to 4 % each, mostly small. Our choice.
    pub(crate) fn new(draws: &mut Draws) -> Self {
        let mut wave = |shortest: f64, longest: f64| {
            let steepness = draws.exponential(0.012).min(0.04);
            let length = draws.within(shortest, longest);
            let phase = draws.within(0.0, std::f64::consts::TAU);
            (steepness, std::f64::consts::TAU / length, phase)
        };
        Self {
            waves: [
                wave(150.0, 400.0),
                wave(400.0, 1000.0),
                wave(1000.0, 3000.0),
            ],
        }
    }

    /// The angle, radians, nose up, and its rate, rad/s.
    pub(crate) fn at(&self, step: &Step) -> (f64, f64) {
        let (mut rise, mut bend) = (0.0, 0.0);
        for (steepness, wave, phase) in self.waves {
            let (sine, cosine) = (wave * step.distance + phase).sin_cos();
            rise += steepness * sine;
            bend += steepness * wave * cosine;
        }
        (rise.clamp(-STEEPEST, STEEPEST).atan(), bend * step.speed)
    }
}
