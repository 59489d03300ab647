//! Scores: one formula over sums of events, with receipts.
//!
//! | type | what it is |
//! |---|---|
//! | [`ScoredEvent`], [`Cause`] | what a score can charge for, from any detector |
//! | [`ScoreSums`] | whole-number sums of events and of what was driven, which merge exactly |
//! | [`Evidence`] | sums with their events, and disputes in constant time |
//! | [`Profile`], [`Component`] | the formula as data; [`profile`](crate::profile) has presets |
//! | [`Receipt`] | a score, its interval, and the events behind every point |
//! | [`RollingScores`] | an operator that scores what each driver drove lately |
//! | [`ScoredTrips`] | its input as rows of a log between two pipelines |
//! | [`Once`], [`sort_once`] | leave repeated events out where no pipeline does |

mod cause;
pub(crate) mod codec;
mod component;
mod event;
mod events;
mod evidence;
pub(crate) mod exposure;
mod formula;
mod gamma;
mod grid;
mod logged;
mod once;
mod quantity;
mod receipt;
mod rolling;
mod sums;

pub use cause::Cause;
pub use component::{Component, Curve};
pub use event::{Conditions, ScoredEvent};
pub use evidence::Evidence;
pub use exposure::Exposure;
pub use formula::{Missing, Profile, Rounding};
pub use logged::ScoredTrips;
pub use once::{Once, sort_once};
pub use quantity::{Factor, Quantity};
pub use receipt::{
    Charged, Insufficient, Interval, Line, ROUNDING, Receipt, TOO_LITTLE_DRIVEN, Uncharged,
    WhyUncharged,
};
pub use rolling::{DrivenTrips, DriverRating, RollingScore, RollingScores, ScoredTrip};
pub use sums::ScoreSums;
