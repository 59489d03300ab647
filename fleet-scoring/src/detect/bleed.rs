//! Brings back what a device took for a tilt.

use super::{
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
pub(super) fn restore(plane: &mut Plane, standing: &[bool], speed: &SpeedTrack) {
    let yaw = plane.yaw.iter().copied().chain(std::iter::repeat(0.0));
    let turns = headings(yaw.map(|yaw| yaw.to_radians() * STEP_S));
    let offsets = offsets(plane);
    let keep = 1.0 - STEP_S / MEMORY_S;
    let mut integral = Vec2::ZERO;
    let points = plane.accel.iter_mut().zip(turns).zip(&plane.sound);
    let taken = points.zip(offsets).map(|(((accel, turn), sound), offset)| {
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

/// The bias of a gyroscope becomes an offset that turns with the vehicle: at each point, the mean
/// over the windows around it. What a device takes for a tilt it gives back, so over a minute and
/// more the mean of what is left is the offset.
fn offsets(plane: &Plane) -> impl Iterator<Item = Vec2> + use<> {
    let window = points_in(OFFSET_S);
    let windows = plane.accel.chunks(window).zip(plane.sound.chunks(window));
    let mut last = Vec2::ZERO;
    let means: Vec<Vec2> = windows
        .map(|(accel, sound)| {
            let (mut sum, mut count) = (Vec2::ZERO, 0.0_f64);
            for (accel, _) in accel.iter().zip(sound).filter(|(_, sound)| **sound) {
                sum += *accel;
                count += 1.0;
            }
            // A short last window says little.
            if count >= window as f64 / 2.0 || last == Vec2::ZERO {
                last = sum * count.max(1.0).recip();
            }
            last
        })
        .collect();
    // Half a window before the first middle, then on straight lines from each middle to the next.
    let half = window / 2;
    let first = means.first().copied().unwrap_or_default();
    let head = std::iter::repeat_n(first, half);
    let lines = (0..means.len()).flat_map(move |number| {
        let from = means.get(number).copied().unwrap_or_default();
        let step = means
            .get(number + 1)
            .map_or(Vec2::ZERO, |to| (*to - from) * (window as f64).recip());
        (0..window).map(move |point| from + step * point as f64)
    });
    head.chain(lines)
}

/// Windows of the offset, seconds. Our choice: many times what a device needs to follow.
const OFFSET_S: f64 = 90.0;
/// The integral forgets in this time, seconds, so that an offset does not add up. Our choice:
/// longer than most manoeuvres, shorter than the drift of gyroscopes. From 6 to 15 s, F1 on the
/// development drives is the same within its interval.
const MEMORY_S: f64 = 8.0;
/// The usual inverse of the time constant, per second: 10 s. Our choice, a careful one: half of
/// what devices have would be brought back at 5 s.
const USUAL: f64 = 0.1;
/// A smaller one is no device's: it was not a standstill.
const LEAST: f64 = 0.04;
/// No device follows faster than within 2 s.
const LARGEST: f64 = 0.5;
/// Standstill says something from this time on, seconds.
const ENOUGH_S: f64 = 10.0;
/// So late is a speed at most, seconds: 2 s, smoothed and interpolated over a second.
const LATEST_S: f64 = 3.5;
/// What lies this close to the ends of a standstill may be motion, seconds.
const EDGE_S: f64 = 0.5;

/// The inverse of the time constant, by least squares over the standstills.
fn share(left: &[Vec2], taken: &[Vec2], standing: &[bool], speed: &SpeedTrack) -> f64 {
    // A late speed says standstill late, and says so when the vehicle moves again.
    let edge = if speed.distance_m().is_some() {
        LATEST_S
    } else {
        EDGE_S
    };
    let edge = points_in(edge);
    let (mut products, mut squares, mut count, mut start) = (0.0, 0.0, 0, 0);
    for run in standing.chunk_by(|a, b| a == b) {
        let end = start + run.len();
        if run.first() == Some(&true) && run.len() > EDGE_POINTS + edge {
            let inside = start + EDGE_POINTS..end - edge;
            let taken = taken.get(inside.clone()).unwrap_or_default();
            let left = left.get(inside).unwrap_or_default();
            // Within a standstill the offset is constant. It is taken off here, since the integral
            // of what is left of it would say that nothing bleeds away.
            let mean = |values: &[Vec2]| {
                let sum = values.iter().fold(Vec2::ZERO, |sum, value| sum + *value);
                sum * (values.len().max(1) as f64).recip()
            };
            let (left_mean, taken_mean) = (mean(left), mean(taken));
            for (left, taken) in left.iter().zip(taken) {
                let (left, taken) = (*left - left_mean, *taken - taken_mean);
                products -= left.dot(taken);
                squares += taken.dot(taken);
            }
            count += taken.len();
        }
        start = end;
    }
    if count < points_in(ENOUGH_S) || squares <= 0.0 {
        return USUAL;
    }
    let share = products / squares;
    if share < LEAST {
        return USUAL;
    }
    share.min(LARGEST)
}

/// The body rings for a while after a stop.
const EDGE_POINTS: usize = 5;

#[cfg(test)]
mod tests {
    use super::*;

    /// What a device shows that takes acceleration for a tilt within so many seconds, and where it
    /// stands: starts, brakes of 4 s at 0.25 g, and stops.
    fn levelled(seconds: f64) -> (Plane, Vec<bool>, Vec<f64>) {
        let (mut plane, mut standing, mut truth) = (Plane::default(), Vec::new(), Vec::new());
        let (mut tilt, parts) = (0.0, [(20.0, 0.0), (5.0, 0.2), (10.0, 0.0), (4.0, -0.25)]);
        for (duration, accel) in parts.into_iter().cycle().take(33) {
            for _ in 0..points_in(duration) {
                let left = accel - tilt;
                tilt += left * STEP_S / seconds;
                plane.accel.push(Vec2::new(0.6 * left, -0.8 * left));
                plane.sound.push(true);
                standing.push(duration > 15.0);
                truth.push(accel);
            }
        }
        (plane, standing, truth)
    }

    #[test]
    fn what_was_taken_for_a_tilt_comes_back_for_devices_that_take_it_fast_and_slowly() {
        for seconds in [2.5, 5.0, 9.0] {
            let (mut plane, standing, truth) = levelled(seconds);
            let error = |plane: &Plane| {
                let along = plane
                    .accel
                    .iter()
                    .map(|accel| 0.6 * accel.x - 0.8 * accel.y);
                let off = along
                    .zip(&truth)
                    .map(|(along, truth)| (along - truth).powi(2));
                (off.sum::<f64>() / truth.len() as f64).sqrt()
            };
            let before = error(&plane);
            restore(&mut plane, &standing, &SpeedTrack::default());
            let after = error(&plane);
            assert!(after < 0.65 * before, "{seconds} s: {before} {after}");
        }
    }
}
