//! Jerk: how fast an acceleration changes.

use ndarray::{Array1, ArrayView1};

use super::{STEP_S, cast};

/// The jerk of an acceleration on the grid of [`resample`](super::resample), by the difference of
/// both neighbours.
///
/// It belongs to that filter: raw samples would give the jerk of their noise.
///
/// # Units
/// Acceleration in g gives g/s.
///
/// # Guarantees
/// Any division into chunks gives the same results, bit for bit. The first and the last sample,
/// and the neighbours of missing ones, have no jerk (NaN).
///
/// # Examples
/// ```
/// use fleet_scoring::signal::jerk;
/// let acceleration = ndarray::array![0.0_f32, 0.0, 0.25, 0.5, 0.5];
/// let jerk = jerk(acceleration.view());
/// assert!(jerk[0].is_nan() && jerk[4].is_nan());
/// assert_eq!((jerk[1], jerk[2]), (1.25, 2.5));
/// ```
pub fn jerk(acceleration: ArrayView1<'_, f32>) -> Array1<f32> {
    let mut results = Vec::with_capacity(acceleration.len());
    let mut operator = Jerk::default();
    operator.push(&acceleration.to_vec(), &mut results);
    operator.finish(&mut results);
    results.into()
}

/// The operator behind [`jerk`], for samples that arrive in chunks.
///
/// # Cost
/// Constant memory: two samples.
///
/// # Examples
/// ```
/// use fleet_scoring::signal::Jerk;
/// let (mut results, mut jerk) = (Vec::new(), Jerk::default());
/// jerk.push(&[0.0, 0.0], &mut results);
/// jerk.push(&[0.25], &mut results);
/// assert_eq!(results[1], 1.25);
/// ```
#[derive(Clone, Debug, Default)]
pub struct Jerk {
    before: Option<f32>,
    here: Option<f32>,
}

impl Jerk {
    /// Takes samples, and appends the jerk of those whose later neighbour is known.
    pub fn push(&mut self, acceleration: &[f32], results: &mut Vec<f32>) {
        for after in acceleration {
            if self.here.is_some() {
                let before = self.before.unwrap_or(f32::NAN);
                results.push((after - before) / cast::narrow(2.0 * STEP_S));
            }
            self.before = self.here;
            self.here = Some(*after);
        }
    }

    /// Appends that of the last sample, which is missing.
    pub fn finish(&mut self, results: &mut Vec<f32>) {
        if self.here.take().is_some() {
            results.push(f32::NAN);
        }
    }
}
