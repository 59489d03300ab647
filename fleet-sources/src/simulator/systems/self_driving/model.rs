//! The model of the self-driving pipeline's vehicles.

use std::{ops::RangeInclusive, time::Duration};

use fleet_core::{EventTime, IdError, VehicleId, event::FleetEvent};

use super::{
    behaviour::Behaviour, odometer::OdometerFault, truth::SelfDrivingTruth,
    vehicle::SelfDrivingVehicle,
};
use crate::simulator::{draws::Draws, model::Model, options::SimulatorOptions, world::area::Area};

/// The vehicles of the self-driving pipeline, with telemetry, perceived objects and driving events.
///
/// They drive through a city, mostly on autopilot. From time to time the driver intervenes, the
/// autopilot disengages, or one follows the other within 5 s; some time later the autopilot is
/// engaged again.
///
/// # Shape
/// Ids are whole numbers, from a range that is distinct for each producer. A tick sends telemetry,
/// and with it perceived objects and driving events: 1 to 3 events, rarely more. The system writes
/// all times as naive UTC in whole seconds, so use an interval of whole seconds, as
/// [`options`](Self::options) does. Distance and charge are consistent: the odometer counts whole
/// metres, a kilometre uses 0.25 % of the battery, and each percent is worth 4 km of range.
///
/// # Examples
/// ```
/// use fleet_core::EventTime;
/// use fleet_sources::{SelfDrivingModel, simulator::{Draws, Model, OdometerFault}};
/// let model = SelfDrivingModel::default()
///     .vehicle_ids(201..=220)
///     .odometer_fault(OdometerFault::Reset, 0.001);
/// assert_eq!(model.options().vehicles, 20);
/// let mut draws = Draws::new(1, 1);
/// let mut vehicle = model.vehicle(1, &mut draws)?;
/// let event = model.tick(&mut vehicle, EventTime::MIN, &mut draws);
/// assert_eq!(event.telemetry().unwrap().vehicle().as_str(), "201");
/// while let Some(event) = model.more(&mut vehicle) {
///     assert!(event.telemetry().is_none());
/// }
/// # Ok::<(), fleet_core::IdError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct SelfDrivingModel {
    ids: RangeInclusive<u32>,
    behaviour: Behaviour,
}

impl Default for SelfDrivingModel {
    /// Twenty vehicles, and six takeovers per hour of driving on autopilot. Our choice: in ten
    /// minutes the fleet has some takeovers, and some vehicles have none.
    fn default() -> Self {
        Self {
            ids: 1..=20,
            behaviour: Behaviour {
                area: Area::default(),
                takeovers_per_hour: 6.0,
                odometer_faults: [0.0; OdometerFault::ALL.len()],
            },
        }
    }
}

impl SelfDrivingModel {
    /// Sets the range of ids; producers that run side by side need distinct ranges.
    #[must_use]
    pub fn vehicle_ids(mut self, ids: RangeInclusive<u32>) -> Self {
        self.ids = ids;
        self
    }
    /// Sets the area in which they drive.
    #[must_use]
    pub fn area(mut self, area: Area) -> Self {
        self.behaviour.area = area;
        self
    }
    /// Sets the number of takeovers per hour of driving on autopilot: interventions by the driver,
    /// disengagements, or both together.
    #[must_use]
    pub fn takeovers_per_hour(mut self, rate: f64) -> Self {
        self.behaviour.takeovers_per_hour = rate;
        self
    }
    /// Sets the probability of an odometer fault in each interval in which the vehicle stands.
    #[must_use]
    pub fn odometer_fault(mut self, fault: OdometerFault, probability: f64) -> Self {
        self.behaviour.set_odometer_fault(fault, probability);
        self
    }
    /// The options for all vehicles of the range, with one telemetry event a second.
    pub fn options(&self) -> SimulatorOptions {
        SimulatorOptions::default()
            .vehicles(self.most_vehicles())
            .interval(Duration::from_secs(1))
    }

    /// Simulates the fleet and returns the truth about every vehicle, in the order of their
    /// numbers.
    ///
    /// # Errors
    /// If a vehicle's id would be invalid.
    ///
    /// # Examples
    /// ```
    /// use std::time::Duration;
    /// use fleet_sources::SelfDrivingModel;
    /// let model = SelfDrivingModel::default().vehicle_ids(101..=103);
    /// let truth = model.truth(&model.options().duration(Duration::from_secs(600)))?;
    /// let ids: Vec<_> = truth.iter().map(|truth| truth.vehicle.as_str()).collect();
    /// assert_eq!(ids, ["101", "102", "103"]);
    /// assert!(truth.iter().all(|one| one.telemetry == 600 && one.engaged_m <= one.distance_m));
    /// # Ok::<(), fleet_core::IdError>(())
    /// ```
    ///
    /// # Cost
    /// Generates all events, one vehicle after the other.
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

impl Model for SelfDrivingModel {
    type Event = FleetEvent;
    type Vehicle = SelfDrivingVehicle;

    fn name(&self) -> &'static str {
        "self-driving"
    }

    fn settings(&self) -> String {
        let (first, last) = (self.ids.start(), self.ids.end());
        let (area, rate) = (self.behaviour.area, self.behaviour.takeovers_per_hour);
        let [reset, rollback, jump] = self.behaviour.odometer_faults;
        format!(
            "area={area}&vehicle_ids={first}-{last}&takeovers_per_hour={rate}&odometer_reset={reset}&odometer_rollback={rollback}&odometer_jump={jump}"
        )
    }

    fn vehicle(&self, number: u32, draws: &mut Draws) -> Result<SelfDrivingVehicle, IdError> {
        let id = u64::from(*self.ids.start()) + u64::from(number.saturating_sub(1));
        let id = VehicleId::new(&id.to_string())?;
        Ok(SelfDrivingVehicle::new(id, &self.behaviour, draws))
    }

    fn tick(
        &self,
        vehicle: &mut SelfDrivingVehicle,
        at: EventTime,
        draws: &mut Draws,
    ) -> FleetEvent {
        vehicle.step(&self.behaviour, at, draws)
    }

    fn more(&self, vehicle: &mut SelfDrivingVehicle) -> Option<FleetEvent> {
        vehicle.next_event()
    }

    fn most_vehicles(&self) -> u32 {
        let (first, last) = (self.ids.start(), self.ids.end());
        last.checked_sub(*first)
            .map_or(0, |more| more.saturating_add(1))
    }
}
