//! The motion of a vehicle: what its driver wants, within what engine, gears and tyres can do.

use fleet_core::event::AlertKind;

use super::{
    draws::Draws,
    driver::{Driver, G},
    levels::ClassLevels,
    phase::{Pedals, Phase, Steering},
};

/// Steps of the true motion per second. Our choice: ten or more for each period of a wheel's hop, five or more for the
/// shortest road shock.
pub const STEPS_PER_S: f64 = 200.0;
pub(crate) const STEP_S: f64 = 1.0 / STEPS_PER_S;

/// One step of the true motion.
///
/// # Guarantees
/// The speed is never negative, and the speed of the next step is this one's plus
/// `accel * STEP_S`.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Step {
    /// Speed, m/s.
    pub speed: f64,
    /// Longitudinal acceleration, m/s².
    pub accel: f64,
    /// Lateral acceleration, m/s², positive to the left: speed times yaw rate.
    pub lateral: f64,
    /// Yaw rate, rad/s, positive to the left.
    pub yaw_rate: f64,
    /// Heading, radians clockwise from north.
    pub heading: f64,
    /// Distance driven, m.
    pub distance: f64,
    /// Whether the wheels pass a speed bump.
    pub(crate) bump: bool,
}

/// Steps in which the driver meant to do something harsh.
#[derive(Clone, Debug)]
pub(crate) struct Meant {
    pub(crate) kind: AlertKind,
    pub(crate) first: usize,
    pub(crate) end: usize,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Motion {
    pub(crate) steps: Vec<Step>,
    pub(crate) meant: Vec<Meant>,
}

/// A phase that does not come to its end stops after this time, seconds. Our choice: a truck needs
/// it to reach 90 km/h.
const LONGEST_PHASE_S: f64 = 60.0;
/// How fast lateral acceleration builds up in a turn, seconds to its full value. Our choice: the
/// quarter turn of a steering wheel.
const STEER_S: f64 = 0.8;
/// Shares of the speed range at which gears change, for about six gears. Our choice.
const SHIFTS: [f64; 5] = [0.14, 0.26, 0.40, 0.56, 0.74];
/// The top of that range, m/s. Our choice: first gear to 18 km/h, second to 34, third to 52.
const SHIFT_RANGE: f64 = 36.0;

/// A vehicle on its way.
#[derive(Debug)]
struct Moving {
    levels: ClassLevels,
    draws: Draws,
    /// W/kg.
    power: f64,
    gears: Option<f64>,
    now: Step,
    /// The acceleration that the drive train and brakes apply, m/s².
    applied: f64,
    wobble: f64,
    /// Steps left in which a gear is changed, and the share of the acceleration that remains.
    shift: (u32, f64),
}

/// Drives for some seconds.
pub(crate) fn drive(
    levels: ClassLevels,
    driver: &mut Driver,
    seconds: f64,
    mut draws: Draws,
) -> Motion {
    let mut motion = Motion::default();
    let (least, most) = levels.power;
    let power = draws.within(least, most);
    let geared = !draws.chance(levels.electric);
    let mut moving = Moving {
        levels,
        power,
        gears: geared.then(|| draws.within(0.8, 1.2)),
        now: Step {
            speed: driver.first_speed(),
            heading: draws.within(0.0, std::f64::consts::TAU),
            ..Step::default()
        },
        applied: 0.0,
        wobble: 0.0,
        shift: (0, 1.0),
        draws,
    };
    let wanted = seconds * STEPS_PER_S;
    while (motion.steps.len() as f64) < wanted {
        for phase in driver.next(moving.now.speed) {
            moving.go(&phase, &mut motion);
        }
    }
    motion
}

impl Moving {
    fn go(&mut self, phase: &Phase, motion: &mut Motion) {
        let first = motion.steps.len();
        let turned_before = self.now.heading;
        let mut elapsed = 0.0;
        while elapsed < LONGEST_PHASE_S && !self.is_over(phase, elapsed, turned_before) {
            let wanted = self.wanted(phase);
            let lateral = self.wanted_lateral(phase, elapsed, turned_before);
            self.now.bump = phase.bump && (0.3..0.6).contains(&elapsed);
            motion.steps.push(self.step(wanted, lateral, phase.lag_s));
            elapsed += STEP_S;
        }
        if let Some(kind) = phase.harsh.clone() {
            motion.meant.push(Meant {
                kind,
                first,
                end: motion.steps.len(),
            });
        }
    }

