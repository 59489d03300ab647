//! How a device is mounted, and what that does to its axes.

use super::{
    fusion::Fusion,
    rotation::{Rotation, Vector, cross, dot, plus, unit},
};
use crate::{
    drives::{
        body::Felt,
        draws::Draws,
        motion::{STEP_S, Step},
    },
    evaluation::{Frame, Gravity},
};

/// How a device is mounted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Mounting {
    /// Along the axes of the vehicle, up to 4 degrees off; three in ten are turned by up to 15
    /// degrees about the upward axis, as a holder that faces the driver is. Our choice.
    Vehicle,
    /// In any position, unknown to whoever reads the samples.
    Unknown,
    /// In any position; the device reports east, north and up by its own compass.
    Earth,
    /// No accelerometer: the speed of a satellite receiver or of the vehicle's bus.
    SpeedAlone,
}

impl Mounting {
    /// All mountings.
    pub const ALL: [Self; 4] = [Self::Vehicle, Self::Unknown, Self::Earth, Self::SpeedAlone];

    /// The word in tables.
    pub const fn as_word(self) -> &'static str {
        match self {
            Self::Vehicle => "vehicle",
            Self::Unknown => "unknown",
            Self::Earth => "earth",
            Self::SpeedAlone => "speed",
        }
    }

    pub(super) const fn frame(self) -> Frame {
        match self {
            Self::Vehicle | Self::SpeedAlone => Frame::Vehicle,
            Self::Unknown => Frame::Device,
            Self::Earth => Frame::Earth,
        }
    }

    /// Our choice: recordings in the earth frame often come without a speed.
    pub(super) const fn chance_of_speed(self) -> f64 {
        match self {
            Self::Vehicle => 0.85,
            Self::Unknown => 0.8,
            Self::Earth => 0.5,
            Self::SpeedAlone => 1.0,
        }
    }

    /// Whether the device subtracts gravity. Only a fusion can report the earth frame. Our choice
    /// for the others.
    pub(super) fn gravity(self, draws: &mut Draws) -> Gravity {
        let removed = match self {
            Self::Earth | Self::SpeedAlone => true,
            Self::Vehicle => draws.chance(0.3),
            Self::Unknown => draws.chance(0.4),
        };
        if removed {
            Gravity::Removed
        } else {
            Gravity::Included
        }
    }
}

/// The error of a compass, radians, as a function of the heading: a constant part (the vehicle's
/// magnetism as the device lies), and parts that turn with the vehicle once and twice.
#[derive(Clone, Copy, Debug)]
struct Compass {
    offset: f64,
    once: (f64, f64),
    twice: (f64, f64),
}

impl Compass {
    /// Its errors reach 20 to 30 degrees at the worst heading of most devices.
    fn draw(draws: &mut Draws) -> Self {
        let mut part = |deviation: f64| {
            let size = (deviation * draws.normal()).clamp(-2.0 * deviation, 2.0 * deviation);
            (size.to_radians(), draws.within(0.0, std::f64::consts::TAU))
        };
        let (offset, _) = part(12.0);
        Self {
            offset,
            once: part(14.0),
            twice: part(4.0),
        }
    }

    fn error(&self, heading: f64) -> f64 {
        let ((once, first), (twice, second)) = (self.once, self.twice);
        self.offset + once * (heading + first).sin() + twice * (2.0 * heading + second).sin()
    }
}

/// What a device reads in one step: force, g, and turn, rad/s, along its axes or the earth's.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Reading {
    pub(super) force: Vector,
    pub(super) turn: Vector,
}

/// One device: its rotation, its gyroscope, its fusion.
#[derive(Debug)]
pub(super) struct Device {
    mounting: Mounting,
    rotation: Rotation,
    /// rad/s, along the device's axes.
    gyroscope_bias: Vector,
    /// The time constant of the fusion, seconds, where gravity is removed.
    fusion_s: Option<f64>,
    compass: Compass,
}

impl Device {
    /// The bias of the gyroscope is 0.2 to 0.7 deg/s, as phones have it before they calibrate; the
    /// fusion takes 2 to 10 s (our choice: "seconds").
    pub(super) fn draw(mounting: Mounting, removed: bool, draws: &mut Draws) -> Self {
        let rotation = match mounting {
            Mounting::Vehicle if draws.chance(0.3) => {
                Rotation::about_up(draws.within(-15.0, 15.0_f64).to_radians())
            }
            Mounting::Vehicle => Rotation::small(draws.within(0.0, 4.0_f64).to_radians(), draws),
            _ => Rotation::any(draws),
        };
        let bias = draws.within(0.2, 0.7_f64).to_radians();
        let direction = unit([draws.normal(), draws.normal(), draws.normal()]);
        Self {
            mounting,
            rotation,
            gyroscope_bias: direction.map(|part| part * bias),
            fusion_s: removed.then(|| draws.within(2.0, 10.0)),
            compass: Compass::draw(draws),
        }
    }

    pub(super) fn read(&self, steps: &[Step], felt: &[Felt]) -> Vec<Reading> {
        let Some(first) = felt.first() else {
            return Vec::new();
        };
        // The device has been on for a while: it knows where up is, but for what it feels now.
        let mut fusion = Fusion::new(
            self.fusion_s.unwrap_or(1.0),
            self.rotation.apply(first.force),
        );
        let along = steps.iter().zip(felt);
        along
            .map(|(step, felt)| self.reading(step, felt, &mut fusion))
            .collect()
    }

    fn reading(&self, step: &Step, felt: &Felt, fusion: &mut Fusion) -> Reading {
        let force = self.rotation.apply(felt.force);
        let turn = plus(self.rotation.apply(felt.turn), 1.0, self.gyroscope_bias);
        if self.fusion_s.is_none() {
            return Reading { force, turn };
        }
        let (linear, up) = fusion.step(force, turn, STEP_S);
        if self.mounting != Mounting::Earth {
            return Reading {
                force: linear,
                turn,
            };
        }
        // The true front, levelled by the device's idea of up, then turned by its idea of north.
        let front = self.rotation.apply([1.0, 0.0, 0.0]);
        let front = unit(plus(front, -dot(front, up), up));
        let left = cross(up, front);
        let (sine, cosine) = (step.heading + self.compass.error(step.heading)).sin_cos();
        let level = |vector: Vector| {
            let (ahead, aside) = (dot(vector, front), dot(vector, left));
            [
                ahead * sine - aside * cosine,
                ahead * cosine + aside * sine,
                dot(vector, up),
            ]
        };
        Reading {
            force: level(linear),
            turn: level(turn),
        }
    }
}
