//! Scores of drivers, from the samples of a trip or from a stream.
//!
//! | type | what it is |
//! |---|---|
//! | [`TripColumns`] | the samples of one trip, a column for each signal |
//! | [`SeedFleetflow`] | the score of FleetFlow: 100 less a penalty for each harsh sample |
//! | [`TripScore`] | a score as a receipt: what cost how many points, and when |
//! | [`Formula`], [`TripSums`] | what all scores share: weights over sums that add up |
//! | [`SegmentTrips`] | an operator that finds trips in telemetry and scores them |
//! | [`ScoreTrips`] | an operator that scores trips which come whole |
//!
//! Depends on `fleet-core` alone.

mod clock;
mod columns;
mod count;
mod event;
mod formula;
mod number;
mod profile;
mod report;
mod score_trips;
mod sums;
mod trip;

pub use columns::TripColumns;
pub use event::HarshEvent;
pub use formula::{Component, Formula, PointsLost, Tally};
pub use number::Number;
pub use profile::{EmptyTrip, SeedFleetflow};
pub use report::{ScoreReport, TripScore, Verdict};
pub use score_trips::ScoreTrips;
pub use sums::TripSums;
pub use trip::{SegmentTrips, Trip, TripOptions, TripState};
