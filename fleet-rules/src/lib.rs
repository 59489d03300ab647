//! Rules over vehicle events.
//!
//! | type | what it is |
//! |---|---|
//! | [`Threshold`] | one signal against one limit |
//! | [`Rules`] | an operator that watches all of them, in one pass |
//! | [`Mode`] | one alert each time a condition becomes true, or one for each offending event |
//! | [`preset`] | the rules of the described systems |
//!
//! Depends on `fleet-core` alone. Rules only raise alerts: none ever sends a command to a vehicle.

mod mode;
pub mod preset;
mod rules;
mod threshold;

pub use mode::Mode;
pub use rules::{MAX_RULES, Rules, RulesState};
pub use threshold::{Condition, Threshold};
