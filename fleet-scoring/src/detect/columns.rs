//! The signals of a recording, or of a chunk of it, as views of columns.

use ndarray::{ArrayView1, Axis};

use crate::clock::Clock;

/// Views of the columns of a recording, or of one chunk of it.
///
/// # Units
/// Accelerations in g; for [`Frame::Device`](super::Frame::Device) with gravity also m/s² or
/// milli-g, which are told apart at rest. Turn rates in degrees per second, positive to the left
/// about an axis that points up. Speed in km/h. Course in degrees, clockwise from north. A sample
/// without a reading is NaN.
///
/// # Shape
/// All columns are of one length; rows beyond the shortest are not read.
///
/// # Examples
/// ```
/// use fleet_scoring::detect::{Clock, SignalColumns};
/// use ndarray::ArrayView1;
/// let (forward, left) = (vec![0.0_f32; 100], vec![0.0_f32; 100]);
/// let columns = SignalColumns::new(Clock::Rate(50.0))
///     .with_longitudinal(ArrayView1::from(&forward))
///     .with_lateral(ArrayView1::from(&left));
/// assert_eq!(columns.len(), 100);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct SignalColumns<'a> {
    pub(super) clock: Clock<ArrayView1<'a, f64>>,
    /// Acceleration by axis, turn rate by axis, speed, course.
    pub(super) columns: [Option<ArrayView1<'a, f32>>; COLUMNS],
}

pub(super) const COLUMNS: usize = 8;
pub(super) const ACCEL: usize = 0;
pub(super) const GYRO: usize = 3;
pub(super) const SPEED: usize = 6;
pub(super) const COURSE: usize = 7;

impl<'a> SignalColumns<'a> {
    /// A recording without columns.
    pub fn new(clock: Clock<ArrayView1<'a, f64>>) -> Self {
        Self {
            clock,
            columns: [None; COLUMNS],
        }
    }

    fn with(mut self, place: usize, column: ArrayView1<'a, f32>) -> Self {
        if let Some(slot) = self.columns.get_mut(place) {
            *slot = Some(column);
        }
        self
    }

    /// The acceleration along the vehicle, positive when speeding up.
    #[must_use]
    pub fn with_longitudinal(self, column: ArrayView1<'a, f32>) -> Self {
        self.with(ACCEL, column)
    }

    /// The acceleration across the vehicle, positive to either side.
    #[must_use]
    pub fn with_lateral(self, column: ArrayView1<'a, f32>) -> Self {
        self.with(ACCEL + 1, column)
    }

    /// The acceleration along three axes: of the vehicle, of a device, or east, north and up.
    #[must_use]
    pub fn with_acceleration(self, [x, y, z]: [ArrayView1<'a, f32>; 3]) -> Self {
        self.with(ACCEL, x).with(ACCEL + 1, y).with(ACCEL + 2, z)
    }

    /// The horizontal acceleration in the frame of the earth.
    #[must_use]
    pub fn with_east_north(self, east: ArrayView1<'a, f32>, north: ArrayView1<'a, f32>) -> Self {
        self.with(ACCEL, east).with(ACCEL + 1, north)
    }

    /// The turn rates about the same three axes.
    #[must_use]
    pub fn with_gyroscope(self, [x, y, z]: [ArrayView1<'a, f32>; 3]) -> Self {
        self.with(GYRO, x).with(GYRO + 1, y).with(GYRO + 2, z)
    }

    /// The turn rate about the vertical, for the frames of vehicle and earth.
    #[must_use]
    pub fn with_yaw_rate(self, column: ArrayView1<'a, f32>) -> Self {
        self.with(GYRO + 2, column)
    }

    /// The speed.
    #[must_use]
    pub fn with_speed(self, column: ArrayView1<'a, f32>) -> Self {
        self.with(SPEED, column)
    }

    /// The direction of travel.
    #[must_use]
    pub fn with_course(self, column: ArrayView1<'a, f32>) -> Self {
        self.with(COURSE, column)
    }

    /// The number of rows.
    pub fn len(&self) -> usize {
        let columns = self.columns.iter().flatten().map(ArrayView1::len);
        let columns = columns.min().unwrap_or(0);
        match &self.clock {
            Clock::Rate(_) => columns,
            Clock::Times(times) => columns.min(times.len()),
        }
    }

    /// Whether there are no rows.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Some of the rows. For a clock of a constant rate, the rows count from the first again, so
    /// chunks are to be pushed in order.
    #[must_use]
    pub fn rows(&self, range: std::ops::Range<usize>) -> Self {
        let end = range.end.min(self.len());
        let range = range.start.min(end)..end;
        let cut = |column: &ArrayView1<'a, f32>| part(*column, &range);
        Self {
            clock: match &self.clock {
                Clock::Rate(hz) => Clock::Rate(*hz),
                Clock::Times(times) => Clock::Times(part(*times, &range)),
            },
            columns: self
                .columns
                .each_ref()
                .map(|column| column.as_ref().map(cut)),
        }
    }
}

/// Some elements of a column; the range lies within it.
fn part<'a, T>(column: ArrayView1<'a, T>, range: &std::ops::Range<usize>) -> ArrayView1<'a, T> {
    let (_, later) = column.split_at(Axis(0), range.start);
    later.split_at(Axis(0), range.len()).0
}
