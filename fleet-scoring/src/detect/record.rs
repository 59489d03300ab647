//! Takes samples of any rate, in chunks, and keeps them as legs on the grid.

use ndarray::ArrayView1;

use super::{
    Clock,
    columns::{ACCEL, COLUMNS, COURSE, GYRO, SPEED, SignalColumns},
    leg::{Leg, POINT},
};
use crate::signal::{BlockMean, cast, grid::Grid};

/// Samples that are closer are averaged before the filter, seconds. Our choice: 200 Hz leaves
/// 100 samples in the filter.
const CELL_S: f64 = 0.005;
/// A longer silence begins a new leg, seconds: nothing is known across it. Our choice.
const LEG_GAP_S: f64 = 10.0;
/// Points that are kept at most: 24 hours. What comes later is not read, so memory is bounded.
const LONGEST: usize = 864_000;
/// Rows that are taken at once, so that they stay in the cache.
const BATCH: usize = 2048;

type Row = [f32; COLUMNS];

/// The part of a detector that sees samples. Any division into chunks gives the same legs.
#[derive(Clone, Debug)]
pub(super) struct Recorder {
    /// Which columns the recording has; set by the first chunk.
    has: Option<[bool; COLUMNS]>,
    range: f32,
    /// With a constant rate: means of blocks, their length, and the number of rows so far.
    blocks: Option<[BlockMean; COLUMNS]>,
    means: [Vec<f32>; COLUMNS],
    rows: u64,
    batch: Vec<Row>,
    cell: Cell,
    first: Option<f64>,
    last: f64,
    /// Acceleration of the row before, to see vibration.
    before: Option<[f32; 3]>,
    grid: Option<Grid<POINT>>,
    open: Leg,
    legs: Vec<Leg>,
    kept: usize,
}

/// Rows with times that fall into one cell.
#[derive(Clone, Copy, Debug, Default)]
struct Cell {
    number: i64,
    rows: f32,
    time: f64,
    sums: Row,
    counts: Row,
}

impl Recorder {
    pub(super) fn new(range_g: Option<f32>) -> Self {
        Self {
            has: None,
            range: range_g.unwrap_or(f32::INFINITY),
            blocks: None,
            means: Default::default(),
            rows: 0,
            batch: Vec::new(),
            cell: Cell::default(),
            first: None,
            last: f64::NEG_INFINITY,
            before: None,
            grid: None,
            open: Leg::default(),
            legs: Vec::new(),
            kept: 0,
        }
    }

    pub(super) fn push(&mut self, chunk: &SignalColumns<'_>) {
        let length = chunk.len();
        let has = *self
            .has
            .get_or_insert_with(|| chunk.columns.each_ref().map(Option::is_some));
        let mut start = 0;
        while start < length {
            let end = (start + BATCH).min(length);
            let part = chunk.rows(start..end);
            match part.clock {
                Clock::Rate(hz) if hz.is_finite() && hz > 0.0 => self.push_rate(&part, has, hz),
                Clock::Rate(_) => {}
                Clock::Times(times) => self.push_times(&part, has, times),
            }
            start = end;
        }
    }

    /// Rows at a constant rate: column by column into means, then row by row.
    fn push_rate(&mut self, part: &SignalColumns<'_>, has: [bool; COLUMNS], hz: f64) {
        let size = cast::index(CELL_S * hz).max(1);
        let mut count = 0;
        self.batch.clear();
        if size == 1 {
            count = part.len();
            self.gather(part, has);
        } else {
            let range = self.range;
            let blocks = self.blocks.get_or_insert_with(|| {
                std::array::from_fn(|column| {
                    let limit = if column < GYRO { range } else { f32::INFINITY };
                    BlockMean::new(size).with_range(limit)
                })
            });
            for (((column, block), means), has) in part
                .columns
                .iter()
                .zip(blocks)
                .zip(&mut self.means)
                .zip(has)
            {
                means.clear();
                if let (Some(column), true) = (column, has) {
                    match column.as_slice() {
                        Some(samples) => block.push(samples, means),
                        None => block.push(&column.to_vec(), means),
                    }
                    count = means.len();
                }
            }
            self.batch.resize(count, [0.0; COLUMNS]);
            for (place, (means, has)) in self.means.iter().zip(has).enumerate() {
                if has {
                    fill(&mut self.batch, place, means.iter());
                }
            }
        }
        let batch = std::mem::take(&mut self.batch);
        let (size, middle) = (size as f64, (size as f64 - 1.0) / 2.0);
        for row in batch.iter().take(count) {
            let at = (self.rows as f64 * size + middle) / hz;
            self.rows += 1;
            self.take(at, row, has);
        }
        self.batch = batch;
    }

