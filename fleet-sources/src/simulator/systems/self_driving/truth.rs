//! The truth about a simulated vehicle, with which metrics over its events can be compared.

use std::collections::BTreeMap;

use fleet_core::{
    EventTime, VehicleId,
    event::{Driving, DrivingKind, ObjectClass, Perception},
    units::Distance,
};

use super::odometer::OdometerFault;

/// The distance, m, below which and the speed, km/h, above which the pipeline's consumer reports a
/// collision risk.
const RISK: (f64, f64) = (5.0, 10.0);

/// The truth about one vehicle of a simulation, whatever its odometer shows.
///
/// It is counted while the vehicle drives, not from its events: it is what a metric over the events
/// must arrive at.
#[derive(Clone, Debug, PartialEq)]
pub struct SelfDrivingTruth {
    /// The id of the vehicle.
    pub vehicle: VehicleId,
    /// The number of telemetry events.
    pub telemetry: u64,
    /// The number of telemetry events with the speeding flag.
    pub speeding_rows: u64,
    /// The number of times that the vehicle began to speed.
    pub speed_violations: u64,
    /// The number of times that the driver took over.
    pub interventions: u64,
    /// The number of times that the autopilot disengaged.
    pub disengagements: u64,
    /// The number of takeovers: an intervention and a disengagement within 5 s count as one.
    /// Takeovers are at least 6 s apart.
    pub episodes: u64,
    /// The number of lane changes.
    pub lane_changes: u64,
    /// The number of hard brakings.
    pub hard_brakes: u64,
    /// The number of objects perceived.
    pub perceptions: u64,
    /// The number of objects nearer than 5 m and faster than 10 km/h, by the values as written.
    pub collision_risks: u64,
    /// The distance between the first telemetry and the last, in whole metres.
    pub distance_m: u64,
    /// The part of that distance driven after telemetry in which the autopilot was engaged.
    pub engaged_m: u64,
    /// The odometer's faults, each with the time of the first telemetry after it.
    pub odometer_faults: Vec<(EventTime, OdometerFault)>,
    /// The number of objects perceived, by class.
    pub detections: BTreeMap<ObjectClass, u64>,
    /// Whether the last telemetry had the speeding flag.
    speeds: bool,
}

impl SelfDrivingTruth {
    pub(super) fn new(vehicle: VehicleId) -> Self {
        Self {
            vehicle,
            telemetry: 0,
            speeding_rows: 0,
            speed_violations: 0,
            interventions: 0,
            disengagements: 0,
            episodes: 0,
            lane_changes: 0,
            hard_brakes: 0,
            perceptions: 0,
            collision_risks: 0,
            distance_m: 0,
            engaged_m: 0,
            odometer_faults: Vec::new(),
            detections: BTreeMap::new(),
            speeds: false,
        }
    }

    /// The distance between the first telemetry and the last.
    pub fn distance(&self) -> Distance {
        Distance::from_km(self.distance_m as f64 / 1000.0)
    }

    /// Kilometres driven per intervention, or `None` without interventions.
    pub fn km_per_intervention(&self) -> Option<f64> {
        (self.interventions > 0).then(|| self.distance().as_km() / self.interventions as f64)
    }

    pub(super) fn count_telemetry(&mut self, speeds: bool) {
        self.telemetry += 1;
        self.speeding_rows += u64::from(speeds);
        self.speed_violations += u64::from(speeds && !self.speeds);
        self.speeds = speeds;
    }

    pub(super) fn count_driving(&mut self, event: &Driving) {
        let count = match event.kind {
            DrivingKind::Intervention => &mut self.interventions,
            DrivingKind::Disengagement => &mut self.disengagements,
            DrivingKind::LaneChange => &mut self.lane_changes,
            DrivingKind::HardBrake => &mut self.hard_brakes,
            _ => return,
        };
        *count += 1;
    }

    pub(super) fn count_perception(&mut self, event: &Perception) {
        self.perceptions += 1;
        let near = event
            .distance
            .get()
            .is_some_and(|distance| distance.as_m() < RISK.0);
        let fast = event
            .speed
            .get()
            .is_some_and(|speed| speed.as_kmh() > RISK.1);
        self.collision_risks += u64::from(near && fast);
        if let Some(class) = event.class {
            *self.detections.entry(class).or_default() += 1;
        }
    }
}
