//! The simulated systems, one folder each; each has a [`Model`](super::Model) of its vehicles.

pub(super) mod fleetflow;
pub(super) mod fleetstream;
pub(super) mod ford;
pub(super) mod self_driving;
pub(super) mod vehicleops;
