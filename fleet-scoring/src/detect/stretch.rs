//! Rows without a silence, and how they are added to the grid.

use super::leg::Leg;
use crate::signal::{
    cast,
    grid::{Grid, Sums, cosine, place, sine},
};

/// Rows that are taken at once, so that they stay in the nearest cache.
pub(super) const BATCH: usize = 512;

/// Columns that a recording lacks, and columns that a chunk of it lacks.
pub(super) static ZEROS: [f32; BATCH] = [0.0; BATCH];
pub(super) static MISSING: [f32; BATCH] = [f32::NAN; BATCH];
static ONES: [f32; BATCH] = [1.0; BATCH];

/// Three axes of a sensor in one stretch of rows.
pub(super) type Axes<'a> = [&'a [f32]; 3];

/// What is computed of the rows of a stretch before they are added up. All loops are over whole
/// columns, without branches, so that they use vector instructions.
#[derive(Clone, Debug, Default)]
pub(super) struct Stretch {
    intervals: Vec<f64>,
    angles: Vec<f32>,
    cos: Vec<f32>,
    sin: Vec<f32>,
    steps: Vec<f32>,
    accel: Gaps,
    turn: Gaps,
    /// The last acceleration, to see vibration.
    before: Option<[f32; 3]>,
}

/// Axes with zeros where a reading is missing, and weights that say where.
#[derive(Clone, Debug, Default)]
struct Gaps {
    axes: [Vec<f32>; 3],
    weights: Vec<f32>,
}

/// The grids of a leg.
#[derive(Clone, Debug)]
pub(super) struct Grids {
    pub(super) accel: Grid<4>,
    turn: Option<Grid<4>>,
}

impl Grids {
    pub(super) fn new(origin: f64, has_turn: bool) -> Self {
        Self {
            accel: Grid::new(origin),
            turn: has_turn.then(|| Grid::new(origin)),
        }
    }

    /// Gives out the last points.
    pub(super) fn finish(&mut self, leg: &mut Leg) {
        self.accel.finish(&mut leg.accel);
        if let Some(turn) = &mut self.turn {
            turn.finish(&mut leg.turn);
        }
        leg.shake.resize(leg.accel.len(), [0.0; 2]);
    }
}

impl Stretch {
    /// Nothing is known of the row before.
    pub(super) const fn forget(&mut self) {
        self.before = None;
    }

    /// Adds rows to the points of a leg, at most [`BATCH`], up to so many points. Accelerations
    /// count below a limit. Any division of rows into stretches gives the same sums, bit for bit.
    pub(super) fn add(
        &mut self,
        at: &[f64],
        (accel, limit): (Option<Axes<'_>>, f32),
        turn: Option<Axes<'_>>,
        (grids, leg, most): (&mut Grids, &mut Leg, usize),
    ) {
        let places = at.iter().map(|at| place(grids.accel.periods(*at)));
        self.intervals.clear();
        self.intervals
            .extend(places.clone().map(|(interval, _)| interval));
        self.angles.clear();
        self.angles.extend(places.map(|(_, angle)| angle));
        self.cos.clear();
        self.cos
            .extend(self.angles.iter().map(|angle| cosine(*angle)));
        self.sin.clear();
        self.sin
            .extend(self.angles.iter().map(|angle| sine(*angle)));
        let accel = accel.map(|axes| {
            let (axes, weights) = self.accel.fill(axes, limit);
            self.before = steps(axes, weights, self.before, &mut self.steps);
            (axes, weights)
        });
        let turn = turn.map(|axes| self.turn.fill(axes, f32::INFINITY));
        let mut start = 0;
        while let Some(number) = self.intervals.get(start) {
            let rest = self.intervals.get(start..).unwrap_or_default();
            // Whole numbers, so they are equal or differ by one.
            let length = rest.iter().position(|other| *other > *number);
            let rows = start..length.map_or(self.intervals.len(), |length| start + length);
            start = rows.end;
            let Some(last) = at.get(rows.end - 1) else {
                return;
            };
            let interval = cast::index(*number);
            if interval >= most {
                return;
            }
            let periods = grids.accel.periods(*last);
            let sums = grids.accel.enter(*number, periods, &mut leg.accel);
            let bell = [&self.cos, &self.sin].map(|column| part(column, &rows));
            if let Some((axes, weights)) = accel {
                add(
                    sums,
                    axes.map(|axis| part(axis, &rows)),
                    part(weights, &rows),
                    bell,
                );
                if leg.shake.len() <= interval {
                    leg.shake.resize(interval + 1, [0.0; 2]);
                }
                if let Some(shake) = leg.shake.get_mut(interval) {
                    let [mut sum, mut count] = *shake;
                    let steps = part(&self.steps, &rows).iter();
                    for (step, weight) in steps.zip(part(weights, &rows)) {
                        sum += step;
                        count += weight;
                    }
                    *shake = [sum, count];
                }
            }
            if let Some(((axes, weights), turn)) = turn.zip(grids.turn.as_mut()) {
                let sums = turn.enter(*number, periods, &mut leg.turn);
                add(
                    sums,
                    axes.map(|axis| part(axis, &rows)),
                    part(weights, &rows),
                    bell,
                );
            }
        }
    }
}

fn part<'a>(column: &'a [f32], rows: &std::ops::Range<usize>) -> &'a [f32] {
    column.get(rows.clone()).unwrap_or_default()
}

