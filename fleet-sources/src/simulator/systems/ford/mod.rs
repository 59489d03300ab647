//! The Ford fleet demo: vehicles of two customers in six sales territories.

mod env;
mod model;
mod territory;

pub use env::FordEnv;
pub use model::{FordModel, FordVehicle};
pub use territory::FordCustomer;
