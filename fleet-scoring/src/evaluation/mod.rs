//! Measures detectors of harsh events and scores of trips on recordings with known truth.

mod cell;
mod chance;
mod counts;
mod detector;
mod estimate;
mod evaluate;
pub mod folder;
mod matching;
mod outline;
mod plot;
mod rank;
mod recording;
mod table;
mod truth;

pub use cell::CellResult;
pub use counts::Counts;
pub use detector::{Detector, Findings};
pub use estimate::Estimate;
pub use evaluate::{Evaluation, evaluate};
pub use matching::{HIT_S, MERGE_S, Verdict, compare, merge};
pub use plot::plot;
pub use rank::rank_auc;
pub use recording::{Clock, Frame, Gravity, Recording};
pub use truth::{Interval, Labelled, Style, VehicleClass};
