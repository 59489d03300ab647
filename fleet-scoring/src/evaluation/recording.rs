//! The samples of one recording, one column per signal.

use super::{Clock, Frame, VehicleClass};

/// Whether an accelerometer reads gravity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Gravity {
    /// At rest it reads 1 g upwards.
    Included,
    /// At rest it reads 0: the device has subtracted gravity ("linear acceleration").
    Removed,
}

/// The samples of one recording, one column per signal, as a detector sees them.
///
/// # Units
/// Accelerations in g, rates of turn in deg/s, speed in km/h. A sample without a reading is NaN.
/// Axes are right-handed: forward, left, up. A turn to the left has a positive rate about the
/// upward axis and a positive lateral acceleration.
///
/// # Shape
/// All columns that are present are equally long.
#[derive(Clone, Debug, PartialEq)]
pub struct Recording {
    /// The name in reports.
    pub name: String,
    /// The times of the samples: from any origin, or a rate.
    pub clock: Clock<Vec<f64>>,
    /// The axes of `acceleration` and `turn_rate`.
    pub frame: Frame,
    /// Whether `acceleration` has gravity in it.
    pub gravity: Gravity,
    /// Three axes of the accelerometer.
    pub acceleration: Option<[Vec<f32>; 3]>,
    /// Three axes of the gyroscope, the same as those of the accelerometer.
    pub turn_rate: Option<[Vec<f32>; 3]>,
    /// The rate of turn about the upward axis alone, where a device reports only that.
    pub yaw_rate: Option<Vec<f32>>,
    /// The speed, often late and slower than the other columns.
    pub speed: Option<Vec<f32>>,
    /// The class of the vehicle, if it is known.
    pub class: Option<VehicleClass>,
}

impl Recording {
    /// The number of samples, by the longest column.
    pub fn len(&self) -> usize {
        let axes = [&self.acceleration, &self.turn_rate].into_iter().flatten();
        let single = [&self.yaw_rate, &self.speed].into_iter().flatten();
        let columns = axes.flatten().chain(single).map(Vec::len);
        columns.max().unwrap_or(0)
    }

    /// Whether there are no samples.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The time of a sample since the first one, seconds.
    pub fn time_s(&self, sample: usize) -> Option<f64> {
        match &self.clock {
            Clock::Rate(hz) => (sample < self.len()).then(|| sample as f64 / hz),
            Clock::Times(times) => Some(times.get(sample)? - times.first()?),
        }
    }

    /// The time from the first sample to the last, seconds; 0 with fewer than two.
    pub fn duration_s(&self) -> f64 {
        let last = self.len().checked_sub(1);
        last.and_then(|last| self.time_s(last)).unwrap_or(0.0)
    }
}
