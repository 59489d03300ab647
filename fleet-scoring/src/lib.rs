//! Driver scores, from the samples of a recorded trip or from a stream of telemetry.
//!
//! A profile counts events in the samples of a trip, adds the counts up as [`TripSums`], and
//! applies a formula to them. The result states the points that each component cost. Sums of trips
//! can be merged, so the score of a day or a fleet is the score of its sums.
//!
//! | type | what it is |
//! |---|---|
//! | [`TripColumns`] | the samples of one trip, one column per signal |
//! | [`SeedFleetflow`] | a profile, the score of FleetFlow: 100 minus a penalty for each harsh sample |
//! | [`TripScore`] | the score of one trip: its components, and the harsh events with their times |
//! | [`SegmentTrips`] | an operator that finds trips in telemetry and scores them |
//! | [`ScoreTrips`] | an operator that scores complete trips, one per request |
//! | [`signal`], [`detect`] | filters; the detector of harsh and firm manoeuvres |
//! | [`TripLog`], [`DriverScore`] | a scored trip as rows of FleetFlow's tables |
//! | [`assess`] | trips through any detector and any profile: whole, in a stream, and live |
//! | [`score`] | scores of events by any profile: exact sums, receipts, disputes, rolling scores |
//! | [`profile`] | the profiles, the recommended one first |
//!
//! The feature `evaluation` adds modules that measure detectors: `evaluation` on labelled
//! recordings, `drives` with synthetic ones.
//!
//! # Examples
//! Ten samples per second, two of them below -0.4 g:
//! ```
//! use fleet_scoring::{SeedFleetflow, TripColumns};
//!
//! let trip = TripColumns::new(vec![0.1, -0.5, -0.6, 0.0]).with_rate(10.0);
//! let scored = SeedFleetflow::default().score(&trip);
//! assert_eq!(scored.score.value, Some(90));
//!
//! let braking = &scored.score.components[0];
//! assert_eq!((braking.name, braking.quantity, braking.points_lost), ("harsh_braking", 2.0, 10.0));
//! assert_eq!((scored.events[0].start_s, scored.events[0].peak_g), (0.1, -0.6));
//! ```
//!
//! # Dependencies
//! Depends on `fleet-core` alone.

pub mod assess;
mod class;
mod clock;
mod columns;
mod count;
pub mod detect;
#[cfg(feature = "evaluation")]
pub mod drives;
#[cfg(feature = "evaluation")]
pub mod evaluation;
mod frame;
mod harsh_event;
mod motion;
mod number;
pub mod profile;
mod report;
mod sampling;
pub mod score;
mod score_trips;
pub mod signal;
mod sums;
mod trip;

pub use class::VehicleClass;
pub use columns::TripColumns;
pub use harsh_event::HarshEvent;
pub use number::Number;
pub use profile::{EmptyTrip, SeedFleetflow};
pub use report::{PointsLost, Score, ScoreReport, TripScore};
pub use score_trips::ScoreTrips;
pub use sums::TripSums;
pub use trip::{DriverScore, SegmentTrips, Trip, TripLog, TripOptions, TripState};
