//! Rules over vehicle events, and the metrics of self-driving fleets.
//!
//! | type | what it is |
//! |---|---|
//! | [`Threshold`] | one line of a rule table: a signal against a limit, a flag, a trouble code |
//! | [`Rules`] | an operator that watches all of them, in one pass |
//! | [`CollisionRisk`] | an operator that watches what the sensors see |
//! | [`Silent`] | an operator that tells when a vehicle falls silent, and when it is heard of again |
//! | [`Mode`] | one alert each time a condition becomes true, or one for each offending event |
//! | [`preset`] | the rules of the described systems |
//! | [`SumSelfDriving`] | an operator that adds up interventions, distance and detections by vehicle and hour |
//!
//! Depends on `fleet-core` alone. Rules only raise alerts: none ever sends a command to a vehicle.

mod collision;
mod mode;
mod ordinal;
pub mod preset;
mod rules;
mod self_driving;
mod silent;
mod threshold;

pub use collision::{CollisionOptions, CollisionRisk, CollisionState};
pub use mode::Mode;
pub use rules::{MAX_RULES, Rules, RulesState};
pub use self_driving::{
    KmPer, SelfDriving, SelfDrivingHour, SelfDrivingOptions, SelfDrivingState, SumSelfDriving,
};
pub use silent::{Presence, Silent};
pub use threshold::{Condition, Flag, Threshold, Verdict};
