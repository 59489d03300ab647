//! How the systems write their events, one file each.

mod contract;
mod json;
mod lines;
mod native;
mod object;
mod unit;
mod vehicleops;

pub use contract::{Dialect, Refused};
pub use json::Json;
pub use lines::MAX_RECORD_BYTES;
pub use native::Native;
pub use vehicleops::VehicleOps;
