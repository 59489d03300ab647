//! Takes samples of any rate, in chunks, and keeps them as legs on the grid.

use super::{
    Clock, SignalColumns,
    columns::{ACCEL, COLUMNS, COURSE, GYRO, SPEED},
    leg::Leg,
    stretch::{BATCH, Grids, MISSING, Stretch, ZEROS},
};
use crate::signal::{BlockMean, STEP_S, cast};

/// Samples of a constant rate that are closer are averaged before the filter, seconds. Our choice:
/// 200 Hz leaves 120 samples in the filter.
const CELL_S: f64 = 0.005;
/// The most samples of a mean: no sensor is faster than 200 MHz.
const LARGEST_BLOCK: usize = 1_000_000;
/// A longer silence begins a new leg, seconds: nothing is known across it. Our choice.
const LEG_GAP_S: f64 = 10.0;
/// Points that are kept at most: 24 hours. What comes later is not read, so memory is bounded.
const LONGEST: usize = 864_000;

/// The part of a detector that sees samples. Any division into chunks gives the same legs.
#[derive(Clone, Debug)]
pub(super) struct Recorder {
    /// Which columns the recording has; set by the first chunk.
    has: Option<[bool; COLUMNS]>,
    range: f32,
    /// With a constant rate: means of blocks, and the number of rows so far.
    blocks: Option<[BlockMean; COLUMNS]>,
    rows: u64,
    buffers: Buffers,
    stretch: Stretch,
    last: f64,
    grids: Option<Grids>,
    open: Leg,
    legs: Vec<Leg>,
    kept: usize,
}

/// Memory that is used again for each batch of rows.
#[derive(Clone, Debug, Default)]
struct Buffers {
    at: Vec<f64>,
    columns: [Vec<f32>; COLUMNS],
}

/// The columns of a batch of rows.
type Batch<'a> = [&'a [f32]; COLUMNS];

