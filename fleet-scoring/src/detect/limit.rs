//! A plain limit for samples as they are: what vendors' alerts compare.

use fleet_core::{Error, ErrorKind, Result};
use ndarray::ArrayView1;

use super::{
    Clock, SignalColumns,
    block::{BLOCK, blocks, reaches},
    columns::ACCEL,
};

/// Counts samples whose longitudinal or lateral acceleration reaches a limit, and joins them to
/// events. The detector `threshold:0.35` of the command line.
///
/// It knows no filter and no direction, and is the same at any rate: a count of samples, honest
/// also at 1 Hz, where harsh manoeuvres cannot be told from what aliases.
///
/// # Units
/// g, seconds.
///
/// # Guarantees
/// A sample at the limit counts; a missing one does not. Samples at most 1 s apart are one event.
/// Without times, there are only counts.
///
/// # References
/// A published set of naturalistic drives marks events so, at 0.35 g.
///
/// # Examples
/// ```
/// use fleet_scoring::detect::{Clock, Limit, SignalColumns};
/// let along = ndarray::array![-0.35_f32, -0.5, 0.0, 0.0, 0.4];
/// let columns = SignalColumns::new(Clock::Rate(1.0)).with_longitudinal(along.view());
/// let found = Limit::new(0.35)?.detect(&columns);
/// assert_eq!((found.samples, found.lateral), (3, 0));
/// assert_eq!((found.events[0].start_s, found.events[0].end_s), (0.0, 1.0));
/// assert_eq!((found.events.len(), found.events[1].peak_g), (2, 0.4_f32 as f64));
/// # Ok::<(), fleet_core::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Limit {
    level: f32,
}

/// Samples farther apart belong to two events, seconds.
const APART_S: f64 = 1.0;
/// Times that are computed from a rate, or read from text, miss 1 s by less.
const ROUNDING_S: f64 = 1e-6;

/// What a [`Limit`] found.
#[derive(Clone, Debug, Default, PartialEq, serde::Serialize)]
pub struct LimitCounts {
    /// Samples that reach the limit.
    pub samples: u64,
    /// Those of them whose lateral acceleration does.
    pub lateral: u64,
    /// The events, by time.
    pub events: Vec<LimitEvent>,
}

/// Samples beyond a limit, at most 1 s apart.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize)]
pub struct LimitEvent {
    /// The time of the first sample, by the clock of the recording.
    pub start_s: f64,
    /// The time of the last sample.
    pub end_s: f64,
    /// The acceleration of greatest magnitude, along or across, g.
    pub peak_g: f64,
    /// Whether that is the lateral one.
    pub across: bool,
}

impl Limit {
    /// A limit in g.
    ///
    /// # Errors
    /// Refuses a limit that is not finite and positive.
    pub fn new(level_g: f64) -> Result<Self> {
        if !level_g.is_finite() || level_g <= 0.0 {
            let message = format!("the limit is {level_g} g: it must be finite and positive");
            return Err(Error::new(ErrorKind::Config, message));
        }
        Ok(Self {
            level: crate::signal::cast::narrow(level_g),
        })
    }

    /// Counts the samples of a whole recording.
    pub fn detect(&self, recording: &SignalColumns<'_>) -> LimitCounts {
        let mut trip = self.start();
        trip.push(recording);
        trip.finish()
    }

    /// Begins a recording that comes in chunks.
    pub fn start(&self) -> LimitTrip {
        LimitTrip {
            level: self.level,
            rows: 0,
            open: None,
            found: LimitCounts::default(),
        }
    }
}

/// A trip whose samples come in chunks; needs constant memory beside its events.
#[derive(Clone, Debug)]
pub struct LimitTrip {
    level: f32,
    rows: u64,
    open: Option<LimitEvent>,
    found: LimitCounts,
}

impl LimitTrip {
    /// Takes the next rows.
    pub fn push(&mut self, chunk: &SignalColumns<'_>) {
        let [along, across, ..] = chunk.columns;
        debug_assert_eq!(ACCEL, 0, "the first column");
        let rows = chunk.len();
        let empty = ArrayView1::from(&[]);
        let mut along = blocks(along.unwrap_or(empty), rows);
        let mut across = blocks(across.unwrap_or(empty), rows);
        for _ in (0..rows).step_by(BLOCK) {
            let pair = (along.next(), across.next());
            let (start, along, across) = match &pair {
                (Some((start, along)), Some((_, across))) => (*start, &**along, &**across),
                (Some((start, along)), None) => (*start, &**along, &[][..]),
                (None, Some((start, across))) => (*start, &[][..], &**across),
                (None, None) => return,
            };
            if reaches(along, self.level) || reaches(across, self.level) {
                self.block(&chunk.clock, start, along, across);
            }
        }
        self.rows += rows as u64;
    }

    /// Takes a block that may have a sample at the limit.
    fn block(
        &mut self,
        clock: &Clock<ArrayView1<'_, f64>>,
        start: usize,
        along: &[f32],
        across: &[f32],
    ) {
        for row in 0..along.len().max(across.len()) {
            let value = |column: &[f32]| column.get(row).copied().unwrap_or(0.0);
            let (along, across) = (value(along), value(across));
            let sideways = across.abs() >= self.level;
            if !sideways && (along.abs() < self.level || along.is_nan()) {
                continue;
            }
            self.found.samples += 1;
            self.found.lateral += u64::from(sideways);
            let at = match clock {
                Clock::Rate(hz) => (self.rows + (start + row) as u64) as f64 / hz,
                Clock::Times(times) => times.get(start + row).copied().unwrap_or(f64::NAN),
            };
            if at.is_finite() {
                self.add(at, along, across);
            }
        }
    }

    fn add(&mut self, at: f64, along: f32, across: f32) {
        let is_across = across.abs() > along.abs() || along.is_nan();
        let peak = f64::from(if is_across { across } else { along });
        match &mut self.open {
            Some(open) if at - open.end_s <= APART_S + ROUNDING_S && at >= open.end_s => {
                open.end_s = at;
                if peak.abs() > open.peak_g.abs() {
                    (open.peak_g, open.across) = (peak, is_across);
                }
            }
            _ => {
                self.found.events.extend(self.open.take());
                self.open = Some(LimitEvent {
                    start_s: at,
                    end_s: at,
                    peak_g: peak,
                    across: is_across,
                });
            }
        }
    }

    /// The counts and the events of the trip.
    pub fn finish(mut self) -> LimitCounts {
        self.found.events.extend(self.open.take());
        self.found
    }
}
