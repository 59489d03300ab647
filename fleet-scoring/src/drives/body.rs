//! The body over the wheels: pitch and roll, heave, wheel hop, road shocks, vibration, slope. From
//! the motion of a vehicle it makes the forces and turns that a sensor in it feels.

use super::{
    draws::Draws,
    driver::G,
    motion::{STEP_S, Step},
    resonator::Resonator,
    shocks::Shocks,
    slope::Slope,
};

/// What an ideal sensor with the axes of the body feels in one step.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Felt {
    /// Specific force forward, left, up, g: 1 g up at rest.
    pub(crate) force: [f64; 3],
    /// Rates of turn about these axes, rad/s.
    pub(crate) turn: [f64; 3],
}

/// The body of one vehicle.
///
/// Pitch, roll and heave ring at 1 to 1.5 Hz, wheels hop at 10 to 15 Hz (textbook values for cars).
/// The rest is our choice, after recordings of phones in cars, whose vertical noise at 100 km/h is
/// 0.03 to 0.1 g.
#[derive(Debug)]
struct Body {
    pitch: Resonator,
    roll: Resonator,
    heave: Resonator,
    hop: Resonator,
    /// Radians of pitch and of roll for each g.
    pitch_gain: f64,
    roll_gain: f64,
    /// Deviations of heave, hop and broad noise at 100 km/h, g.
    heave_g: f64,
    hop_g: f64,
    rough_g: f64,
    /// The engine: amplitude, g, the lowest frequency of ignition, Hz, and its phase, cycles.
    engine_g: f64,
    idle_hz: f64,
    cycle: f64,
    slope: Slope,
    shocks: Shocks,
}

/// What the body feels on the way.
pub(crate) fn ride(steps: &[Step], mut draws: Draws) -> Vec<Felt> {
    let ring = |draws: &mut Draws| Resonator::new(draws.within(1.0, 1.5), draws.within(0.2, 0.35));
    let mut body = Body {
        pitch: ring(&mut draws),
        roll: ring(&mut draws),
        heave: ring(&mut draws),
        hop: Resonator::new(draws.within(10.0, 15.0), draws.within(0.1, 0.2)),
        pitch_gain: draws.within(1.5, 4.0_f64).to_radians(),
        roll_gain: draws.within(2.5, 6.0_f64).to_radians(),
        heave_g: draws.within(0.015, 0.05),
        hop_g: draws.within(0.015, 0.05),
        rough_g: draws.within(0.005, 0.03),
        engine_g: draws.within(0.002, 0.015),
        idle_hz: draws.within(22.0, 32.0),
        cycle: 0.0,
        slope: Slope::new(&mut draws),
        shocks: Shocks::new(&mut draws),
    };
    steps
        .iter()
        .map(|step| body.feel(step, &mut draws))
        .collect()
}

impl Body {
    fn feel(&mut self, step: &Step, draws: &mut Draws) -> Felt {
        let (accel, lateral) = (step.accel / G, step.lateral / G);
        // Vibration grows with speed, and is 1 at 100 km/h.
        let road = (step.speed / 27.8).powf(0.8);
        let shock = self.shocks.step(step, draws);

        let kick = shock[2] * 0.1;
        let pitched = self
            .pitch
            .step(self.pitch_gain * (accel + kick) + shock[3], STEP_S);
        let rolled = self.roll.step(self.roll_gain * lateral, STEP_S);
        let mut shaken = |part: &mut Resonator, deviation: f64| {
            let noise = deviation * road * part.unit_noise(STEP_S) * draws.noise();
            part.step(noise + shock[2] * 0.3, STEP_S)
        };
        let heave = shaken(&mut self.heave, self.heave_g);
        let hop = shaken(&mut self.hop, self.hop_g);
        let rough = self.rough_g * road;
        let engine = self.engine(step, accel);

        let (slope, slope_rate) = self.slope.at(step);
        let nose_up = slope + pitched;
        let (pitch_rate, roll_rate) = (slope_rate + self.pitch.rate, self.roll.rate);
        let up = nose_up.cos() * rolled.cos();
        let mut noise = |share: f64| share * rough * draws.noise();
        let forward = accel + nose_up.sin() + 0.3 * hop + 0.1 * heave + noise(0.7) + shock[0];
        let left = lateral + rolled.sin() + 0.2 * hop + noise(0.6) + shock[1];
        Felt {
            force: [
                forward + 0.5 * engine,
                left + 0.5 * engine,
                up + heave + hop + noise(1.0) + engine + shock[2],
            ],
            turn: [roll_rate, -pitch_rate, step.yaw_rate],
        }
    }

    /// The engine shakes at its ignition frequency, which follows speed within a gear.
    fn engine(&mut self, step: &Step, accel: f64) -> f64 {
        let within_gear = (step.speed / 9.0).fract() * step.speed.min(9.0) / 9.0;
        let hz = self.idle_hz * (1.0 + 1.8 * within_gear);
        self.cycle = (self.cycle + hz * STEP_S).fract();
        let load = 0.6 + 4.0 * accel.clamp(0.0, 0.4);
        self.engine_g * load * (std::f64::consts::TAU * self.cycle).sin()
    }
}
