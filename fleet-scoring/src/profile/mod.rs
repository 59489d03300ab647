//! Scoring profiles, one file each.
//!
//! | profile | what it is |
//! |---|---|
//! | [`per_100km`] | recommended: rates and shares, re-weighted over what is measured |
//! | [`samsara_2016`] | Samsara's formula of 2016 |
//! | [`geotab`] | Geotab's safety scorecard |
//! | [`SeedFleetflow`], [`seed_fleetflow`] | FleetFlow: a penalty for each harsh sample |
//! | [`seed_fleetflow_v2`] | FleetFlow, second version: a penalty for each run |

mod geotab;
mod per_100km;
mod samsara_2016;
mod seed_fleetflow;
mod seed_fleetflow_v2;

use std::borrow::Cow;

use crate::score::{Cause, Component, Curve, Factor, Quantity};

pub use geotab::geotab;
pub use per_100km::{distraction, per_100km, seat_belt};
pub use samsara_2016::samsara_2016;
pub use seed_fleetflow::{EmptyTrip, SeedFleetflow, seed_fleetflow};
pub use seed_fleetflow_v2::{FIRST_LIMITS, LIMITS, RunLimits, conditions_at, seed_fleetflow_v2};

/// A component that charges for each unit of a quantity alike, without cap and prior.
fn linear(
    name: &'static str,
    causes: &[Cause],
    quantity: Quantity,
    unit: &'static str,
    weight: f64,
) -> Component {
    Component {
        name: Cow::Borrowed(name),
        causes: causes.to_vec(),
        quantity,
        unit: Cow::Borrowed(unit),
        factor: Factor::One,
        curve: Curve::Linear,
        weight,
        cap: None,
        prior: 0.0,
    }
}

/// A component that charges for each event alike, however much was driven.
fn count(name: &'static str, cause: Cause, unit: &'static str, weight: f64) -> Component {
    linear(name, &[cause], Quantity::Count, unit, weight)
}
