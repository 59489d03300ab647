//! The derivative of a noisy signal.

use std::collections::VecDeque;

use ndarray::{Array1, ArrayView1};

/// The slope of a signal at each of its samples, by a straight line of least squares through the
/// samples near it.
///
/// The difference of two neighbours multiplies noise by the rate: a speed in whole km/h at 10 Hz
/// would jump by 0.28 g. A line over a second has a tenth of that.
///
/// # Units
/// The unit of the signal, per second.
///
/// # Guarantees
/// Any division into chunks gives the same slopes, bit for bit. A sample that is not finite has no
/// slope (NaN) and is no part of others. A slope needs a sample on each side within the window, or
/// it is NaN: it is never extrapolated.
///
/// # Cost
/// Constant memory: the samples of one window.
///
/// # Examples
/// ```
/// use fleet_scoring::signal::Slope;
/// let mut slopes = Vec::new();
/// let mut slope = Slope::new(1.0);
/// slope.push(&[0.0, 1.0, 2.0], &[3.0, 5.0, 7.0], &mut slopes);
/// slope.finish(&mut slopes);
/// assert!(slopes[0].is_nan() && slopes[2].is_nan());
/// assert_eq!(slopes[1], 2.0);
/// ```
#[derive(Clone, Debug)]
pub struct Slope {
    half: f64,
    window: VecDeque<(f64, f64)>,
    /// The place in the window of the first sample whose slope is not given.
    next: usize,
}

impl Slope {
    /// An operator with a window that reaches this many seconds to each side.
    pub fn new(half_width_s: f64) -> Self {
        Self {
            half: half_width_s,
            window: VecDeque::new(),
            next: 0,
        }
    }

    /// Takes samples with their times, which must not decrease, and appends the slopes at those
    /// whose window is complete.
    pub fn push(&mut self, times_s: &[f64], values: &[f32], slopes: &mut Vec<f64>) {
        for (at, value) in times_s.iter().zip(values) {
            while let Some((then, _)) = self.window.get(self.next) {
                if *then + self.half >= *at {
                    break;
                }
                self.give(slopes);
            }
            self.window.push_back((*at, f64::from(*value)));
        }
    }

    /// Appends the slopes at the last samples.
    pub fn finish(&mut self, slopes: &mut Vec<f64>) {
        while self.next < self.window.len() {
            self.give(slopes);
        }
    }

    fn give(&mut self, slopes: &mut Vec<f64>) {
        let Some((at, value)) = self.window.get(self.next).copied() else {
            return;
        };
        while let Some((first, _)) = self.window.front() {
            if *first >= at - self.half {
                break;
            }
            self.window.pop_front();
            self.next = self.next.saturating_sub(1);
        }
        self.next += 1;
        slopes.push(if value.is_finite() {
            self.fit(at)
        } else {
            f64::NAN
        });
    }

    fn fit(&self, at: f64) -> f64 {
        let inside = self
            .window
            .iter()
            .filter(|(then, value)| *then <= at + self.half && value.is_finite())
            .map(|(then, value)| (then - at, *value));
        let (mut count, mut sum_t, mut sum_v, mut before, mut after) =
            (0.0, 0.0, 0.0, false, false);
        for (t, v) in inside.clone() {
            count += 1.0;
            sum_t += t;
            sum_v += v;
            before |= t < 0.0;
            after |= t > 0.0;
        }
        if !(before && after) {
            return f64::NAN;
        }
        let (mean_t, mean_v) = (sum_t / count, sum_v / count);
        let (mut tt, mut tv) = (0.0, 0.0);
        for (t, v) in inside {
            tt += (t - mean_t) * (t - mean_t);
            tv += (t - mean_t) * (v - mean_v);
        }
        tv / tt
    }
}

/// The slopes of a whole column: what [`Slope`] gives, in one call.
///
/// # Examples
/// ```
/// use fleet_scoring::signal::slopes;
/// let times = ndarray::array![0.0, 1.0, 2.0];
/// let speed = ndarray::array![3.0_f32, 5.0, 7.0];
/// assert_eq!(slopes(times.view(), speed.view(), 1.0)[1], 2.0);
/// ```
pub fn slopes(
    times_s: ArrayView1<'_, f64>,
    values: ArrayView1<'_, f32>,
    half_width_s: f64,
) -> Array1<f64> {
    let mut results = Vec::with_capacity(values.len());
    let mut operator = Slope::new(half_width_s);
    operator.push(&times_s.to_vec(), &values.to_vec(), &mut results);
    operator.finish(&mut results);
    results.into()
}
