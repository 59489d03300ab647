//! Brings back what a device took for a tilt.

use super::{
    Frame,
    plane::{Plane, points_in},
    speed::SpeedTrack,
};
use crate::signal::{
    STEP_S,
    vector::{Vec2, headings},
};

/// A device that subtracts gravity follows its accelerometer within seconds, so an acceleration
/// that lasts is taken for a tilt: it bleeds out of the "linear acceleration", and comes back with
/// the other sign when it ends. With the time constant T of that, what was taken is the integral
/// of what is left, divided by T, in a frame that does not turn with the vehicle.
///
/// At standstill there is no acceleration, so what is left there says what 1/T is. Without a
/// standstill it is [`USUAL`].
pub(super) fn restore(plane: &mut Plane, frame: Frame, standing: &[bool], speed: &SpeedTrack) {
    // The frame of the earth does not turn with the vehicle, but for the error of a compass.
    let turning = if frame == Frame::Earth { 0.0 } else { 1.0 };
    let yaw = plane.yaw.iter().map(|yaw| turning * yaw);
    let yaw = yaw.chain(std::iter::repeat(0.0));
    let turns = headings(yaw.map(|yaw| yaw.to_radians() * STEP_S));
    // The bias of a gyroscope becomes an offset that turns with the vehicle.
    let (mut offset, mut count) = (Vec2::ZERO, 0.0);
    for (accel, sound) in plane.accel.iter().zip(&plane.sound) {
        if *sound {
            offset += *accel;
            count += 1.0;
        }
    }
    let offset = offset * (1.0_f64 / f64::max(count, 1.0));
    let keep = 1.0 - STEP_S / MEMORY_S;
    let mut integral = Vec2::ZERO;
    let points = plane.accel.iter_mut().zip(turns).zip(&plane.sound);
    let taken = points.map(|((accel, turn), sound)| {
        *accel = *accel - offset;
        // Half of this point's share before it is looked at, half after.
        let half = if *sound {
            accel.turned_by(turn) * (STEP_S / 2.0)
        } else {
            Vec2::ZERO
        };
        integral = (integral + half) * keep;
        let here = integral.turned_back(turn);
        integral += half;
        here
    });
    let taken: Vec<Vec2> = taken.collect();
    let share = share(&plane.accel, &taken, standing, speed);
    for (accel, taken) in plane.accel.iter_mut().zip(taken) {
        *accel += taken * share;
    }
}

/// The integral forgets in this time, seconds, so that an offset does not add up. Our choice:
/// longer than manoeuvres, shorter than the drift of gyroscopes.
const MEMORY_S: f64 = 15.0;
/// The usual inverse of the time constant, per second: 10 s. Our choice, a careful one: half of
/// what devices have would be brought back at 5 s.
const USUAL: f64 = 0.1;
/// No device follows faster than within 2 s.
const LARGEST: f64 = 0.5;
/// Standstill says something from this time on, seconds.
const ENOUGH_S: f64 = 10.0;
/// What lies this close to the ends of a standstill may be motion, seconds.
const EDGE_S: f64 = 0.5;

/// The inverse of the time constant, by least squares over the standstills.
fn share(left: &[Vec2], taken: &[Vec2], standing: &[bool], speed: &SpeedTrack) -> f64 {
    // A late speed says standstill late, and says so when the vehicle moves again.
    let edge = if speed.distance_m().is_some() {
        4.0 * EDGE_S
    } else {
        EDGE_S
    };
    let edge = points_in(edge);
    let (mut products, mut squares, mut count, mut start) = (0.0, 0.0, 0, 0);
    for run in standing.chunk_by(|a, b| a == b) {
        let end = start + run.len();
        if run.first() == Some(&true) && run.len() > 2 * edge {
            let inside = start + EDGE_POINTS..end - edge;
            let taken = taken.get(inside.clone()).unwrap_or_default();
            let left = left.get(inside).unwrap_or_default();
            for (left, taken) in left.iter().zip(taken) {
                products -= left.dot(*taken);
                squares += taken.dot(*taken);
            }
            count += taken.len();
        }
        start = end;
    }
    if count < points_in(ENOUGH_S) || squares <= 0.0 {
        return USUAL;
    }
    (products / squares).clamp(0.0, LARGEST)
}

/// The body rings for a while after a stop.
const EDGE_POINTS: usize = 5;
