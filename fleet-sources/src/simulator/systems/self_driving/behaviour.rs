//! The settings of a fleet that its vehicles depend on while they drive.

use super::odometer::OdometerFault;
use crate::simulator::{draws::Draws, world::area::Area};

/// Where vehicles drive, and how often their drivers take over and their odometers fail.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Behaviour {
    pub(super) area: Area,
    pub(super) takeovers_per_hour: f64,
    /// The probability of each odometer fault, in the order of [`OdometerFault::ALL`].
    pub(super) odometer_faults: [f64; OdometerFault::ALL.len()],
}

impl Behaviour {
    pub(super) fn set_odometer_fault(&mut self, fault: OdometerFault, probability: f64) {
        for (known, chance) in OdometerFault::ALL.iter().zip(&mut self.odometer_faults) {
            if *known == fault {
                *chance = probability;
            }
        }
    }

    /// The probability of a takeover in this time.
    pub(super) fn takeover_chance(&self, seconds: f64) -> f64 {
        self.takeovers_per_hour * seconds / 3600.0
    }

    /// Draws whether the odometer fails in an interval, and how.
    pub(super) fn draw_odometer_fault(&self, draws: &mut Draws) -> Option<OdometerFault> {
        let mut faults = OdometerFault::ALL.into_iter().zip(self.odometer_faults);
        let fails = |(fault, chance)| (chance > 0.0 && draws.chance(chance)).then_some(fault);
        faults.find_map(fails)
    }
}
