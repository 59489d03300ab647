//! The trait of computations over the rows of a window.

use crate::data::State;

/// A computation over the rows of one window.
///
/// # Guarantees
/// Accumulators are mergeable: [`merge`](Self::merge) of two partial accumulators gives what
/// [`add`](Self::add) of all rows gives, for any split and any order of the rows. So sums can be
/// combined under another key, partial results can meet in a store, and a belated row corrects a
/// result to what it would have been.
///
/// # Examples
/// See [`SummaryOf`](super::SummaryOf). A custom aggregate:
/// ```
/// use fleet_core::{EventTime, event::Telemetry, window::Aggregate};
/// struct LowestCharge;
/// impl Aggregate for LowestCharge {
///     type In = Telemetry;
///     type Accumulator = f64;
///     type Out = f64;
///     fn empty(&self) -> f64 { f64::MAX }
///     fn add(&self, lowest: &mut f64, row: &Telemetry, _: EventTime) {
///         if let Some(charge) = row.battery_charge() {
///             *lowest = lowest.min(charge.as_percent());
///         }
///     }
///     fn merge(&self, into: &mut f64, other: &f64) { *into = into.min(*other); }
///     fn finish(&self, lowest: &f64) -> f64 { *lowest }
/// }
/// # let _ = LowestCharge;
/// ```
pub trait Aggregate: Send + Sync + 'static {
    /// The type of the rows.
    type In: Send + Sync + 'static;
    /// The state kept while the window is open.
    type Accumulator: State;
    /// The type of the result.
    type Out: Clone + Send + Sync + 'static;

    /// Returns the accumulator of no rows.
    fn empty(&self) -> Self::Accumulator;
    /// Adds a row observed at `at`.
    fn add(&self, accumulator: &mut Self::Accumulator, row: &Self::In, at: crate::data::EventTime);
    /// Adds the contents of another accumulator.
    fn merge(&self, into: &mut Self::Accumulator, other: &Self::Accumulator);
    /// Returns the result of the rows so far.
    fn finish(&self, accumulator: &Self::Accumulator) -> Self::Out;
}
