//! The metrics of self-driving vehicles as sums, and the ratios made of them.

use fleet_core::{
    ContentId, EventTime, VehicleId,
    event::{Driving, DrivingKind, Initiator, ObjectClass},
    odometry::Anomaly,
};

use super::KmPer;

const CLASSES: usize = ObjectClass::ALL.len();
const INITIATORS: usize = Initiator::ALL.len();
const FAULTS: usize = 4;

/// The metrics of self-driving vehicles as sums: of one vehicle and hour, or of any number of them.
///
/// # Guarantees
/// All sums are whole numbers: [`merge`](Self::merge) is associative and commutative to the last
/// bit.
///
/// # Examples
/// The ratio of a fleet is that of its sums, not the mean of the vehicles' ratios:
/// ```
/// use fleet_rules::SelfDriving;
/// let car = |km: i64, interventions| SelfDriving {
///     distance_um: km * 1_000_000_000,
///     interventions,
///     ..SelfDriving::default()
/// };
/// let mut fleet = car(900, 1);
/// fleet.merge(&car(100, 1));
/// assert_eq!(fleet.km_per_intervention().km, Some(500.0));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct SelfDriving {
    /// Telemetry events.
    pub telemetry: u64,
    /// Interventions: a human or remote operator took control while the system was engaged.
    pub interventions: u64,
    /// Disengagements: the system left the engaged state, unplanned.
    pub disengagements: u64,
    /// Disengagements by initiator, in the order of [`Initiator::ALL`]; a missing one counts as
    /// unknown.
    pub disengagements_by: [u64; INITIATORS],
    /// Planned interventions and disengagements: handing back control at the end of a route is no
    /// disengagement (13 CCR § 227.02).
    pub planned: u64,
    /// Takeovers: an intervention and its disengagement count once.
    pub episodes: u64,
    /// Distance driven, micrometres.
    pub distance_um: i64,
    /// Distance driven with the system engaged, micrometres.
    pub engaged_um: i64,
    /// Distance computed from speed or position instead of the odometer, micrometres.
    pub estimated_um: i64,
    /// Time with a known engaged state, microseconds.
    pub observed_us: i64,
    /// Time with the system engaged, microseconds.
    pub engaged_us: i64,
    /// Speed violations: changes from no violation to a violation.
    pub speed_violations: u64,
    /// Telemetry events in violation: the count of the described system.
    pub speeding_rows: u64,
    /// Detected objects by class, in the order of [`ObjectClass::ALL`]; a missing one counts as
    /// unknown.
    pub detections: [u64; CLASSES],
    /// Odometer readings that rolled back, were reset, jumped, or were stuck.
    pub odometer_faults: [u64; FAULTS],
}

fn add<const N: usize>(into: &mut [u64; N], other: &[u64; N]) {
    for (into, other) in into.iter_mut().zip(other) {
        *into += other;
    }
}

fn count<const N: usize>(of: &mut [u64; N], place: usize) {
    if let Some(slot) = of.get_mut(place) {
        *slot += 1;
    }
}

pub(super) fn km(um: i64) -> f64 {
    um as f64 / 1e9
}

impl SelfDriving {
    /// Adds other sums.
    pub fn merge(&mut self, other: &Self) {
        self.telemetry += other.telemetry;
        self.interventions += other.interventions;
        self.disengagements += other.disengagements;
        self.planned += other.planned;
        self.episodes += other.episodes;
        self.distance_um += other.distance_um;
        self.engaged_um += other.engaged_um;
        self.estimated_um += other.estimated_um;
        self.observed_us += other.observed_us;
        self.engaged_us += other.engaged_us;
        self.speed_violations += other.speed_violations;
        self.speeding_rows += other.speeding_rows;
        add(&mut self.disengagements_by, &other.disengagements_by);
        add(&mut self.detections, &other.detections);
        add(&mut self.odometer_faults, &other.odometer_faults);
    }

    pub(super) fn count_driving(&mut self, event: &Driving) {
        match event.kind {
            DrivingKind::Intervention | DrivingKind::Disengagement
                if event.planned == Some(true) =>
            {
                self.planned += 1;
            }
            DrivingKind::Intervention => self.interventions += 1,
            DrivingKind::Disengagement => {
                self.disengagements += 1;
                let by = event.initiator.unwrap_or(Initiator::Unknown);
                count(&mut self.disengagements_by, by as usize);
            }
            _ => {}
        }
    }

    pub(super) fn count_detection(&mut self, class: Option<ObjectClass>) {
        count(
            &mut self.detections,
            class.unwrap_or(ObjectClass::Unknown) as usize,
        );
    }

    pub(super) fn count_anomaly(&mut self, anomaly: Anomaly) {
        count(&mut self.odometer_faults, anomaly as usize);
    }

    /// The distance driven, kilometres.
    pub fn km(&self) -> f64 {
        km(self.distance_um)
    }
    /// The distance driven with the system engaged, kilometres.
    pub fn engaged_km(&self) -> f64 {
        km(self.engaged_um)
    }
    /// Detected objects of one class.
    pub fn detections_of(&self, class: ObjectClass) -> u64 {
        self.detections.get(class as usize).copied().unwrap_or(0)
    }
    /// Unplanned disengagements by one initiator.
    pub fn disengagements_of(&self, by: Initiator) -> u64 {
        self.disengagements_by
            .get(by as usize)
            .copied()
            .unwrap_or(0)
    }
    /// How often an odometer had this anomaly.
    pub fn odometer_faults_of(&self, anomaly: Anomaly) -> u64 {
        self.odometer_faults
            .get(anomaly as usize)
            .copied()
            .unwrap_or(0)
    }
    /// The share of time engaged, 0 to 1, of the time with a known engaged state; `None` if no
    /// such time is known.
    pub fn engaged_share(&self) -> Option<f64> {
        (self.observed_us > 0).then(|| self.engaged_us as f64 / self.observed_us as f64)
    }
    /// Distance per intervention, as the described system defines it.
    pub fn km_per_intervention(&self) -> KmPer {
        KmPer::of(self.km(), self.interventions)
    }
    /// Distance driven engaged per intervention: the number to publish.
    pub fn engaged_km_per_intervention(&self) -> KmPer {
        KmPer::of(self.engaged_km(), self.interventions)
    }
    /// Distance per disengagement.
    pub fn km_per_disengagement(&self) -> KmPer {
        KmPer::of(self.km(), self.disengagements)
    }
    /// Distance per takeover.
    pub fn km_per_episode(&self) -> KmPer {
        KmPer::of(self.km(), self.episodes)
    }
    /// Distance per intervention or disengagement. A takeover with both counts twice, as in the
    /// described system's public project; use it only to compare with that project.
    pub fn km_per_either(&self) -> KmPer {
        KmPer::of(self.km(), self.interventions + self.disengagements)
    }
}

/// Partial sums of one vehicle and hour. Add up all rows of the hour.
#[derive(Clone, Debug, PartialEq)]
pub struct SelfDrivingHour {
    /// Derived from the content.
    pub id: ContentId,
    /// The vehicle.
    pub vehicle: VehicleId,
    /// The start of the hour.
    pub start: EventTime,
    /// The sums to add.
    pub sums: SelfDriving,
}
