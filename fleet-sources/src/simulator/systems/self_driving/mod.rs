//! The vehicles of the self-driving pipeline, and what is true about them.

mod journey;
mod model;
mod odometer;
mod truth;
mod vehicle;

pub use model::SelfDrivingModel;
pub use odometer::OdometerFault;
pub use truth::SelfDrivingTruth;
pub use vehicle::SelfDrivingVehicle;
