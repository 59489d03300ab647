//! The speed of a satellite receiver or of the vehicle's bus.

use crate::drives::{
    draws::Draws,
    motion::{STEP_S, STEPS_PER_S, Step},
};

/// How a slow speed is written beside faster samples.
#[derive(Clone, Copy, Debug)]
enum Between {
    Missing,
    Repeated,
    Interpolated,
}

/// The speed, km/h, at the given times.
///
/// A receiver reports once a second what was 0.5 to 2 s ago, smoothed over 0.2 to 0.6 s, with an
/// error of 0.05 to 0.25 m/s, and nothing in tunnels. One in five speeds comes from the vehicle's
/// bus: whole km/h, 0.1 to 0.4 s late. The shares and the other ranges are our choice.
pub(super) fn record(steps: &[Step], times: &[f64], mut draws: Draws) -> Vec<f32> {
    let receiver = draws.chance(0.8);
    let late = if receiver {
        draws.within(0.5, 2.0)
    } else {
        draws.within(0.1, 0.4)
    };
    let noise = draws.within(0.05, 0.25);
    let smooth = STEP_S / draws.within(0.2, 0.6);
    let between = [
        (0.3, Between::Missing),
        (0.3, Between::Repeated),
        (0.4, Between::Interpolated),
    ];
    let between = draws.weighted(&between, Between::Interpolated);
    let mut smoothed = steps.first().map_or(0.0, |step| step.speed);
    let speeds: Vec<f64> = steps
        .iter()
        .map(|step| {
            smoothed += if receiver { smooth } else { 1.0 } * (step.speed - smoothed);
            smoothed
        })
        .collect();
    let seconds = steps.len() as f64 * STEP_S;
    let mut fixes = Vec::new();
    let mut at = draws.within(0.0, 0.2);
    let mut tunnel = draws.exponential(900.0);
    while at < seconds {
        if receiver && at > tunnel {
            at += draws.within(5.0, 40.0);
            tunnel = at + draws.exponential(900.0);
            continue;
        }
        let metres = at_time(&speeds, at - late);
        let kmh = if receiver {
            // Receivers report a small noise as a standstill.
            let noisy = metres + noise * draws.noise();
            if noisy < 0.3 { 0.0 } else { noisy * 3.6 }
        } else {
            (metres * 3.6).round()
        };
        fixes.push((at, kmh));
        at += 1.0;
    }
    fill(&fixes, times, between)
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the place is not negative"
)]
fn at_time(speeds: &[f64], at: f64) -> f64 {
    let place = (at * STEPS_PER_S).max(0.0) as usize;
    let last = speeds.last().copied().unwrap_or(0.0);
    speeds.get(place).copied().unwrap_or(last)
}

/// Fixes further apart than this are not joined, seconds.
const BRIDGE_S: f64 = 2.5;

#[expect(clippy::cast_possible_truncation, reason = "readings are f32")]
fn fill(fixes: &[(f64, f64)], times: &[f64], between: Between) -> Vec<f32> {
    let mut left = fixes.iter().copied().peekable();
    let mut last: Option<(f64, f64)> = None;
    times
        .iter()
        .map(|time| {
            let mut fresh = false;
            while let Some(fix) = left.next_if(|(at, _)| at <= time) {
                last = Some(fix);
                fresh = true;
            }
            let Some((at, kmh)) = last else {
                return f32::NAN;
            };
            if fresh {
                return kmh as f32;
            }
            match (between, left.peek()) {
                (Between::Repeated, _) if time - at < BRIDGE_S => kmh as f32,
                (Between::Interpolated, Some((next, then))) if next - at < BRIDGE_S => {
                    (kmh + (then - kmh) * (time - at) / (next - at)) as f32
                }
                _ => f32::NAN,
            }
        })
        .collect()
}
