//! One synthetic drive: options, motion, recording, truth.

use fleet_core::event::AlertKind;

use super::{
    body,
    draws::Draws,
    driver::{Driver, Scenario},
    levels::ClassLevels,
    motion::{self, Step},
    sensors::{self, Mounting},
    truth,
};
use crate::evaluation::{Interval, Labelled, Style, VehicleClass};

/// Which drive to make.
///
/// # Examples
/// ```
/// use fleet_scoring::{
///     drives::{DriveOptions, Mounting},
///     evaluation::{Style, VehicleClass},
/// };
/// let drive = DriveOptions {
///     class: VehicleClass::Passenger,
///     mounting: Mounting::Earth,
///     rate_hz: 50.0,
///     style: Style::Aggressive,
///     seconds: 60.0,
///     seed: 7,
///     ..DriveOptions::default()
/// }
/// .drive();
/// assert!(drive.steps.iter().all(|step| step.speed >= 0.0));
/// assert_eq!(drive.labelled.recording.acceleration.unwrap()[0].len(), 3000);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct DriveOptions {
    /// The class of the vehicle.
    pub class: VehicleClass,
    /// How the device is mounted.
    pub mounting: Mounting,
    /// Samples per second.
    pub rate_hz: f64,
    /// How the driver drives.
    pub style: Style,
    /// What kind of driving it is.
    pub scenario: Scenario,
    /// The length, seconds.
    pub seconds: f64,
    /// Equal options and seeds give equal drives, on one platform: the last bits of logarithms and
    /// sines may differ between platforms.
    pub seed: u64,
}

/// A calm passenger car for ten minutes, mounted along its axes, at 50 Hz.
impl Default for DriveOptions {
    fn default() -> Self {
        Self {
            class: VehicleClass::Passenger,
            mounting: Mounting::Vehicle,
            rate_hz: 50.0,
            style: Style::Calm,
            scenario: Scenario::Mixed,
            seconds: 600.0,
            seed: 0,
        }
    }
}

/// A synthetic drive.
#[derive(Clone, Debug, PartialEq)]
pub struct Drive {
    /// The recording with its labels.
    pub labelled: Labelled,
    /// The true motion, [`STEPS_PER_S`](super::STEPS_PER_S) steps each second from the first sample
    /// on.
    pub steps: Vec<Step>,
}

impl DriveOptions {
    /// Makes the drive.
    pub fn drive(&self) -> Drive {
        let levels = ClassLevels::of(self.class);
        let mut draws = Draws::new(self.seed);
        let mut driver = Driver::new(levels, self.style, self.scenario, draws.branch());
        let motion = motion::drive(levels, &mut driver, self.seconds, draws.branch());
        let felt = body::ride(&motion.steps, draws.branch());
        let (recording, gaps) = sensors::record(self, &motion.steps, &felt, draws.branch());
        let mut labels = truth::labels(&motion, &levels);
        labels.retain(|label| !is_lost(label, &gaps));
        let metres = motion.steps.last().map_or(0.0, |step| step.distance);
        Drive {
            labelled: Labelled {
                recording,
                labels,
                kinds: vec![
                    AlertKind::HarshBrake,
                    AlertKind::RapidAccel,
                    AlertKind::HarshCorner,
                ],
                style: (self.scenario == Scenario::Mixed).then_some(self.style),
                distance_km: Some(metres / 1000.0),
                cell: self.cell(),
            },
            steps: motion.steps,
        }
    }

    /// The name of the recording.
    pub(crate) fn name(&self) -> String {
        let style = self.style.as_word();
        format!("{}-{style}-{:016x}", self.cell().join("-"), self.seed)
    }

    fn cell(&self) -> Vec<String> {
        vec![
            format!("{}Hz", self.rate_hz),
            self.mounting.as_word().to_owned(),
            self.class.as_word().to_owned(),
        ]
    }
}

/// Whether more than a third of an event lies in gaps of the recording. Nobody can find it there.
fn is_lost(label: &Interval, gaps: &[(f64, f64)]) -> bool {
    let covered = gaps.iter().map(|(from, to)| {
        let overlap = to.min(label.end_s) - from.max(label.start_s);
        overlap.max(0.0)
    });
    covered.sum::<f64>() > (label.end_s - label.start_s) / 3.0
}
