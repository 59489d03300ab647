//! Brings a column with any times to the grid of the detectors.

use ndarray::{Array1, ArrayView1};

use super::{
    cast,
    grid::{Grid, WEIGHT_S},
};

/// Resamples a column to 10 Hz and removes what is faster than about 2 Hz, in one step.
///
/// Each result is the mean of the samples within 0.3 s, weighted by a bell (Hann's window). The
/// filter delays nothing, and needs no rate: times may jitter.
///
/// # Units
/// Seconds; the values keep theirs.
///
/// # Guarantees
/// Any division into chunks gives the same results, bit for bit. A result lies between its
/// samples. Samples that are not finite are missing, as are those whose time is not finite or
/// earlier than one before. A point whose samples weigh less than half a sample each 0.3 s is NaN:
/// a gap stays a gap.
///
/// # Cost
/// Constant memory, if the results are taken.
///
/// # Examples
/// ```
/// use fleet_scoring::signal::Resample;
/// let mut grid = Vec::new();
/// let mut resample = Resample::new(50.0);
/// let times: Vec<f64> = (0..100).map(|n| f64::from(n) / 50.0).collect();
/// resample.push(&times, &[0.25; 100], &mut grid);
/// resample.finish(&mut grid);
/// // The last point is at 2 s, behind the last sample: too few are near.
/// let (last, others) = grid.split_last().unwrap();
/// assert!(others.len() == 20 && last.is_nan());
/// assert!(others.iter().all(|value| (value - 0.25).abs() < 1e-6));
/// ```
#[derive(Clone, Debug)]
pub struct Resample {
    rate: f64,
    grid: Option<Grid<2>>,
    last: f64,
    points: Vec<[f32; 2]>,
}

/// The longest silence that is filled with missing points, seconds. Our choice: a day.
const LONGEST_S: f64 = 86_400.0;

impl Resample {
    /// An operator for a column of about this many samples per second.
    pub fn new(rate_hz: f64) -> Self {
        Self {
            rate: rate_hz,
            grid: None,
            last: f64::NEG_INFINITY,
            points: Vec::new(),
        }
    }

    /// Takes samples with their times, and appends the points that are complete.
    pub fn push(&mut self, times_s: &[f64], values: &[f32], results: &mut Vec<f32>) {
        for (at, value) in times_s.iter().zip(values) {
            let far = self.grid.is_some() && *at - self.last > LONGEST_S;
            if !value.is_finite() || !at.is_finite() || *at < self.last || far {
                continue;
            }
            self.last = *at;
            let grid = self.grid.get_or_insert_with(|| Grid::new(*at));
            grid.add(*at, &[1.0, *value], &mut self.points);
        }
        self.take(results);
    }

    /// Appends the points up to the last sample.
    pub fn finish(&mut self, results: &mut Vec<f32>) {
        if let Some(grid) = &mut self.grid {
            grid.finish(&mut self.points);
        }
        self.take(results);
    }

    fn take(&mut self, results: &mut Vec<f32>) {
        let least = cast::narrow(0.5 * WEIGHT_S * self.rate);
        results.extend(self.points.drain(..).map(|[weight, sum]| {
            if weight >= least && weight > 0.0 {
                sum / weight
            } else {
                f32::NAN
            }
        }));
    }
}

/// Resamples a whole column: what [`Resample`] gives, in one call.
///
/// # Examples
/// ```
/// use fleet_scoring::signal::resample;
/// let times = ndarray::Array1::from_iter((0..100).map(|n| f64::from(n) / 50.0));
/// let values = ndarray::Array1::from_elem(100, 0.25_f32);
/// assert_eq!(resample(times.view(), values.view(), 50.0).len(), 21);
/// ```
pub fn resample(
    times_s: ArrayView1<'_, f64>,
    values: ArrayView1<'_, f32>,
    rate_hz: f64,
) -> Array1<f32> {
    let mut results = Vec::new();
    let mut operator = Resample::new(rate_hz);
    operator.push(&times_s.to_vec(), &values.to_vec(), &mut results);
    operator.finish(&mut results);
    results.into()
}
