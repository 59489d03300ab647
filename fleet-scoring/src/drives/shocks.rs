//! Road shocks: potholes, joints, manhole covers, speed bumps.

use super::{
    draws::Draws,
    motion::{STEP_S, Step},
};

/// One shock under way.
#[derive(Clone, Copy, Debug)]
struct Shock {
    elapsed: f64,
    seconds: f64,
    /// Forward, left and up, g.
    peak: [f64; 3],
}

/// Shocks as they come.
#[derive(Debug)]
pub(crate) struct Shocks {
    per_metre: f64,
    current: Option<Shock>,
    over_bump: bool,
}

impl Shocks {
    /// 0.3 to 4 shocks for each kilometre. Our choice.
    pub(crate) fn new(draws: &mut Draws) -> Self {
        Self {
            per_metre: draws.within(0.3, 4.0) / 1000.0,
            current: None,
            over_bump: false,
        }
    }

    /// The force forward, left and up, g, and the pitch, radians, that the road adds.
    pub(crate) fn step(&mut self, step: &Step, draws: &mut Draws) -> [f64; 4] {
        let onto_bump = step.bump && !self.over_bump;
        self.over_bump = step.bump;
        if onto_bump {
            // The front wheels are lifted by some 7 cm over a wheelbase of 2.7 m.
            self.current = Some(Shock {
                elapsed: 0.0,
                seconds: draws.within(0.12, 0.25),
                peak: [-draws.within(0.05, 0.25), 0.0, draws.within(0.25, 0.5)],
            });
        } else if step.speed > 1.0 && draws.chance(self.per_metre * step.speed * STEP_S) {
            self.current = Some(hole(step.speed, draws));
        }
        let lifted = if step.bump { 0.025 } else { 0.0 };
        let Some(shock) = &mut self.current else {
            return [0.0, 0.0, 0.0, lifted];
        };
        let share = shock.elapsed / shock.seconds;
        shock.elapsed += STEP_S;
        let [forward, left, up] = shock.peak;
        if share >= 1.0 {
            self.current = None;
            return [0.0, 0.0, 0.0, lifted];
        }
        // Down into the hole, then up against its edge; the wheel is pushed back and rebounds.
        let bounce = -(std::f64::consts::TAU * share).sin();
        let push = (std::f64::consts::TAU * share).sin();
        [forward * push, left * push, up * bounce, lifted]
    }
}

/// A shock of about 0.6 g for 20 to 100 ms; gentler when slow.
fn hole(speed: f64, draws: &mut Draws) -> Shock {
    let slow = (speed / 8.0).min(1.0);
    let up = draws.log_normal(0.6, 0.35).min(1.6) * slow;
    Shock {
        elapsed: 0.0,
        seconds: draws.within(0.02, 0.1),
        peak: [
            -up * draws.within(0.1, 0.9),
            up * draws.within(-0.4, 0.4),
            up,
        ],
    }
}