impl Recorder {
    pub(super) fn new(range_g: Option<f32>) -> Self {
        Self {
            has: None,
            range: range_g.unwrap_or(f32::INFINITY),
            blocks: None,
            rows: 0,
            buffers: Buffers::default(),
            stretch: Stretch::default(),
            last: f64::NEG_INFINITY,
            grids: None,
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
        let rows_at_once = match chunk.clock {
            Clock::Rate(hz) => BATCH * block_size(hz),
            Clock::Times(_) => BATCH,
        };
        let mut start = 0;
        while start < length {
            let end = (start + rows_at_once).min(length);
            self.push_batch(&chunk.rows(start..end), has);
            start = end;
        }
    }

    fn push_batch(&mut self, part: &SignalColumns<'_>, has: [bool; COLUMNS]) {
        let mut buffers = std::mem::take(&mut self.buffers);
        let Buffers { at, columns } = &mut buffers;
        let mut batch: Batch<'_> = [&[]; COLUMNS];
        let mut size = 1;
        if let Clock::Rate(hz) = part.clock {
            size = block_size(hz);
        }
        let mut count = part.len();
        if size > 1 {
            count = self.average(part, has, size, columns);
        }
        let sources = part.columns.iter().zip(&mut *columns).zip(has);
        for (((source, buffer), has), slot) in sources.zip(&mut batch) {
            *slot = match source {
                _ if !has => &ZEROS,
                _ if size > 1 => buffer,
                None => &MISSING,
                Some(source) => source.to_slice().unwrap_or_else(|| {
                    buffer.clear();
                    buffer.extend(source);
                    buffer
                }),
            };
            *slot = slot.get(..count).unwrap_or_default();
        }
        match part.clock {
            Clock::Rate(hz) if hz.is_finite() && hz > 0.0 => {
                let first = self.rows as f64;
                let (size, middle) = (size as f64, (size as f64 - 1.0) / 2.0);
                at.clear();
                at.extend((0..count).map(|row| ((first + row as f64) * size + middle) / hz));
                self.rows += count as u64;
                self.take(at, batch, has);
            }
            Clock::Rate(_) => {}
            Clock::Times(times) => {
                let times = times.to_slice().unwrap_or_else(|| {
                    at.clear();
                    at.extend(times);
                    at
                });
                self.take(times, batch, has);
            }
        }
        self.buffers = buffers;
    }

    /// Decimates rows of a constant rate, column by column. Gives the number of means.
    fn average(
        &mut self,
        part: &SignalColumns<'_>,
        has: [bool; COLUMNS],
        size: usize,
        means: &mut [Vec<f32>; COLUMNS],
    ) -> usize {
        let range = self.range;
        let blocks = self.blocks.get_or_insert_with(|| {
            std::array::from_fn(|column| {
                let limit = if column < GYRO { range } else { f32::INFINITY };
                BlockMean::new(size).with_range(limit)
            })
        });
        let mut count = 0;
        let columns = part.columns.iter().zip(blocks).zip(means).zip(has);
        for (((column, block), means), has) in columns {
            means.clear();
            if !has {
                continue;
            }
            match column.as_ref().map(|column| (column, column.as_slice())) {
                Some((_, Some(samples))) => block.push(samples, means),
                Some((column, None)) => block.push(&column.to_vec(), means),
                None => block.push(&vec![f32::NAN; part.len()], means),
            }
            count = means.len();
        }
        count
    }

    /// Takes rows with their times: as one stretch where time goes on steadily.
    fn take(&mut self, at: &[f64], batch: Batch<'_>, has: [bool; COLUMNS]) {
        let steady = |(before, now): (&f64, &f64)| (0.0..=LEG_GAP_S).contains(&(now - before));
        let next = at.iter().skip(1);
        let steps: usize = at
            .iter()
            .zip(next)
            .map(|pair| usize::from(steady(pair)))
            .sum();
        let first = at.first().is_some_and(|first| steady((&self.last, first)));
        if first && steps + 1 == at.len() {
            self.stretch(at, batch, has);
            return;
        }
        let mut start = 0;
        for (row, now) in at.iter().enumerate() {
            let passed_over = !now.is_finite() || *now < self.last;
            if passed_over || *now - self.last > LEG_GAP_S {
                self.stretch_of(at, batch, has, start..row);
                start = if passed_over { row + 1 } else { row };
            }
            if !passed_over {
                if *now - self.last > LEG_GAP_S {
                    self.close_leg();
                }
                self.last = *now;
            }
        }
        self.stretch_of(at, batch, has, start..at.len());
    }

    fn stretch_of(
        &mut self,
        at: &[f64],
        batch: Batch<'_>,
        has: [bool; COLUMNS],
        rows: std::ops::Range<usize>,
    ) {
        let batch = batch.map(|column| column.get(rows.clone()).unwrap_or_default());
        self.stretch(at.get(rows).unwrap_or_default(), batch, has);
    }

    fn stretch(&mut self, at: &[f64], batch: Batch<'_>, has: [bool; COLUMNS]) {
        let most = LONGEST.saturating_sub(self.kept);
        let (Some(first), Some(last)) = (at.first(), at.last()) else {
            return;
        };
        self.last = *last;
        if most == 0 {
            return;
        }
        let grids = self
            .grids
            .get_or_insert_with(|| Grids::new(*first, has[GYRO + 2]));
        let [x, y, z, turn_x, turn_y, turn_z, speed, course] = batch;
        let accel = has[ACCEL].then_some([x, y, z]);
        let turn = has[GYRO + 2].then_some([turn_x, turn_y, turn_z]);
        self.stretch
            .add(at, (accel, self.range), turn, (grids, &mut self.open, most));
        let origin = grids.accel.origin();
        let Leg {
            speed: speeds,
            course: courses,
            ..
        } = &mut self.open;
        for (has, column, readings) in [(has[SPEED], speed, speeds), (has[COURSE], course, courses)]
        {
            if has {
                let since = at.iter().map(|at| at - origin);
                let within = since.take_while(|since| *since < most as f64 * STEP_S);
                for (since, value) in within.zip(column).filter(|(_, value)| value.is_finite()) {
                    readings.add(since, *value);
                }
            }
        }
    }

    fn close_leg(&mut self) {
        self.stretch.forget();
        if let Some(mut grids) = self.grids.take() {
            grids.finish(&mut self.open);
            self.open.origin_s = grids.accel.origin();
            self.kept += grids.accel.len();
            self.legs.push(std::mem::take(&mut self.open));
        }
    }

    /// The legs of the recording, and which columns it had.
    pub(super) fn finish(mut self) -> (Vec<Leg>, [bool; COLUMNS]) {
        let has = self.has.unwrap_or_default();
        self.close_leg();
        (self.legs, has)
    }
}

/// Samples of a constant rate that are averaged.
fn block_size(hz: f64) -> usize {
    cast::index(CELL_S * hz).clamp(1, LARGEST_BLOCK)
}
