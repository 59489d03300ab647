//! Scoring profiles, one file each.

mod seed_fleetflow;

pub use seed_fleetflow::{EmptyTrip, SeedFleetflow};
