//! Sets of drives: one to develop a detector on, and ones to measure it on.

use super::{draws::mix, drive::DriveOptions, driver::Scenario, sensors::Mounting};
use crate::evaluation::{Style, VehicleClass};

/// A set of drives: every rate, mounting and class, with aggressive and calm trips in each cell.
///
/// Whoever tunes a detector looks at the development set. Evaluation sets follow from the
/// detector's parameters: a change of any parameter gives other drives, so nobody can tune on them,
/// neither by accident nor by trying again, and one set of parameters always gives the same drives.
///
/// # Shape
/// The rates are 1, 50, 100 and 16,000 Hz with each of three mountings of an accelerometer, and
/// 1 Hz with speed alone, each with four classes: 52 cells.
///
/// # Examples
/// ```
/// use fleet_scoring::drives::DriveSet;
/// let development = DriveSet::development().with_drives_per_cell(5);
/// assert_eq!(development.drives().count(), 52 * 5);
/// let one = DriveSet::evaluation(b"brake 0.35 g, 0.5 s");
/// let other = DriveSet::evaluation(b"brake 0.34 g, 0.5 s");
/// assert!(one.drives().zip(other.drives()).all(|(one, other)| one.seed != other.seed));
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct DriveSet {
    seed: u64,
    per_cell: u64,
    seconds: f64,
    rates: Vec<f64>,
}

/// Drives in a cell: four aggressive, four calm, one of hard turns, one on a motorway.
const PER_CELL: u64 = 10;
/// The length of a drive, seconds. Our choice: some five harsh events of each kind in an aggressive
/// one.
const SECONDS: f64 = 900.0;
/// The length of a fast drive: five minutes are 4.8 million samples of each axis.
const FAST_SECONDS: f64 = 300.0;
/// The rates that receivers, phones, trackers and laboratory recorders have.
const RATES: [f64; 4] = [1.0, 50.0, 100.0, 16_000.0];

impl DriveSet {
    /// The drives to develop a detector on, and to choose its parameters.
    pub fn development() -> Self {
        Self::of_seed(mix(0xde7e_10b3))
    }

    /// Drives to measure a detector on that has these parameters: all of them, in any form that
    /// changes when one of them does, such as the bytes of the table.
    pub fn evaluation(parameters: &[u8]) -> Self {
        // FNV-1a, from a start that no development seed has.
        let start = mix(0xe7a1_0a7e);
        let seed = parameters.iter().fold(start, |hash, byte| {
            (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
        });
        Self::of_seed(mix(seed))
    }

    fn of_seed(seed: u64) -> Self {
        Self {
            seed,
            per_cell: PER_CELL,
            seconds: SECONDS,
            rates: RATES.to_vec(),
        }
    }

    /// Sets the number of drives in each cell: more for narrower intervals, fewer for a quick look.
    /// By default 10. In each ten there are four aggressive trips, four calm ones, one of hard turns
    /// without harsh braking, and one on a motorway.
    #[must_use]
    pub fn with_drives_per_cell(mut self, drives: u64) -> Self {
        self.per_cell = drives;
        self
    }

    /// Sets the length of the drives, seconds. By default 900, and a third of that above 200 Hz.
    #[must_use]
    pub fn with_seconds(mut self, seconds: f64) -> Self {
        self.seconds = seconds;
        self
    }

    /// Sets the rates, samples per second. By default 1, 50, 100 and 16,000.
    #[must_use]
    pub fn with_rates(mut self, hz: &[f64]) -> Self {
        self.rates = hz.to_vec();
        self
    }

    /// The options of each drive, cell by cell. Make a drive, use it, and drop it: those at 16 kHz
    /// have 60 to 80 MB each.
    pub fn drives(&self) -> impl Iterator<Item = DriveOptions> + '_ {
        let cells = self.cells();
        (0_u64..)
            .zip(cells)
            .flat_map(move |(cell, (mounting, rate_hz, class))| {
                (0..self.per_cell).map(move |number| {
                    let (style, scenario) = kind(number);
                    let fast = rate_hz > 200.0;
                    DriveOptions {
                        class,
                        mounting,
                        rate_hz,
                        style,
                        scenario,
                        seconds: self.seconds * if fast { FAST_SECONDS / SECONDS } else { 1.0 },
                        seed: mix(self.seed ^ mix(cell << 32 | number)),
                    }
                })
            })
    }

    fn cells(&self) -> Vec<(Mounting, f64, VehicleClass)> {
        let mut cells = Vec::new();
        for mounting in Mounting::ALL {
            let rates: &[f64] = match mounting {
                Mounting::SpeedAlone => &[1.0],
                _ => &self.rates,
            };
            for rate in rates {
                cells.extend(VehicleClass::ALL.map(|class| (mounting, *rate, class)));
            }
        }
        cells
    }
}

/// The style and scenario of a drive by its number within the cell.
fn kind(number: u64) -> (Style, Scenario) {
    match number % 10 {
        8 => (Style::Calm, Scenario::HardTurns),
        9 => (Style::Calm, Scenario::Motorway),
        even if even % 2 == 0 => (Style::Aggressive, Scenario::Mixed),
        _ => (Style::Calm, Scenario::Mixed),
    }
}
