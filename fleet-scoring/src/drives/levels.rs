//! How hard vehicles of each class are driven, in ordinary and in harsh manoeuvres.

use crate::evaluation::VehicleClass;

/// One kind of manoeuvre, g: ordinary ones are log-normal about `median` and never pass `most`;
/// harsh ones are `least` plus an exponential excess, and never pass `limit`.
///
/// Between `most` and `least` nothing happens on purpose: there two people label differently, and a
/// label would be a coin toss.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Levels {
    pub(crate) median: f64,
    pub(crate) most: f64,
    pub(crate) least: f64,
    pub(crate) excess: f64,
    pub(crate) limit: f64,
}

/// How vehicles of one class move.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ClassLevels {
    pub(crate) brake: Levels,
    pub(crate) accel: Levels,
    pub(crate) corner: Levels,
    /// Power at the wheels per mass, W/kg: least and most.
    pub(crate) power: (f64, f64),
    /// The tightest turn, m.
    pub(crate) radius_m: f64,
    /// The fastest cruise, m/s.
    pub(crate) fastest: f64,
    /// The share of vehicles without gears.
    pub(crate) electric: f64,
}

const fn levels(median: f64, most: f64, least: f64, excess: f64, limit: f64) -> Levels {
    Levels {
        median,
        most,
        least,
        excess,
        limit,
    }
}

impl ClassLevels {
    /// The levels of a class. Our choice, between these facts: traffic brakes at 0.1 to 0.2 g; the
    /// alert levels of vendors begin at 0.25 g (bus) to 0.45 g (car) for braking and at 0.2 to
    /// 0.37 g for acceleration, but people label as harsh what often stays below 0.4 g; a car that reaches 100 km/h in 10 s has 39 W/kg; a truck of 40 t
    /// with 350 kW has 9 W/kg; loaded trucks roll over from about 0.35 g on; a dry road holds 0.8 g.
    /// Tightest turns are half the turning circles of common vehicles.
    pub(crate) const fn of(class: VehicleClass) -> Self {
        match class {
            VehicleClass::Passenger => Self {
                brake: levels(0.13, 0.22, 0.30, 0.10, 0.80),
                accel: levels(0.10, 0.16, 0.22, 0.05, 0.42),
                corner: levels(0.16, 0.30, 0.41, 0.05, 0.62),
                power: (30.0, 60.0),
                radius_m: 5.5,
                fastest: 36.0,
                electric: 0.15,
            },
            VehicleClass::Van => Self {
                brake: levels(0.12, 0.21, 0.28, 0.09, 0.70),
                accel: levels(0.09, 0.14, 0.20, 0.03, 0.32),
                corner: levels(0.15, 0.27, 0.37, 0.04, 0.52),
                power: (20.0, 35.0),
                radius_m: 6.5,
                fastest: 33.0,
                electric: 0.1,
            },
            VehicleClass::Heavy => Self {
                brake: levels(0.09, 0.17, 0.24, 0.06, 0.50),
                accel: levels(0.05, 0.08, 0.13, 0.02, 0.20),
                corner: levels(0.11, 0.19, 0.27, 0.02, 0.36),
                power: (9.0, 18.0),
                radius_m: 10.0,
                fastest: 24.5,
                electric: 0.02,
            },
            VehicleClass::Bus => Self {
                brake: levels(0.09, 0.15, 0.22, 0.06, 0.48),
                accel: levels(0.07, 0.10, 0.15, 0.02, 0.22),
                corner: levels(0.11, 0.19, 0.27, 0.03, 0.38),
                power: (11.0, 18.0),
                radius_m: 11.0,
                fastest: 27.0,
                electric: 0.3,
            },
        }
    }
}
