//! Summary statistics of one number: count, sum, mean, minimum, maximum and last value.

use std::marker::PhantomData;

use super::Aggregate;
use crate::data::{EventTime, State};

/// The count, sum, mean, minimum, maximum and last value of one number over some rows.
///
/// # Guarantees
/// Merging is associative and commutative to the last bit: the sum is kept in whole millionths
/// instead of floating point.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Summary {
    /// The number of rows, with or without the number.
    pub rows: u64,
    /// The number of rows that have the number.
    pub count: u64,
    sum: Millionths,
    min: f64,
    max: f64,
    last: f64,
    last_at: EventTime,
}

impl Summary {
    /// The summary of no rows.
    pub const EMPTY: Self = Self {
        rows: 0,
        count: 0,
        sum: Millionths::ZERO,
        min: f64::INFINITY,
        max: f64::NEG_INFINITY,
        last: 0.0,
        last_at: EventTime::BEFORE_ALL,
    };

    /// Adds a row.
    #[inline]
    pub fn add(&mut self, value: Option<f64>, at: EventTime) {
        self.rows += 1;
        let Some(value) = value else { return };
        self.count += 1;
        self.sum.add(micros(value));
        // Comparisons instead of `f64::min` and `max`: neither value changes often.
        if value < self.min {
            self.min = value;
        }
        if value > self.max {
            self.max = value;
        }
        self.take_last(value, at);
    }

    /// Adds the contents of another summary.
    pub fn merge(&mut self, other: &Self) {
        self.rows += other.rows;
        self.count += other.count;
        self.sum.add(other.sum.get());
        self.min = self.min.min(other.min);
        self.max = self.max.max(other.max);
        if other.count > 0 {
            self.take_last(other.last, other.last_at);
        }
    }

    /// Of two values with the same time the greater counts as the last one, so the result does not
    /// depend on the order of merging.
    #[inline]
    fn take_last(&mut self, value: f64, at: EventTime) {
        let first = self.last_at == EventTime::BEFORE_ALL;
        if at > self.last_at || at == self.last_at && value > self.last || first {
            (self.last_at, self.last) = (at, value);
        }
    }

    fn some(&self, value: f64) -> Option<f64> {
        (self.count > 0).then_some(value)
    }
    /// The sum, to a millionth.
    pub fn sum(&self) -> Option<f64> {
        #[expect(
            clippy::cast_precision_loss,
            reason = "a sum is reported as the nearest float"
        )]
        self.some(self.sum.get() as f64 / 1e6)
    }
    /// The mean.
    pub fn mean(&self) -> Option<f64> {
        self.sum().map(|sum| sum / self.count as f64)
    }
    /// The minimum.
    pub fn min(&self) -> Option<f64> {
        self.some(self.min)
    }
    /// The maximum.
    pub fn max(&self) -> Option<f64> {
        self.some(self.max)
    }
    /// The value of the newest row.
    pub fn last(&self) -> Option<f64> {
        self.some(self.last)
    }
}

/// A sum in whole millionths, stored as bytes: an `i128` is aligned to 16 bytes and would pad the
/// structs around it.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Millionths([u8; 16]);

impl Millionths {
    const ZERO: Self = Self([0; 16]);

    #[inline]
    fn of(sum: i128) -> Self {
        Self(sum.to_le_bytes())
    }

    #[inline]
    fn get(self) -> i128 {
        i128::from_le_bytes(self.0)
    }

    #[inline]
    fn add(&mut self, value: i128) {
        *self = Self::of(self.get() + value);
    }
}

/// Converts a value to whole millionths, saturating at 1e18, which no signal of a vehicle
/// approaches.
#[inline]
fn micros(value: f64) -> i128 {
    /// 2^52: below it a float can have a fraction, and its integer part fits an `i64`.
    const WORD: f64 = 4_503_599_627_370_496.0;
    /// The largest number below one half. Added before truncation, it rounds half away from zero
    /// like `round`, without a call. One half itself would also round up the number just below it.
    const HALF: f64 = 0.5f64.next_down();
    let scaled = value * 1e6;
    if scaled.abs() < WORD {
        #[expect(clippy::cast_possible_truncation, reason = "it is below 2^52")]
        let whole = (scaled + HALF.copysign(scaled)) as i64;
        return i128::from(whole);
    }
    micros_of_huge(scaled)
}

