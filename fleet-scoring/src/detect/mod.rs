//! Harsh and firm manoeuvres in the signals of a trip.
//!
//! | type | what it is |
//! |---|---|
//! | [`SignalColumns`] | views of the columns of a recording, or of a chunk of it |
//! | [`Detector`] | the detector of `production`, for any frame; in chunks [`DetectTrip`] |
//! | [`Thresholds`] | its levels, by class of vehicle and filter |
//! | [`Detection`] | what it found: manoeuvres, impulse, and what the recording cannot support |
//! | [`Limit`] | a plain limit for samples; in chunks [`LimitTrip`] |
//! | [`SeedTrip`] | the rule of FleetFlow in chunks |

#![expect(
    clippy::needless_pass_by_value,
    reason = "views of columns are passed by value, as slices are"
)]

mod bleed;
mod block;
mod columns;
mod detection;
mod detector;
mod excursion;
mod judge;
mod kind;
mod leg;
mod level;
mod limit;
mod orient;
mod plane;
mod record;
mod seed;
mod speed;
mod stand;
mod stretch;
mod thresholds;

pub use columns::SignalColumns;
pub use detection::{Detection, Forward, Impulse, Manoeuvre};
pub use detector::{DetectTrip, Detector};
pub use kind::Kind;
pub use limit::{Limit, LimitCounts, LimitEvent, LimitTrip};
pub use seed::SeedTrip;
pub use thresholds::{Filter, Level, TABLE_VERSION, Thresholds};

pub use crate::{class::VehicleClass, clock::Clock, frame::Frame};
