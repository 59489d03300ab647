//! Measures detectors of harsh events and scores of trips on recordings with known truth.
//!
//! | item | what it is |
//! |---|---|
//! | [`Recording`], [`Labelled`] | the samples of a recording; the same with its truth |
//! | [`Detector`], [`Findings`] | the detector under test, any closure; what it says of a recording |
//! | [`evaluate`] | precision, recall and F1 by cell, the worst cell, the rank AUC of trips |
//! | [`compare`], [`merge`] | which labels were found, and which findings are false |
//! | [`rank_auc`], [`Counts`] | the measures alone |
//! | [`folder`], [`nds`] | recordings in files |
//! | [`crate::drives`] | synthetic recordings |
//! | [`production`] | the detector of `production`; [`signals`] and [`findings`] for one with other levels |
//! | [`seed_rule`] | the rule of FleetFlow as a detector |
//! | [`plot`] | a recording over time, as SVG |
//!
//! # Guarantees
//! Results depend on the recordings and the detector alone, not on their order, for the same cells:
//! the random numbers of intervals have a fixed seed.
//!
//! # Examples
//! A limit on single samples, on one recording with one labelled brake and one pothole:
//! ```
//! use fleet_core::event::AlertKind::HarshBrake;
//! use fleet_scoring::evaluation::{
//!     Clock, Findings, Frame, Gravity, Interval, Labelled, Recording, evaluate,
//! };
//! let mut forward = vec![0.0_f32; 100];
//! forward[20..40].fill(-0.5); // two seconds of braking
//! forward[70] = -0.6; // a pothole
//! let zero = vec![0.0; 100];
//! let labelled = Labelled {
//!     recording: Recording {
//!         name: "one".to_owned(),
//!         clock: Clock::Rate(10.0),
//!         frame: Frame::Vehicle,
//!         gravity: Gravity::Removed,
//!         acceleration: Some([forward, zero.clone(), zero]),
//!         turn_rate: None,
//!         yaw_rate: None,
//!         speed: None,
//!         class: None,
//!     },
//!     labels: vec![Interval { kind: HarshBrake, start_s: 2.0, end_s: 4.0 }],
//!     kinds: vec![HarshBrake],
//!     style: None,
//!     distance_km: None,
//!     cell: vec!["10Hz".to_owned()],
//! };
//! let limit = |recording: &Recording| {
//!     let samples = recording.acceleration.iter().flat_map(|[forward, _, _]| forward);
//!     let harsh = samples.enumerate().filter(|(_, g)| **g < -0.4);
//!     let times = harsh.filter_map(|(sample, _)| recording.time_s(sample));
//!     let event = |at| Interval { kind: HarshBrake, start_s: at, end_s: at };
//!     Findings { events: times.map(event).collect(), ..Findings::default() }
//! };
//! let result = evaluate(&limit, [labelled]);
//! let counts = result.overall[0].counts;
//! assert_eq!((counts.found, counts.missed, counts.wrong), (1, 0, 1));
//! ```

mod cell;
mod chance;
mod counts;
mod detector;
mod estimate;
mod evaluate;
pub mod folder;
mod matching;
pub mod nds;
mod outline;
mod plot;
mod production;
mod rank;
mod recording;
mod seed_rule;
mod sheet;
mod table;
mod truth;

pub use cell::CellResult;
pub use counts::Counts;
pub use detector::{Detector, Findings};
pub use estimate::Estimate;
pub use evaluate::{Evaluation, evaluate};
pub use matching::{HIT_S, MERGE_S, Verdict, compare, merge};
pub use plot::plot;
pub use production::{findings, production, signals};
pub use rank::rank_auc;
pub use recording::{Gravity, Recording};
pub use seed_rule::seed_rule;
pub use truth::{Interval, Labelled, Style};

pub use crate::{class::VehicleClass, clock::Clock, frame::Frame};
