use crate::data::State;

/// What is computed from the rows of one window.
///
/// # Guarantees
/// Mergeable: `merge` of the accumulators of two parts gives what `add` of all rows gives, whatever the
/// parts and the order of the rows, so that sums leave a graph for any other key, partial results meet in a
/// store, and a belated row changes a result to what it would have been.
///
/// # Examples
/// See [`SummaryOf`](super::SummaryOf), and a type of one's own:
/// ```
/// use fleet_core::{EventTime, event::Telemetry, window::Aggregate};
/// struct LowestCharge;
/// impl Aggregate for LowestCharge {
///     type In = Telemetry;
///     type Accumulator = f64;
///     type Out = f64;
///     fn empty(&self) -> f64 { f64::MAX }
///     fn add(&self, lowest: &mut f64, row: &Telemetry, _: EventTime) {
///         *lowest = row.battery_charge().map_or(*lowest, |charge| charge.as_percent().min(*lowest));
///     }
///     fn merge(&self, into: &mut f64, other: &f64) { *into = into.min(*other); }
///     fn finish(&self, lowest: &f64) -> f64 { *lowest }
/// }
/// # let _ = LowestCharge;
/// ```
pub trait Aggregate: Send + Sync + 'static {
    /// The rows.
    type In: Send + Sync + 'static;
    /// What is kept while the window is open.
    type Accumulator: State;
    /// The result.
    type Out: Clone + Send + Sync + 'static;

    /// The accumulator of no rows.
    fn empty(&self) -> Self::Accumulator;
    /// Adds the row observed at `at`.
    fn add(&self, accumulator: &mut Self::Accumulator, row: &Self::In, at: crate::data::EventTime);
    /// Adds what another accumulator holds.
    fn merge(&self, into: &mut Self::Accumulator, other: &Self::Accumulator);
    /// The result of the rows so far.
    fn finish(&self, accumulator: &Self::Accumulator) -> Self::Out;
}
