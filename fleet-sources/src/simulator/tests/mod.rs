//! Tests of the simulator and of each model.

mod check;
mod commanded;
mod fleetflow;
mod fleetstream;
mod ford;
mod golden;
mod plain;
mod self_driving;
mod several;
mod source;
mod vehicleops;
