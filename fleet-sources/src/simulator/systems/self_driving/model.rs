use std::{ops::RangeInclusive, time::Duration};

use fleet_core::{EventTime, IdError, VehicleId, event::FleetEvent};

use super::{OdometerFault, SelfDrivingVehicle};
use crate::simulator::{draws::Draws, model::Model, options::SimulatorOptions, world::area::Area};

/// The vehicles of the self-driving pipeline: their telemetry, what they see, and what they or their drivers do.
///
/// They drive through a city, mostly on autopilot. Drivers take over, the autopilot goes off, or one follows
/// the other within 5 s; it is engaged again some time later.
///
/// # Shape
/// Ids are whole numbers of a range that each producer has for itself. A tick gives telemetry, and with it
/// what was seen and what happened: 1 to 3 events, rarely more. All wire times are naive UTC in whole seconds:
/// use an interval of whole seconds, as [`options`](Self::options) does. Way and charge agree: the odometer
/// counts whole metres, every kilometre takes 0.25 % of the battery, and each percent is worth 4 km of range.
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
    area: Area,
    takeovers_per_hour: f64,
    faults: [f64; OdometerFault::ALL.len()],
}

impl Default for SelfDrivingModel {
    /// Twenty vehicles and six takeovers an hour of driving on autopilot: our choice, so that ten minutes of
    /// a fleet hold some, and some vehicles have none.
    fn default() -> Self {
        Self {
            ids: 1..=20,
            area: Area::default(),
            takeovers_per_hour: 6.0,
            faults: [0.0; OdometerFault::ALL.len()],
        }
    }
}

impl SelfDrivingModel {
    /// Sets the range of ids; producers that run side by side have distinct ones.
    #[must_use]
    pub fn vehicle_ids(mut self, ids: RangeInclusive<u32>) -> Self {
        self.ids = ids;
        self
    }
    /// Sets where they drive.
    #[must_use]
    pub fn area(mut self, area: Area) -> Self {
        self.area = area;
        self
    }
    /// Sets how often the driver takes over or the autopilot goes off, in an hour of driving on autopilot.
    #[must_use]
    pub fn takeovers_per_hour(mut self, rate: f64) -> Self {
        self.takeovers_per_hour = rate;
        self
    }
    /// Lets odometers fail in one way, with this probability in each interval that the vehicle stands.
    #[must_use]
    pub fn odometer_fault(mut self, fault: OdometerFault, probability: f64) -> Self {
        for (known, chance) in OdometerFault::ALL.iter().zip(&mut self.faults) {
            if *known == fault {
                *chance = probability;
            }
        }
        self
    }
    /// All vehicles of the range, with one telemetry a second.
    pub fn options(&self) -> SimulatorOptions {
        SimulatorOptions::default()
            .vehicles(self.most_vehicles())
            .interval(Duration::from_secs(1))
    }

    pub(super) fn home(&self) -> Area {
        self.area
    }

    /// The probability of a takeover in this time.
    pub(super) fn takeover_chance(&self, seconds: f64) -> f64 {
        self.takeovers_per_hour * seconds / 3600.0
    }

    /// How the odometer fails in an interval, if it does.
    pub(super) fn draw_fault(&self, draws: &mut Draws) -> Option<OdometerFault> {
        let mut faults = OdometerFault::ALL.into_iter().zip(self.faults);
        let fails = |(fault, chance)| (chance > 0.0 && draws.chance(chance)).then_some(fault);
        faults.find_map(fails)
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
        let (area, rate) = (self.area, self.takeovers_per_hour);
        let [reset, rollback, jump] = self.faults;
        format!(
            "area={area}&vehicle_ids={first}-{last}&takeovers_per_hour={rate}&odometer_reset={reset}&odometer_rollback={rollback}&odometer_jump={jump}"
        )
    }

    fn vehicle(&self, number: u32, draws: &mut Draws) -> Result<SelfDrivingVehicle, IdError> {
        let id = u64::from(*self.ids.start()) + u64::from(number.saturating_sub(1));
        let id = VehicleId::new(&id.to_string())?;
        Ok(SelfDrivingVehicle::new(id, self.area, draws))
    }

    fn tick(
        &self,
        vehicle: &mut SelfDrivingVehicle,
        at: EventTime,
        draws: &mut Draws,
    ) -> FleetEvent {
        vehicle.step(self, at, draws)
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
