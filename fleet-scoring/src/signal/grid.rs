//! The grid of times that recordings of any rate are brought to.

use super::cast;

/// The period of the grid, seconds. Our choice: manoeuvres last longer than half a second, and
/// the filter passes nothing above half of the grid's rate.
pub const STEP_S: f64 = 0.1;
/// Half the length of the filter, seconds. Our choice: its gain is 0.5 at 1.7 Hz, so a road shock
/// of 60 ms and 0.6 g comes out at 0.12 g, a second of braking at its full level.
pub const HALF_WIDTH_S: f64 = 0.3;
/// The sum of the filter's weights for each sample per second.
pub(crate) const WEIGHT_S: f64 = HALF_WIDTH_S;
/// The number of points after and before an interval that its rows reach: half the filter.
const AFTER: usize = 3;
const BEFORE: usize = 2;
/// A power of two above the number of points that one interval reaches.
const RING: usize = 8;

/// Rows within one interval of the grid: their sum, and their sums times the cosine and the sine
/// of their [`place`].
pub(crate) type Sums<const N: usize> = [[f32; N]; 3];

/// The interval that a time lies in, and how far: as an angle of which a sixth of a circle is all
/// of it. The time is in periods since the first point; an interval lies between the point of its
/// number and the next.
///
/// No branch and no call, so that a loop over many rows uses vector instructions.
pub(crate) fn place(periods: f64) -> (f64, f32) {
    // Adding and subtracting 1.5 * 2^52 rounds to a whole number. A tie may round down to the
    // interval before, where the row then lies at the very end: its weights are the same.
    const WHOLE: f64 = 6_755_399_441_055_744.0;
    let interval = (periods - 0.5 + WHOLE) - WHOLE;
    let angle = (periods - interval) * (std::f64::consts::PI / 3.0);
    (interval, cast::narrow(angle))
}

/// The cosine of an angle within a sixth of a circle, by Taylor's series: what it leaves out is
/// below 4e-7.
pub(crate) fn cosine(angle: f32) -> f32 {
    let square = angle * angle;
    let rest = 1.0 - square / 56.0 * (1.0 - square / 90.0);
    1.0 - square / 2.0 * (1.0 - square / 12.0 * (1.0 - square / 30.0 * rest))
}

/// The sine likewise; what is left out is below 4e-6.
pub(crate) fn sine(angle: f32) -> f32 {
    let square = angle * angle;
    angle * (1.0 - square / 6.0 * (1.0 - square / 20.0 * (1.0 - square / 42.0)))
}

/// Adds rows of `N` values to the points of the grid that they reach, weighted by a bell (Hann's
/// window). No weight is below what rounding leaves of 0, so no result lies outside its samples.
///
/// A bell is half of one plus a cosine, and the cosine of a sum of angles follows from those of
/// its parts. So a row is added to three sums of its interval, and only the sums are added to the
/// six points within reach.
#[derive(Clone, Debug)]
pub(crate) struct Grid<const N: usize> {
    origin: f64,
    interval: usize,
    sums: Sums<N>,
    /// The first point that is not given out.
    next: usize,
    last: f64,
    ring: [[f32; N]; RING],
}

impl<const N: usize> Grid<N> {
    /// A grid whose first point is at this time.
    pub(crate) const fn new(origin: f64) -> Self {
        Self {
            origin,
            interval: 0,
            sums: [[0.0; N]; 3],
            next: 0,
            last: 0.0,
            ring: [[0.0; N]; RING],
        }
    }

    /// The time of the grid's first point.
    pub(crate) const fn origin(&self) -> f64 {
        self.origin
    }

    /// The number of points that were given out.
    pub(crate) const fn len(&self) -> usize {
        self.next
    }

    /// The periods between the first point and a time.
    pub(crate) fn periods(&self, at: f64) -> f64 {
        (at - self.origin) * (1.0 / STEP_S)
    }

