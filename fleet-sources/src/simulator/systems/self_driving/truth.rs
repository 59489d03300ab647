use std::collections::BTreeMap;

use fleet_core::{
    EventTime, IdError, VehicleId,
    event::{Driving, DrivingKind, ObjectClass, Perception},
    units::Distance,
};

use super::{OdometerFault, SelfDrivingModel};
use crate::simulator::{draws::Draws, model::Model, options::SimulatorOptions};

/// Under which distance, and above which speed, the pipeline's consumer sees a collision risk, m and km/h.
const RISK: (f64, f64) = (5.0, 10.0);

/// What is true about one vehicle of a simulation, whatever its odometer shows.
///
/// Counted while the vehicle drives, not from its events: what a metric must find in them.
#[derive(Clone, Debug, PartialEq)]
pub struct SelfDrivingTruth {
    /// Whose.
    pub vehicle: VehicleId,
    /// Events of telemetry.
    pub telemetry: u64,
    /// Those that say the vehicle is too fast.
    pub speeding_rows: u64,
    /// How often it became too fast.
    pub speed_violations: u64,
    /// Times that the driver took over.
    pub interventions: u64,
    /// Times that the autopilot went off.
    pub disengagements: u64,
    /// Both together, those of one occasion counted once. They lie within 5 s; occasions lie 6 s apart or more.
    pub episodes: u64,
    /// Changes of lane.
    pub lane_changes: u64,
    /// Hard brakings.
    pub hard_brakes: u64,
    /// Objects seen.
    pub perceptions: u64,
    /// Those nearer than 5 m and faster than 10 km/h, as written.
    pub collision_risks: u64,
    /// The way between the first telemetry and the last, in whole metres.
    pub distance_m: u64,
    /// The part of it after telemetry that said the autopilot is engaged.
    pub engaged_m: u64,
    /// When the odometer failed: in the interval that ends with the telemetry of this time.
    pub odometer_faults: Vec<(EventTime, OdometerFault)>,
    /// Objects seen, of each class that was.
    pub detections: BTreeMap<ObjectClass, u64>,
    /// Whether the last telemetry said the vehicle is too fast.
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

    /// The way between the first telemetry and the last.
    pub fn distance(&self) -> Distance {
        Distance::from_km(self.distance_m as f64 / 1000.0)
    }

    /// Kilometres driven for each intervention; none without one.
    pub fn km_per_intervention(&self) -> Option<f64> {
        (self.interventions > 0).then(|| self.distance().as_km() / self.interventions as f64)
    }

    pub(super) fn note_telemetry(&mut self, speeds: bool) {
        self.telemetry += 1;
        self.speeding_rows += u64::from(speeds);
        self.speed_violations += u64::from(speeds && !self.speeds);
        self.speeds = speeds;
    }

    pub(super) fn note_driving(&mut self, event: &Driving) {
        let count = match event.kind {
            DrivingKind::Intervention => &mut self.interventions,
            DrivingKind::Disengagement => &mut self.disengagements,
            DrivingKind::LaneChange => &mut self.lane_changes,
            DrivingKind::HardBrake => &mut self.hard_brakes,
            _ => return,
        };
        *count += 1;
    }

    pub(super) fn note_perception(&mut self, event: &Perception) {
        self.perceptions += 1;
        let near = event.distance.get().is_some_and(|way| way.as_m() < RISK.0);
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

impl SelfDrivingModel {
    /// What is true about every vehicle of a simulation, in the order of their numbers.
    ///
    /// # Errors
    /// Why an id is none.
    ///
    /// # Examples
    /// ```
    /// use std::time::Duration;
    /// use fleet_sources::SelfDrivingModel;
    /// let model = SelfDrivingModel::default().vehicle_ids(101..=103);
    /// let truth = model.truth(&model.options().duration(Duration::from_secs(600)))?;
    /// let ids: Vec<_> = truth.iter().map(|one| one.vehicle.as_str()).collect();
    /// assert_eq!(ids, ["101", "102", "103"]);
    /// assert!(truth.iter().all(|one| one.telemetry == 600 && one.engaged_m <= one.distance_m));
    /// # Ok::<(), fleet_core::IdError>(())
    /// ```
    ///
    /// # Cost
    /// Makes the events again, one vehicle after the other.
    pub fn truth(&self, options: &SimulatorOptions) -> Result<Vec<SelfDrivingTruth>, IdError> {
        let truth = |number| {
            let mut draws = Draws::new(options.seed, number);
            let mut vehicle = self.vehicle(number, &mut draws)?;
            for tick in 0..options.ticks() {
                self.tick(&mut vehicle, options.at(tick), &mut draws);
                while self.more(&mut vehicle).is_some() {}
            }
            Ok(vehicle.into_truth())
        };
        (1..=options.vehicles).map(truth).collect()
    }
}
