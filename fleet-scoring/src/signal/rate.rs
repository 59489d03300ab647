//! The rate of samples, from their times.

use ndarray::ArrayView1;

use super::cast;

/// Estimates the rate of samples as the median of the intervals between their times.
///
/// The median holds when some intervals are gaps. Intervals are sorted into classes that differ by
/// 2 %, and the result is the mean interval of the middle class.
///
/// # Guarantees
/// Any division into chunks gives the same rate. Repeated and decreasing times are passed over.
///
/// # Cost
/// Constant memory: 1024 classes, from 10 us to 3 hours.
///
/// # Examples
/// ```
/// use fleet_scoring::signal::RateEstimate;
/// let mut estimate = RateEstimate::default();
/// estimate.push(&[0.0, 0.02, 0.04, 9.0, 9.02]);
/// assert!((estimate.rate_hz().unwrap() - 50.0).abs() < 1e-6);
/// ```
#[derive(Clone, Debug)]
pub struct RateEstimate {
    last: Option<f64>,
    /// The number of intervals in each class, and their sum.
    classes: Vec<(u64, f64)>,
    count: u64,
}

const CLASSES: usize = 1024;
const SHORTEST_S: f64 = 1e-5;
/// The natural logarithm of 1.02.
const CLASS_WIDTH: f64 = 0.019_802_627_296_179_7;

impl Default for RateEstimate {
    fn default() -> Self {
        Self {
            last: None,
            classes: vec![(0, 0.0); CLASSES],
            count: 0,
        }
    }
}

impl RateEstimate {
    /// Takes times, in seconds.
    pub fn push(&mut self, times_s: &[f64]) {
        for at in times_s.iter().filter(|at| at.is_finite()) {
            let interval = self.last.map_or(0.0, |last| at - last);
            if self.last.is_none() || interval > 0.0 {
                self.last = Some(*at);
            }
            if interval > 0.0 {
                let class = cast::index((interval / SHORTEST_S).ln() / CLASS_WIDTH);
                if let Some((count, sum)) = self.classes.get_mut(class.min(CLASSES - 1)) {
                    *count += 1;
                    *sum += interval;
                }
                self.count += 1;
            }
        }
    }

    /// Samples per second, or `None` before the second time.
    pub fn rate_hz(&self) -> Option<f64> {
        let mut seen = 0;
        self.classes.iter().find_map(|(count, sum)| {
            seen += count;
            (*count > 0 && seen * 2 >= self.count).then(|| *count as f64 / sum)
        })
    }
}

/// The rate of a whole column of times: what [`RateEstimate`] gives, in one call.
///
/// # Examples
/// ```
/// use fleet_scoring::signal::rate_of;
/// assert_eq!(rate_of(ndarray::array![0.0, 0.5, 1.0, 1.5].view()), Some(2.0));
/// assert_eq!(rate_of(ndarray::array![0.0].view()), None);
/// ```
pub fn rate_of(times_s: ArrayView1<'_, f64>) -> Option<f64> {
    let mut estimate = RateEstimate::default();
    for at in times_s {
        estimate.push(&[*at]);
    }
    estimate.rate_hz()
}