    /// Adds a row. Times must not decrease. Gives the points out that no later row can reach.
    pub(crate) fn add(&mut self, at: f64, row: &[f32; N], points: &mut Vec<[f32; N]>) {
        let periods = self.periods(at);
        let (interval, angle) = place(periods);
        let (cos, sin) = (cosine(angle), sine(angle));
        let [plain, by_cos, by_sin] = self.enter(interval, periods, points);
        for (((plain, by_cos), by_sin), value) in plain.iter_mut().zip(by_cos).zip(by_sin).zip(row)
        {
            *plain += value;
            *by_cos += value * cos;
            *by_sin += value * sin;
        }
    }

    /// The sums of an interval, which is not before the last one, for rows up to so many periods.
    pub(crate) fn enter(
        &mut self,
        interval: f64,
        periods: f64,
        points: &mut Vec<[f32; N]>,
    ) -> &mut Sums<N> {
        let interval = cast::index(interval);
        self.last = periods;
        while self.interval < interval {
            self.close(points);
        }
        &mut self.sums
    }

    /// Gives out the points up to the last row.
    pub(crate) fn finish(&mut self, points: &mut Vec<[f32; N]>) {
        let end = cast::index(self.last + 0.5) + 1;
        while self.next < end {
            self.close(points);
        }
    }

    /// Adds the sums of an interval to the points that it reaches, and gives the first one out.
    fn close(&mut self, points: &mut Vec<[f32; N]>) {
        // Half of the sine of a sixth of a circle.
        const SINE: f32 = 0.433_012_7;
        let [plain, by_cos, by_sin] = std::mem::replace(&mut self.sums, [[0.0; N]; 3]);
        let mut reached = [[0.0_f32; N]; BEFORE + 1 + AFTER];
        let [back2, back1, here, on1, on2, on3] = &mut reached;
        let slots = back2
            .iter_mut()
            .zip(back1)
            .zip(here)
            .zip(on1)
            .zip(on2)
            .zip(on3);
        let sums = plain.iter().zip(by_cos).zip(by_sin);
        for ((((((back2, back1), here), on1), on2), on3), ((plain, by_cos), by_sin)) in
            slots.zip(sums)
        {
            let (half, quarter, sine) = (0.5 * plain, 0.25 * by_cos, SINE * by_sin);
            (*here, *on3) = (half + 0.5 * by_cos, half - 0.5 * by_cos);
            (*on1, *back1) = (half + quarter + sine, half + quarter - sine);
            (*on2, *back2) = (half - quarter + sine, half - quarter - sine);
        }
        for (offset, values) in reached.iter().enumerate() {
            // Points before the first have slots of their own, which are emptied below.
            let slot = (self.interval + RING + offset - BEFORE) % RING;
            if let Some(sums) = self.ring.get_mut(slot) {
                for (sum, value) in sums.iter_mut().zip(values) {
                    *sum += value;
                }
            }
        }
        let complete = (self.interval + RING - BEFORE) % RING;
        if let Some(sums) = self.ring.get_mut(complete) {
            let point = std::mem::replace(sums, [0.0; N]);
            if self.interval >= BEFORE {
                points.push(point);
                self.next += 1;
            }
        }
        self.interval += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_are_sums_weighted_by_a_bell() {
        let mut points = Vec::new();
        let mut grid = Grid::<1>::new(5.0);
        let times = || (0..60).map(|n: i32| 5.0 + f64::from(n * n) * 0.000_7);
        for at in times() {
            grid.add(at, &[1.0], &mut points);
        }
        grid.finish(&mut points);
        assert_eq!((points.len(), grid.len()), (25, 25));
        for (point, [found]) in points.iter().enumerate() {
            let weight = |at: f64| {
                let distance = (at - 5.0) / STEP_S - point as f64;
                let bell = 0.5 + 0.5 * (std::f64::consts::PI * distance / 3.0).cos();
                if distance.abs() < 3.0 { bell } else { 0.0 }
            };
            let expected: f64 = times().map(weight).sum();
            assert!(
                (f64::from(*found) - expected).abs() < 1e-4,
                "{point} {found} {expected}"
            );
        }
    }
}
