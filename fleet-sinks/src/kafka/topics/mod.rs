//! Topics as code: declared once, made where they are missing, and compared where they are there.
//!
//! # Examples
//! ```no_run
//! use fleet_sinks::kafka::{KafkaSinkOptions, topics};
//!
//! # async fn example() -> fleet_core::Result<()> {
//! let declared = topics::vehicleops();
//! let made = topics::ensure("localhost:9092", &declared, &KafkaSinkOptions::default()).await?;
//! assert!(made.len() <= 5);
//! # Ok(()) }
//! ```

mod difference;
mod ensure;
mod presets;
#[cfg(test)]
mod tests;
mod topic;

pub use ensure::{ensure, make_missing};
pub use presets::{fleetstream, ford, self_driving, vehicleops, vehicleops_outcomes};
pub use topic::{CleanupPolicy, TimestampType, Topic};
