//! Measures detectors of harsh events and scores of trips on recordings with known truth.

mod recording;
mod truth;

pub use recording::{Clock, Frame, Gravity, Recording};
pub use truth::{Interval, Labelled, Style, VehicleClass};
