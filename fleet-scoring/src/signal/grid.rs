//! The grid of times that recordings of any rate are brought to.

use super::cast;

/// The period of the grid, seconds. Our choice: manoeuvres last longer than half a second, and
/// the filter passes nothing above half of the grid's rate.
pub const STEP_S: f64 = 0.1;
/// Half the length of the filter, seconds. Our choice: its gain is 0.5 at 1.7 Hz, so a road shock
/// of 60 ms and 0.6 g comes out at 0.12 g, a second of braking at its full level.
pub const HALF_WIDTH_S: f64 = 0.3;
/// Half the length of the filter in periods of the grid.
const REACH: f64 = HALF_WIDTH_S / STEP_S;
/// The sum of the filter's weights for each sample per second.
pub(crate) const WEIGHT_S: f64 = HALF_WIDTH_S;
/// Weights are looked up: 512 of them err by 0.3 % at most.
const ENTRIES: usize = 512;
/// A power of two above the number of grid points that one sample reaches.
const RING: usize = 8;

/// Adds rows of `N` values to the points of the grid that they reach, weighted by a bell (Hann's
/// window). All weights are positive, so no result lies outside its samples.
#[derive(Clone, Debug)]
pub(crate) struct Grid<const N: usize> {
    origin: f64,
    /// The first point that is not given out.
    next: usize,
    last: f64,
    ring: [[f32; N]; RING],
    weights: Box<[f32]>,
}

impl<const N: usize> Grid<N> {
    /// A grid whose first point is at this time.
    pub(crate) fn new(origin: f64) -> Self {
        let weight = |entry: usize| {
            let phase = (entry as f64 + 0.5) / ENTRIES as f64 * std::f64::consts::PI;
            cast::narrow(0.5 + 0.5 * phase.cos())
        };
        Self {
            origin,
            next: 0,
            last: 0.0,
            ring: [[0.0; N]; RING],
            weights: (0..ENTRIES).map(weight).collect(),
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

    /// Adds a row. Times must not decrease, and must not be more than a few seconds apart. Gives
    /// the points out that no later row can reach.
    pub(crate) fn add(&mut self, at: f64, row: &[f32; N], points: &mut Vec<[f32; N]>) {
        let place = (at - self.origin) / STEP_S;
        self.last = place;
        let first = cast::index((place - REACH).ceil().max(0.0));
        while self.next < first {
            self.give(points);
        }
        let end = cast::index(place + REACH) + 1;
        for point in first..end {
            let distance = (place - point as f64).abs() * (ENTRIES as f64 / REACH);
            let weight = self.weights.get(cast::index(distance));
            let sums = self.ring.get_mut(point % RING);
            if let (Some(weight), Some(sums)) = (weight, sums) {
                for (sum, value) in sums.iter_mut().zip(row) {
                    *sum += weight * value;
                }
            }
        }
    }

    /// Gives out the points up to the last row.
    pub(crate) fn finish(&mut self, points: &mut Vec<[f32; N]>) {
        let end = cast::index(self.last + 0.5) + 1;
        while self.next < end {
            self.give(points);
        }
    }

    fn give(&mut self, points: &mut Vec<[f32; N]>) {
        if let Some(sums) = self.ring.get_mut(self.next % RING) {
            points.push(*sums);
            *sums = [0.0; N];
        }
        self.next += 1;
    }
}
