mod check;
mod fleetflow;
mod fleetstream;
mod ford;
mod golden;
#[path = "../../../tests/support/plain.rs"]
mod plain;
mod self_driving;
mod several;
mod source;
mod vehicleops;
