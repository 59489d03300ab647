//! The model of the VehicleOps simulator's vehicles.

use fleet_core::{
    EventTime, FleetId, GeoPoint, IdError, VehicleId,
    event::{Status, Telemetry},
    units::{Latitude, Longitude, Percent, Speed, Temperature, round_decimals},
};

use super::scenario::Scenario;
use crate::simulator::{draws::Draws, model::Model, world::area::Area};

/// The largest distance from the centre at the beginning, degrees in each direction.
const SPREAD_DEG: f64 = 0.05;
/// The largest movement in a tick, degrees in each direction.
const STEP_DEG: f64 = 0.0003;
/// The range of speeds, km/h.
const SPEED_KMH: (f64, f64) = (5.0, 60.0);
/// How often a vehicle with faults speeds, and its speed then, km/h.
const SPEEDING: f64 = 0.05;
const SPEEDING_KMH: (f64, f64) = (90.0, 120.0);
/// The battery charge used in a tick, percent.
const DRAIN_PCT: (f64, f64) = (0.0, 0.05);
/// The range of engine temperatures, Celsius.
const ENGINE_C: (f64, f64) = (60.0, 105.0);
/// The range of loads, percent.
const LOAD_PCT: (f64, f64) = (20.0, 95.0);
/// The probability that a battery fails in a tick. Our choice, because the system's description
/// promises failures and its code has none: about half of the vehicles within ten minutes.
const FAILURE: f64 = 1.0 / 2000.0;
/// The charge after a failure, percent. Our choice: below the 15 % at which the system warns.
const FAILED_PCT: (f64, f64) = (5.0, 14.0);

/// The vehicles of the VehicleOps simulator.
///
/// Each vehicle begins within 0.05° of the centre of its area with a full battery, and follows a
/// random walk. Speed, engine temperature and load are drawn anew in each tick, from the ranges of
/// the original. As there, the status is [derived](Status::derive) from the numbers before they are
/// rounded.
///
/// A vehicle with faults speeds in 5 % of its ticks, as in the original. Its battery drops to 5-14
/// % with a probability of 1/2000 a tick, which is our choice. Batteries never charge.
///
/// # Shape
/// Ids are `{fleet}-VH-001` and so on. Coordinates have 6 decimals, speed 2, other values 1. A tick
/// draws, in this order: latitude, longitude, whether the vehicle speeds (with faults), speed,
/// battery use, engine temperature, load, and whether the battery fails and its charge then (with
/// faults).
///
/// # Examples
/// ```
/// use fleet_core::EventTime;
/// use fleet_sources::simulator::{Area, Draws, Model, Scenario, VehicleOpsModel};
/// let model = VehicleOpsModel::default().area(Area::Warsaw).scenario(Scenario::Normal);
/// let mut draws = Draws::new(1, 1);
/// let mut vehicle = model.vehicle(1, &mut draws)?;
/// let event = model.tick(&mut vehicle, EventTime::MIN, &mut draws);
/// assert_eq!(event.vehicle().as_str(), "fleet-demo-001-VH-001");
/// assert!((5.0..60.0).contains(&event.speed().unwrap().as_kmh()));
/// # Ok::<(), fleet_core::IdError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VehicleOpsModel {
    fleet: String,
    area: Area,
    scenario: Scenario,
}

impl Default for VehicleOpsModel {
    fn default() -> Self {
        Self {
            fleet: "fleet-demo-001".into(),
            area: Area::default(),
            scenario: Scenario::default(),
        }
    }
}

impl VehicleOpsModel {
    /// Sets the fleet's id, with which vehicle ids begin.
    #[must_use]
    pub fn fleet(mut self, id: impl Into<String>) -> Self {
        self.fleet = id.into();
        self
    }
    /// Sets the area in which they drive.
    #[must_use]
    pub fn area(mut self, area: Area) -> Self {
        self.area = area;
        self
    }
    /// Sets their driving behaviour.
    #[must_use]
    pub fn scenario(mut self, scenario: Scenario) -> Self {
        self.scenario = scenario;
        self
    }