    /// Rows with times: those that are closer than a cell are averaged.
    fn push_times(
        &mut self,
        part: &SignalColumns<'_>,
        has: [bool; COLUMNS],
        times: ArrayView1<'_, f64>,
    ) {
        self.batch.clear();
        self.gather(part, has);
        let batch = std::mem::take(&mut self.batch);
        for (at, row) in times.iter().zip(&batch) {
            let first = *self.first.get_or_insert(*at);
            let number = (at - first) / CELL_S;
            if !number.is_finite() || number.abs() > 1e15 {
                if self.cell.rows == 0.0 {
                    self.first = None;
                }
                continue;
            }
            let number = whole(number);
            if number < self.cell.number {
                continue;
            }
            if number != self.cell.number {
                self.close_cell(has);
                self.cell.number = number;
            }
            self.cell.rows += 1.0;
            self.cell.time += at - first;
            for ((sum, count), value) in self
                .cell
                .sums
                .iter_mut()
                .zip(&mut self.cell.counts)
                .zip(row)
            {
                if value.is_finite() {
                    *sum += value;
                    *count += 1.0;
                }
            }
        }
        self.batch = batch;
    }

    fn close_cell(&mut self, has: [bool; COLUMNS]) {
        let cell = std::mem::take(&mut self.cell);
        if cell.rows > 0.0 {
            let mut row = cell.sums;
            for (value, count) in row.iter_mut().zip(cell.counts) {
                *value = if count * 2.0 >= cell.rows && count > 0.0 {
                    *value / count
                } else {
                    f32::NAN
                };
            }
            let at = self.first.unwrap_or(0.0) + cell.time / f64::from(cell.rows);
            self.take(at, &row, has);
        }
        self.cell.number = cell.number;
    }

    fn gather(&mut self, part: &SignalColumns<'_>, has: [bool; COLUMNS]) {
        self.batch.resize(part.len(), [0.0; COLUMNS]);
        for (place, (column, has)) in part.columns.iter().zip(has).enumerate() {
            match column {
                Some(column) if has => match column.as_slice() {
                    Some(samples) => fill(&mut self.batch, place, samples.iter()),
                    None => fill(&mut self.batch, place, column.iter()),
                },
                None if has => fill(&mut self.batch, place, std::iter::repeat(&f32::NAN)),
                _ => {}
            }
        }
    }

    /// Takes a row, which is at most one of 200 in a second.
    fn take(&mut self, at: f64, row: &Row, has: [bool; COLUMNS]) {
        let [ax, ay, az, gx, gy, gz, speed, course] = *row;
        if at < self.last || self.kept + self.open.points.len() >= LONGEST {
            return;
        }
        if at - self.last > LEG_GAP_S {
            self.close_leg();
        }
        self.last = at;
        let grid = self.grid.get_or_insert_with(|| Grid::new(at));
        let mut sums = [0.0; POINT];
        let most = ax.abs().max(ay.abs()).max(az.abs());
        // A sum that is finite has no part that is not.
        let measured = has[ACCEL] && (ax + ay + az).is_finite() && most < self.range;
        if measured {
            let here = [ax, ay, az];
            let vibration = self.before.map_or(0.0, |before| {
                let steps = here.iter().zip(before).map(|(here, before)| here - before);
                steps.map(|step| step * step).sum()
            });
            self.before = Some(here);
            let [weight, x, y, z, shake, ..] = &mut sums;
            (*weight, *x, *y, *z, *shake) = (1.0, ax, ay, az, vibration);
        } else {
            self.before = None;
        }
        if has[GYRO + 2] && (gx + gy + gz).is_finite() {
            let [.., weight, x, y, z, _, _, _] = &mut sums;
            (*weight, *x, *y, *z) = (1.0, gx, gy, gz);
        }
        grid.add(at, &sums, &mut self.open.points);
        if has[SPEED] && speed.is_finite() {
            self.open.speed.add(at - grid.origin(), speed);
        }
        if has[COURSE] && course.is_finite() {
            self.open.course.add(at - grid.origin(), course);
        }
    }

    fn close_leg(&mut self) {
        self.before = None;
        if let Some(mut grid) = self.grid.take() {
            grid.finish(&mut self.open.points);
            self.open.origin_s = grid.origin();
            self.kept += grid.len();
            self.legs.push(std::mem::take(&mut self.open));
        }
    }

    /// The legs of the recording, and which columns it had.
    pub(super) fn finish(mut self) -> (Vec<Leg>, [bool; COLUMNS]) {
        let has = self.has.unwrap_or_default();
        self.close_cell(has);
        self.close_leg();
        (self.legs, has)
    }
}

fn fill<'a>(batch: &mut [Row], place: usize, values: impl Iterator<Item = &'a f32>) {
    for (row, value) in batch.iter_mut().zip(values) {
        if let Some(slot) = row.get_mut(place) {
            *slot = *value;
        }
    }
}

#[expect(clippy::cast_possible_truncation, reason = "its magnitude is checked")]
fn whole(value: f64) -> i64 {
    value.floor() as i64
}
