//! Filters for the signals of a vehicle: whole columns, or chunks of them with equal results.
//!
//! Each filter is an operator that takes chunks, and a function over an `ndarray` view that pushes
//! the whole column through that operator. Filters never invent an event: weights are positive,
//! what is missing stays missing, and a gap is not bridged.
//!
//! | filter | what it does |
//! |---|---|
//! | [`BlockMean`] | decimates from kilohertz by the means of blocks |
//! | [`Resample`] | brings any times to 10 Hz, without what is faster than 2 Hz |
//! | [`RateEstimate`] | finds the rate of samples |
//! | [`Slope`] | differentiates speed |
//! | [`Jerk`] | differentiates acceleration |
//! | [`Gravity`] | finds what is up, how far a sensor is tilted, and its unit |
//! | [`ForwardEvidence`] | finds what is forward |

#![expect(
    clippy::needless_pass_by_value,
    reason = "views of columns are passed by value, as slices are"
)]

mod block_mean;
pub(crate) mod cast;
mod forward;
mod gravity;
pub(crate) mod grid;
mod jerk;
mod rate;
mod resample;
mod slope;
mod unavailable;
pub(crate) mod vector;

pub use block_mean::{BlockMean, block_means};
pub use forward::ForwardEvidence;
pub use gravity::Gravity;
pub(crate) use gravity::STANDARD;
pub use grid::{HALF_WIDTH_S, STEP_S};
pub use jerk::{Jerk, jerk};
pub use rate::{RateEstimate, rate_of};
pub use resample::{Resample, resample};
pub use slope::{Slope, slopes};
pub use unavailable::Unavailable;
