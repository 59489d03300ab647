//! Synthetic drives with known truth, to tune and to measure detectors of harsh events.
//!
//! A driver chains manoeuvres; a vehicle follows with what engine, gears and tyres can do; its body
//! pitches, rolls and shakes; a device with errors of its own records it. What the driver did on
//! purpose, and the vehicle followed, is the truth.
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
