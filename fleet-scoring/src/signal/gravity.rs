//! Which way is up in a sensor, and whether its mounting has changed.

use super::vector::{Vec3, dot3, unit3};

/// The mean acceleration of a sensor that is fixed to a vehicle: gravity.
///
/// Over half a minute and more, what a vehicle speeds up it slows down again, so the mean of the
/// whole vector is gravity, as a resting sensor would show it (upwards). A recursive low pass
/// would follow each longer manoeuvre.
///
/// # Units
/// Any unit of acceleration; [`Self::per_g`] finds it.
///
/// # Examples
/// ```
/// use fleet_scoring::signal::Gravity;
/// let mut gravity = Gravity::default();
/// gravity.add([0.0, 4.9, 8.5]);
/// assert!((gravity.tilt_deg().unwrap() - 29.96).abs() < 0.01);
/// assert_eq!(gravity.per_g(), Some(9.80665));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Gravity {
    sum: Vec3,
    count: u64,
}

/// Standard gravity, m/s².
pub(crate) const STANDARD: f64 = 9.806_65;

impl Gravity {
    /// Adds an acceleration, filtered or not. One that is not finite is missing.
    pub fn add(&mut self, acceleration: [f64; 3]) {
        if acceleration.iter().all(|axis| axis.is_finite()) {
            for (sum, axis) in self.sum.iter_mut().zip(acceleration) {
                *sum += axis;
            }
            self.count += 1;
        }
    }

    /// Adds what another part of the recording has.
    pub fn merge(&mut self, other: &Self) {
        for (sum, axis) in self.sum.iter_mut().zip(other.sum) {
            *sum += axis;
        }
        self.count += other.count;
    }

    /// The mean of the accelerations.
    pub fn mean(&self) -> Option<[f64; 3]> {
        (self.count > 0).then(|| self.sum.map(|axis| axis / self.count as f64))
    }

    /// The direction that is up, if gravity is part of the signal: at least a third of it.
    pub fn up(&self) -> Option<[f64; 3]> {
        self.per_g().and_then(|_| unit3(self.sum))
    }

    /// The angle between the third axis of the sensor and the vertical, degrees.
    pub fn tilt_deg(&self) -> Option<f64> {
        self.up()
            .map(|[.., z]| z.clamp(-1.0, 1.0).acos().to_degrees())
    }

    /// The angle between two directions that are up, degrees.
    pub fn angle_deg(&self, other: &Self) -> Option<f64> {
        let (a, b) = (unit3(self.sum)?, unit3(other.sum)?);
        Some(dot3(a, b).clamp(-1.0, 1.0).acos().to_degrees())
    }

    /// What 1 g is in the unit of the signal: 1, 9.80665 (m/s²) or 1000 (milli-g). `None` if the
    /// mean is unlike each of them, as when gravity was removed before. The bounds, 30 % to each
    /// side, are our choice: sensors err by 5 %.
    pub fn per_g(&self) -> Option<f64> {
        let mean = self.mean()?;
        let size = dot3(mean, mean).sqrt();
        [1.0, STANDARD, 1000.0]
            .into_iter()
            .find(|unit| (size / unit - 1.0).abs() <= 0.3)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_unit_is_found_at_rest_and_absent_where_gravity_was_removed() {
        let of = |acceleration| {
            let mut gravity = Gravity::default();
            gravity.add(acceleration);
            gravity
        };
        assert_eq!(of([0.0, 0.0, -0.98]).per_g(), Some(1.0));
        assert_eq!(of([0.0, 990.0, 0.0]).per_g(), Some(1000.0));
        assert_eq!(of([0.02, 0.0, 0.1]).per_g(), None);
        assert_eq!(of([f64::NAN, 0.0, 1.0]).mean(), None);
        let angle = of([0.0, 0.0, 1.0]).angle_deg(&of([0.0, 1.0, 1.0])).unwrap();
        assert!((angle - 45.0).abs() < 1e-9);
    }
}
