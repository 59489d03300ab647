//! The self-driving pipeline: vehicles on autopilot, and the truth behind their events.

mod autopilot;
mod behaviour;
mod journey;
mod model;
mod motion;
mod odometer;
mod perception;
mod truth;
mod vehicle;

pub use model::SelfDrivingModel;
pub use odometer::OdometerFault;
pub use truth::SelfDrivingTruth;
pub use vehicle::SelfDrivingVehicle;
