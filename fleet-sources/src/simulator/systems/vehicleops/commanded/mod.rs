//! Vehicles of VehicleOps that obey commands and drive missions.
//!
//! | file | holds |
//! |---|---|
//! | `report` | what a vehicle reports: telemetry, outcomes of commands, mission events |
//! | `errand` | what a vehicle is about: roaming, a mission, the way home |
//! | `known` | the commands that a vehicle has seen |
//! | `vehicle` | a vehicle between two ticks, and its ticks |
//! | `obey` | what each command changes |
//! | `operator` | [`ObeyCommands`], which runs the vehicles in a graph |

mod errand;
mod known;
mod obey;
mod operator;
mod report;
mod vehicle;

pub use operator::{CommandedVehicle, ObeyCommands};
pub use report::VehicleReport;