/// Adds rows to the sums of their interval, one after the other.
fn add(sums: &mut Sums<4>, [x, y, z]: Axes<'_>, weights: &[f32], [cos, sin]: [&[f32]; 2]) {
    let [mut plain, mut by_cos, mut by_sin] = *sums;
    let rows = x.iter().zip(y).zip(z).zip(weights).zip(cos).zip(sin);
    for (((((x, y), z), weight), cos), sin) in rows {
        let row = [*x, *y, *z, *weight];
        for (((plain, by_cos), by_sin), value) in
            plain.iter_mut().zip(&mut by_cos).zip(&mut by_sin).zip(row)
        {
            *plain += value;
            *by_cos += value * cos;
            *by_sin += value * sin;
        }
    }
    *sums = [plain, by_cos, by_sin];
}

impl Gaps {
    /// The axes with their weights: as they are if nothing is missing.
    fn fill<'a>(&'a mut self, [x, y, z]: Axes<'a>, limit: f32) -> (Axes<'a>, &'a [f32]) {
        // Comparisons with NaN are false.
        let sound =
            |x: f32, y: f32, z: f32| (x.abs() < limit) & (y.abs() < limit) & (z.abs() < limit);
        let rows = || x.iter().zip(y).zip(z).map(|((x, y), z)| (*x, *y, *z));
        let usable: u32 = rows().map(|(x, y, z)| u32::from(sound(x, y, z))).sum();
        if usable as usize == x.len() {
            return ([x, y, z], part(&ONES, &(0..x.len())));
        }
        let Self { axes, weights } = self;
        weights.clear();
        weights.extend(rows().map(|(x, y, z)| if sound(x, y, z) { 1.0 } else { 0.0 }));
        for (filled, column) in axes.iter_mut().zip([x, y, z]) {
            filled.clear();
            let column = column.iter().zip(&*weights);
            filled.extend(column.map(|(value, weight)| if *weight > 0.0 { *value } else { 0.0 }));
        }
        let [x, y, z] = axes;
        ([x, y, z], weights)
    }
}

/// The squared step to each row from the row before it, 0 if one of them is missing. Gives the
/// last row.
fn steps(
    [x, y, z]: Axes<'_>,
    weights: &[f32],
    before: Option<[f32; 3]>,
    steps: &mut Vec<f32>,
) -> Option<[f32; 3]> {
    let square = |a: [f32; 3], b: [f32; 3]| {
        let [x, y, z] = a;
        let [from_x, from_y, from_z] = b;
        let (x, y, z) = (x - from_x, y - from_y, z - from_z);
        x * x + y * y + z * z
    };
    let row = |index: usize| Some([*x.get(index)?, *y.get(index)?, *z.get(index)?]);
    let (first, last) = (row(0)?, row(x.len() - 1)?);
    steps.clear();
    let whole = weights.first().is_some_and(|weight| *weight > 0.0);
    steps.push(
        before
            .filter(|_| whole)
            .map_or(0.0, |before| square(first, before)),
    );
    let here = x.iter().zip(y).zip(z).zip(weights);
    let next = here.clone().skip(1);
    steps.extend(
        here.zip(next)
            .map(|((((x, y), z), w), (((to_x, to_y), to_z), to_w))| {
                square([*to_x, *to_y, *to_z], [*x, *y, *z]) * (w * to_w)
            }),
    );
    weights.last().filter(|weight| **weight > 0.0).map(|_| last)
}
