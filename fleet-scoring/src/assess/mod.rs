//! Trips through any detector and any profile: whole, in a stream, and live.
//!
//! | type | what it is |
//! |---|---|
//! | [`TripSignals`] | the signals of a trip, in columns that it owns |
//! | [`Finder`] | the detector: runs of the seeds, a plain limit, or that of `production` |
//! | [`Assess`] | a finder and a profile; an [`Assessment`] has events, receipt and evidence |
//! | [`TripRecorder`] | a trip that is recorded from telemetry, event by event |
//! | [`AssessTrips`] | an operator that finds trips in telemetry and assesses each at its end |
//! | [`AssessRequests`] | an operator that assesses trips that come whole |
//! | [`AssessedTrip`], [`TripEvent`] | their results as rows of tables |
//! | [`DetectLive`] | an operator that reports harsh manoeuvres at once, less sure of them |
//!
//! Scores of drivers are those of [`RollingScores`](crate::score::RollingScores), over the rows
//! that [`AssessedTrip::scored`] makes.

mod assessment;
mod codec;
mod finder;
mod found;
mod live;
mod production;
mod recorder;
mod requests;
mod row;
mod runs;
mod segment;
mod signals;

pub use assessment::{Assess, Assessment, Driven};
pub use finder::Finder;
pub use found::{Found, FoundEvent, SamplesBeyond};
pub use live::{DetectLive, LiveManoeuvre, LiveState};
pub use recorder::TripRecorder;
pub use requests::AssessRequests;
pub use row::{AssessedTrip, TripEvent};
pub use segment::{AssessState, AssessTrips};
pub use signals::TripSignals;
