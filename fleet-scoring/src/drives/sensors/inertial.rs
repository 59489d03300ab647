//! The accelerometer and the gyroscope: bandwidth, rate, bias, noise, clipping.

use super::{gaps, mounting::Reading};
use crate::drives::{
    draws::Draws,
    motion::{STEP_S, STEPS_PER_S},
};

/// Fast recorders are accelerometers without a gyroscope, samples per second.
pub(super) const FASTEST_GYROSCOPE: f64 = 1000.0;

type Axes = [Vec<f32>; 3];

/// One axis of a sensor.
#[derive(Clone, Copy, Debug)]
struct Axis {
    bias: f64,
    noise: f64,
    /// Readings beyond are cut off.
    range: f64,
    /// The smallest step between readings.
    step: f64,
    /// The share of the difference that two low-pass filters let through in each step.
    pass: f64,
    filtered: Option<[f64; 2]>,
}

/// Forces, g, and rates of turn, deg/s, at the given times.
pub(super) fn record(
    readings: &[Reading],
    rate_hz: f64,
    times: &[f64],
    silent: &[(f64, f64)],
    mut draws: Draws,
) -> [Axes; 2] {
    let pass = bandwidth(rate_hz, &mut draws);
    // Bias, noise, range and resolution of the accelerometers of phones and trackers; the piezo
    // sensors of fast recorders are noisier for their bandwidth.
    let fast = rate_hz > STEPS_PER_S;
    let noise = if fast {
        draws.within(0.01, 0.04)
    } else {
        draws.within(0.002, 0.012)
    };
    let range = if draws.chance(0.6) { 2.0 } else { 4.0 };
    let bias = draws.within(0.003, 0.03);
    let mut force = || Axis {
        bias: bias * draws.normal().clamp(-2.0, 2.0),
        noise,
        range,
        step: range / 32_768.0,
        pass,
        filtered: None,
    };
    let force = [force(), force(), force()];
    let turn = Axis {
        bias: 0.0,
        noise: draws.within(0.02, 0.3),
        range: 250.0,
        step: 250.0 / 32_768.0,
        pass,
        filtered: None,
    };
    let accelerations = three(force, readings, times, silent, &mut draws, |r| r.force);
    if rate_hz > FASTEST_GYROSCOPE {
        return [accelerations, Axes::default()];
    }
    let degrees = |reading: &Reading| reading.turn.map(f64::to_degrees);
    let turns = three([turn; 3], readings, times, silent, &mut draws, degrees);
    [accelerations, turns]
}

fn three(
    axes: [Axis; 3],
    readings: &[Reading],
    times: &[f64],
    silent: &[(f64, f64)],
    draws: &mut Draws,
    of: impl Fn(&Reading) -> [f64; 3],
) -> Axes {
    let mut number = 0;
    axes.map(|mut axis| {
        let mut samples: Vec<f64> = Vec::with_capacity(readings.len());
        samples.extend(readings.iter().filter_map(|reading| {
            let value = *of(reading).get(number)?;
            Some(axis.filter(value))
        }));
        number += 1;
        let at = |time: f64| axis.sample(&samples, time, draws);
        times.iter().copied().map(with_gaps(silent, at)).collect()
    })
}

/// NaN in gaps, else the reading.
fn with_gaps(silent: &[(f64, f64)], mut read: impl FnMut(f64) -> f32) -> impl FnMut(f64) -> f32 {
    move |at| {
        if gaps::within(silent, at) {
            f32::NAN
        } else {
            read(at)
        }
    }
}

/// What the filters of a sensor let through. At 50 and 100 Hz sensors filter to 20 to 45 % of their
/// rate; a tracker that reports one sample each second takes it from a fast sensor as it is, so the
/// sample aliases.
fn bandwidth(rate_hz: f64, draws: &mut Draws) -> f64 {
    if rate_hz > STEPS_PER_S {
        return 1.0;
    }
    let hz = if rate_hz < 5.0 {
        draws.within(20.0, 80.0)
    } else {
        draws.within(0.2, 0.45) * rate_hz
    };
    1.0 - (-std::f64::consts::TAU * hz * STEP_S).exp()
}

impl Axis {
    fn filter(&mut self, value: f64) -> f64 {
        let [first, second] = self.filtered.unwrap_or([value; 2]);
        let first = first + self.pass * (value - first);
        let second = second + self.pass * (first - second);
        self.filtered = Some([first, second]);
        second
    }

    /// The reading at a time, between two steps by a straight line.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "times are not negative, and readings are f32"
    )]
    fn sample(&self, samples: &[f64], time: f64, draws: &mut Draws) -> f32 {
        let place = (time * STEPS_PER_S).max(0.0);
        let before = place as usize;
        let (Some(low), Some(last)) = (samples.get(before), samples.last()) else {
            return samples.last().map_or(f32::NAN, |last| *last as f32);
        };
        let high = samples.get(before + 1).unwrap_or(last);
        let between = low + (high - low) * place.fract();
        let read = (between + self.bias + self.noise * draws.noise()) / self.step;
        (read.round() * self.step).clamp(-self.range, self.range) as f32
    }
}
