//! Synthetic drives with known truth, to tune and to measure detectors of harsh events.
//!
//! A driver chains manoeuvres. A vehicle follows with what engine, gears and tyres can do, and its
//! body pitches, rolls and shakes. A device records it, with the errors of its sensors. What the
//! driver did on purpose, and the vehicle followed, is the truth.
//!
//! # Guarantees
//! The speed is the integral of the true acceleration and never negative. Each label lies where the
//! true acceleration is harsh for the class, and outside what the driver meant to be harsh nothing
//! reaches that level.
//!
//! # How close to recorded drives
//! The rule of FleetFlow ([`seed_rule`](crate::evaluation::seed_rule)) fails on the development set
//! as it does on drives that people labelled. With the device along the vehicle's axes, all rates
//! and classes:
//!
//! | | synthetic (95 %) | recorded |
//! |---|---|---|
//! | share of its harsh braking that is | 0.09 (0.07 to 0.12) | 0.07 to 0.18 |
//! | F1 of braking | 0.15 (0.11 to 0.19) | 0.06 to 0.28 |
//! | share of its accelerations that are harsh | 0.02 (0.01 to 0.04) | 0.03 to 0.07 |
//! | F1 of acceleration | 0.04 (0.02 to 0.06) | 0.03 to 0.12 |
//! | AUC of its score between aggressive and calm trips | 0.58 (0.48 to 0.67) | 0.59 |
//!
//! The levels of harsh braking and the strength of road shocks were set so that the rule fails this
//! way. So the table shows that the drives are not too easy for it, and is no independent check.
//!
//! What they lack: manoeuvres between firm and harsh, which people label differently; braking in
//! turns; somebody who touches the phone; vibration above 100 Hz other than noise.
//!
//! # References
//! Each range of a parameter is documented where it is drawn, with its source or as our choice.

mod body;
mod draws;
mod drive;
mod driver;
mod levels;
mod motion;
mod phase;
mod resonator;
mod sensors;
mod sets;
mod shocks;
mod slope;
mod truth;

pub use drive::{Drive, DriveOptions};
pub use driver::Scenario;
pub use motion::{STEPS_PER_S, Step};
pub use sensors::Mounting;
pub use sets::DriveSet;

#[cfg(test)]
mod tests;