#[cold]
#[inline(never)]
fn micros_of_huge(scaled: f64) -> i128 {
    const LIMIT: f64 = 1e24;
    #[expect(
        clippy::cast_possible_truncation,
        reason = "the value is held within the limit first"
    )]
    let whole = scaled.round().clamp(-LIMIT, LIMIT) as i128;
    whole
}

/// # Layout
/// `rows u64 · count u64 · sum i128 · min f64 · max f64 · last f64 · last_at i64`
impl State for Summary {
    const VERSION: u16 = 1;
    fn encode(&self, to: &mut Vec<u8>) {
        self.rows.encode(to);
        self.count.encode(to);
        self.sum.get().encode(to);
        for value in [self.min, self.max, self.last] {
            value.encode(to);
        }
        self.last_at.encode(to);
    }
    fn decode(version: u16, from: &mut &[u8]) -> Option<Self> {
        if version != Self::VERSION {
            return None;
        }
        Some(Self {
            rows: u64::decode(0, from)?,
            count: u64::decode(0, from)?,
            sum: Millionths::of(i128::decode(0, from)?),
            min: f64::decode(0, from)?,
            max: f64::decode(0, from)?,
            last: f64::decode(0, from)?,
            last_at: EventTime::decode(0, from)?,
        })
    }
}

/// An aggregate that computes the [`Summary`] of one number, which a function reads from each row.
///
/// # Examples
/// ```
/// use fleet_core::{event::Telemetry, units::Speed, window::{SummaryOf, Tumbling}};
/// let speed = SummaryOf::new(|event: &Telemetry| event.speed().map(Speed::as_kmh));
/// let minutes = Tumbling::minutes(1).aggregate(speed);
/// # let _ = minutes;
/// ```
pub struct SummaryOf<T, F> {
    value: F,
    of: PhantomData<fn(&T)>,
}

impl<T, F: Fn(&T) -> Option<f64>> SummaryOf<T, F> {
    /// Creates an aggregate that summarises the number that `value` returns.
    pub fn new(value: F) -> Self {
        Self {
            value,
            of: PhantomData,
        }
    }
}

impl<T, F> std::fmt::Debug for SummaryOf<T, F> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SummaryOf")
    }
}

impl<T, F> Aggregate for SummaryOf<T, F>
where
    T: Send + Sync + 'static,
    F: Fn(&T) -> Option<f64> + Send + Sync + 'static,
{
    type In = T;
    type Accumulator = Summary;
    type Out = Summary;

    fn empty(&self) -> Summary {
        Summary::EMPTY
    }
    fn add(&self, accumulator: &mut Summary, row: &T, at: EventTime) {
        accumulator.add((self.value)(row), at);
    }
    fn merge(&self, into: &mut Summary, other: &Summary) {
        into.merge(other);
    }
    fn finish(&self, accumulator: &Summary) -> Summary {
        *accumulator
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stored_layout_of_a_summary_does_not_change() {
        let (mut summary, mut bytes) = (Summary::EMPTY, Vec::new());
        for (value, at) in [(Some(7.0), 3), (Some(2.5), 9), (None, 10)] {
            summary.add(value, EventTime::from_micros(at));
        }
        summary.encode(&mut bytes);
        let mut expected = Vec::new();
        expected.extend(3_u64.to_le_bytes());
        expected.extend(2_u64.to_le_bytes());
        expected.extend(9_500_000_i128.to_le_bytes());
        for value in [2.5_f64, 7.0, 2.5] {
            expected.extend(value.to_le_bytes());
        }
        expected.extend(9_i64.to_le_bytes());
        assert_eq!(bytes, expected);
        assert_eq!(
            Summary::decode(Summary::VERSION, &mut &*bytes),
            Some(summary)
        );
    }

    #[test]
    fn a_value_in_whole_millionths_is_rounded_half_away_from_zero() {
        let near = |value: f64| [value.next_down(), value, value.next_up()];
        let halves = (-40..40).flat_map(|n| near(f64::from(n) * 0.25e-6));
        let edges = [4_503_599_627.370_496, 9e9, 1e12, 80.0, 42.105, 5e-7, 1e-300];
        let edges = edges.into_iter().flat_map(near).flat_map(|v| [v, -v]);
        for value in halves.chain(edges) {
            #[expect(clippy::cast_possible_truncation, reason = "all are small enough")]
            let rounded = (value * 1e6).round() as i128;
            assert_eq!(micros(value), rounded, "{value:e}");
        }
        assert_eq!(micros(f64::MAX), 10i128.pow(24) - 16_777_216);
    }
}
