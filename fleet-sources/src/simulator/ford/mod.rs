//! The vehicles of the Ford fleet demo.

mod model;
mod tenant;

pub use model::{FordModel, FordVehicle};
pub use tenant::FordCustomer;