    pub(super) fn fleet_id(&self) -> &str {
        &self.fleet
    }

    pub(super) fn vehicle_id(&self, number: u32) -> String {
        format!("{}-VH-{number:03}", self.fleet)
    }
}

/// The state of a vehicle between two ticks.
#[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
pub struct VehicleOpsVehicle {
    id: VehicleId,
    fleet: FleetId,
    latitude: f64,
    longitude: f64,
    pub(super) battery_pct: f64,
    has_faults: bool,
}

impl VehicleOpsVehicle {
    pub(crate) fn position(&self) -> GeoPoint {
        GeoPoint {
            latitude: Latitude::from_degrees(self.latitude),
            longitude: Longitude::from_degrees(self.longitude),
        }
    }

    pub(super) fn place(&mut self, at: GeoPoint) {
        self.latitude = at.latitude.as_degrees();
        self.longitude = at.longitude.as_degrees();
    }
}

impl Model for VehicleOpsModel {
    type Event = Telemetry;
    type Vehicle = VehicleOpsVehicle;

    fn name(&self) -> &'static str {
        "vehicleops"
    }

    fn settings(&self) -> String {
        let Self {
            fleet,
            area,
            scenario,
        } = self;
        format!("scenario={scenario}&area={area}&fleet={fleet}")
    }

    fn vehicle(&self, number: u32, draws: &mut Draws) -> Result<VehicleOpsVehicle, IdError> {
        let centre = self.area.centre();
        let mut around = |degrees| degrees + draws.uniform(-SPREAD_DEG, SPREAD_DEG);
        Ok(VehicleOpsVehicle {
            id: VehicleId::new(&self.vehicle_id(number))?,
            fleet: FleetId::new(&self.fleet)?,
            latitude: around(centre.latitude.as_degrees()),
            longitude: around(centre.longitude.as_degrees()),
            battery_pct: 100.0,
            has_faults: match self.scenario {
                Scenario::Normal | Scenario::HighLoad => false,
                Scenario::FaultInjection => true,
                Scenario::Mixed => draws.chance(1.0 / 3.0),
            },
        })
    }

    fn tick(&self, vehicle: &mut VehicleOpsVehicle, at: EventTime, draws: &mut Draws) -> Telemetry {
        let mut between = |(from, to)| draws.uniform(from, to);
        vehicle.latitude += between((-STEP_DEG, STEP_DEG));
        vehicle.longitude += between((-STEP_DEG, STEP_DEG));
        let speeds = vehicle.has_faults && draws.chance(SPEEDING);
        let mut between = |(from, to)| draws.uniform(from, to);
        let speed = between(if speeds { SPEEDING_KMH } else { SPEED_KMH });
        vehicle.battery_pct = (vehicle.battery_pct - between(DRAIN_PCT)).max(0.0);
        let engine = between(ENGINE_C);
        let load = between(LOAD_PCT);
        if vehicle.has_faults && draws.chance(FAILURE) {
            let left = draws.uniform(FAILED_PCT.0, FAILED_PCT.1);
            vehicle.battery_pct = vehicle.battery_pct.min(left);
        }
        let battery = vehicle.battery_pct;
        let mut event = Telemetry::new(vehicle.id.clone(), at)
            .with_latitude(Latitude::from_degrees(round_decimals(vehicle.latitude, 6)))
            .with_longitude(Longitude::from_degrees(round_decimals(
                vehicle.longitude,
                6,
            )))
            .with_speed(Speed::from_kmh(round_decimals(speed, 2)))
            .with_battery_charge(Percent::from_percent(round_decimals(battery, 1)))
            .with_engine_temperature(Temperature::from_celsius(round_decimals(engine, 1)))
            .with_load(Percent::from_percent(round_decimals(load, 1)));
        event.set_fleet(Some(vehicle.fleet.clone()));
        event.set_status(Some(Status::derive(speed, battery)));
        event
    }

    fn is_paced(&self) -> bool {
        self.scenario != Scenario::HighLoad
    }
}
