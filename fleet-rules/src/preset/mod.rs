//! The rules of the described systems.

mod vehicleops;

pub use vehicleops::vehicleops;
