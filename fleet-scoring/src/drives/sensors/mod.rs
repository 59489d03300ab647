//! The sensors of a synthetic drive: what a device reports of what it feels.

mod fusion;
mod gaps;
mod inertial;
mod mounting;
mod rotation;
mod speed;

pub use mounting::Mounting;

use super::{body::Felt, draws::Draws, drive::DriveOptions, motion::Step};
use crate::evaluation::{Clock, Gravity, Recording};

/// Records a drive. The parameters of the device are drawn.
///
/// The second result lists the gaps without readings, seconds from and to.
pub(crate) fn record(
    options: &DriveOptions,
    steps: &[Step],
    felt: &[Felt],
    mut draws: Draws,
) -> (Recording, Vec<(f64, f64)>) {
    let mounting = options.mounting;
    let seconds = steps.len() as f64 * super::motion::STEP_S;
    let mut gaps = gaps::draw(seconds, &mut draws.branch());
    let times = gaps::times(options.rate_hz, seconds, &gaps, &mut draws.branch());
    let has_speed = draws.chance(mounting.chance_of_speed());
    let gravity = mounting.gravity(&mut draws);
    let mut recording = Recording {
        name: options.name(),
        clock: Clock::Rate(options.rate_hz),
        frame: mounting.frame(),
        gravity,
        acceleration: None,
        turn_rate: None,
        yaw_rate: None,
        speed: None,
        class: Some(options.class),
    };
    if mounting != Mounting::SpeedAlone {
        let device = mounting::Device::draw(mounting, gravity == Gravity::Removed, &mut draws);
        let readings = device.read(steps, felt);
        let rate = options.rate_hz;
        let [force, turn] = inertial::record(&readings, rate, &times, &gaps, draws.branch());
        recording.acceleration = Some(force);
        if mounting == Mounting::Earth {
            let [_, _, up] = turn;
            recording.yaw_rate = Some(up);
        } else if rate <= inertial::FASTEST_GYROSCOPE {
            recording.turn_rate = Some(turn);
        }
    }
    let speed = speed::record(steps, &times, draws.branch());
    if has_speed {
        recording.speed = Some(speed);
    }
    if gaps::leaves_out_rows(options.rate_hz) {
        recording.clock = Clock::Times(times);
    }
    if mounting == Mounting::SpeedAlone && !gaps::leaves_out_rows(options.rate_hz) {
        gaps.clear();
    }
    (recording, gaps)
}