    fn is_over(&self, phase: &Phase, elapsed: f64, turned_before: f64) -> bool {
        match (phase.steering, phase.pedals) {
            (Steering::Turn { angle, .. }, _) => {
                self.now.speed < 0.5
                    || elapsed > 25.0
                    || (self.now.heading - turned_before).abs() >= angle
                        && self.now.lateral.abs() < 0.1
            }
            (Steering::Swerve { seconds, .. }, _) => elapsed >= seconds,
            (Steering::Straight, Pedals::To { accel, speed }) if accel < 0.0 => {
                self.now.speed <= speed
            }
            (Steering::Straight, Pedals::To { speed, .. }) => self.now.speed >= speed,
            (Steering::Straight, Pedals::Hold { seconds, .. }) => elapsed >= seconds,
        }
    }

    fn wanted(&mut self, phase: &Phase) -> f64 {
        match phase.pedals {
            Pedals::To { accel, .. } => accel,
            Pedals::Hold { speed, wobble, .. } => {
                // A slow random wobble, correlated over 3 s, as a foot and traffic make it.
                let kept = 1.0 - STEP_S / 3.0;
                let fresh = (1.0 - kept * kept).sqrt();
                self.wobble = kept * self.wobble + fresh * self.draws.noise();
                let back = (0.3 * (speed - self.now.speed)).clamp(-0.8, 0.5);
                let wanted = back + wobble * self.wobble.clamp(-2.5, 2.5);
                if speed == 0.0 {
                    wanted.min(-0.5)
                } else {
                    wanted
                }
            }
        }
    }

    fn wanted_lateral(&self, phase: &Phase, elapsed: f64, turned_before: f64) -> f64 {
        match phase.steering {
            Steering::Straight => 0.0,
            Steering::Swerve { lateral, seconds } => {
                lateral * (std::f64::consts::TAU * elapsed / seconds).sin()
            }
            Steering::Turn { lateral, angle } => {
                // Straightens so early that the wheels are straight when the angle is reached.
                let left = angle - (self.now.heading - turned_before).abs();
                let straightening = self.now.yaw_rate.abs() * STEER_S / 2.0;
                if left <= straightening { 0.0 } else { lateral }
            }
        }
    }

    fn step(&mut self, wanted: f64, wanted_lateral: f64, lag_s: f64) -> Step {
        let shifting = self.shift_gears(wanted);
        let most = self.power / self.now.speed.max(1.0);
        let wanted = (wanted * shifting).min(most);
        let lag_s = if shifting < 1.0 { 0.08 } else { lag_s };
        self.applied += (wanted - self.applied) * STEP_S / lag_s;
        let before = self.now.speed;
        let next = (before + self.applied * STEP_S).max(0.0);
        if next == 0.0 {
            self.applied = self.applied.max(0.0);
        }
        self.now.accel = (next - before) / STEP_S;

        let slew = (wanted_lateral.abs().max(self.now.lateral.abs()).max(1.0)) / STEER_S * STEP_S;
        let change = (wanted_lateral - self.now.lateral).clamp(-slew, slew);
        let tightest = before * before / self.levels.radius_m;
        self.now.lateral = (self.now.lateral + change).clamp(-tightest, tightest);
        self.now.yaw_rate = if before > 0.0 {
            self.now.lateral / before
        } else {
            0.0
        };
        let step = self.now;
        self.now.speed = next;
        self.now.heading -= self.now.yaw_rate * STEP_S;
        self.now.distance += before * STEP_S;
        step
    }

    /// The share of the wanted acceleration that the gears let through. A change of gears notches
    /// an acceleration for 0.3 to 0.8 s.
    fn shift_gears(&mut self, wanted: f64) -> f64 {
        let Some(stretch) = self.gears else {
            return 1.0;
        };
        let (left, share) = self.shift;
        if left > 0 {
            self.shift.0 -= 1;
            return if wanted > 0.0 { share } else { 1.0 };
        }
        let next = self.now.speed + self.now.accel * STEP_S;
        let crossed = SHIFTS
            .iter()
            .map(|share| share * SHIFT_RANGE * stretch)
            .any(|shift| self.now.speed < shift && next >= shift);
        if crossed && wanted > 0.05 * G {
            let steps = self.draws.within(0.3, 0.8) * STEPS_PER_S;
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "between 60 and 160 steps"
            )]
            let steps = steps as u32;
            self.shift = (steps, self.draws.within(0.0, 0.35));
        }
        1.0
    }
}
