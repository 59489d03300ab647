//! The model of the vehicles of the Ford fleet demo.

use std::time::Duration;

use fleet_core::{
    EventTime, GeoPoint, IdError, VehicleId,
    event::{Dtc, NullField, Telemetry, TextField},
    units::{Distance, EngineSpeed, Heading, Percent, Speed, Temperature, Voltage, round_decimals},
};

use super::territory::{FordCustomer, Territory, assign};
use crate::simulator::{
    draws::Draws,
    model::Model,
    options::SimulatorOptions,
    world::course::{Course, approach},
};

/// The rate of all vehicles together (the demo's description).
pub(super) const DEFAULT_EVENTS_PER_SECOND: f64 = 10.0;
/// The share of anomalous events (the demo's description).
pub(super) const DEFAULT_ANOMALY_PROBABILITY: f64 = 0.02;

/// The top speed, mph (the demo's code).
const TOP_MPH: f64 = 85.0;
/// The target speeds in town and on highways, mph, and the shares of standing and of town. Our
/// choice.
const STANDING: f64 = 0.1;
const TOWN: f64 = 0.5;
const TOWN_MPH: (f64, f64) = (15.0, 45.0);
const HIGHWAY_MPH: (f64, f64) = (50.0, TOP_MPH);
/// How long a driver aims for one speed, seconds. Our choice.
const PACE_S: (f64, f64) = (15.0, 90.0);
/// How fast speed is gained and lost, mph/s. Our choice: 0.25 g and 0.35 g.
const RATES: (f64, f64) = (5.5, 7.7);
/// The normal engine temperature, degrees Fahrenheit (the demo's code); above it is an anomaly.
const ENGINE_F: (f64, f64) = (170.0, 220.0);
/// Where the temperature settles, how fast, and its random variation. Our choice.
const WARM_F: f64 = 195.0;
const WARMING: f64 = 0.02;
const WAVER_F: f64 = 2.0;
/// An anomalous temperature. Our choice.
const HOT_F: (f64, f64) = (221.0, 250.0);
/// The normal voltage of the 12 V system (the demo's code); below it is an anomaly.
const BATTERY_V: (f64, f64) = (11.5, 14.8);
/// The random variation of the voltage. Our choice.
const WAVER_V: f64 = 0.1;
/// An anomalous voltage. Our choice.
const FLAT_V: (f64, f64) = (10.5, 11.4);
/// The trouble codes. Our choice: four that SAE J2012 defines for petrol engines.
const CODES: [&str; 4] = ["P0420", "P0171", "P0300", "P0128"];
/// Fuel consumption, percent of the tank: per mile and per hour. Our choice: 25 mpg and 0.3 gallons
/// an hour, with a tank of 20 gallons.
const FUEL_PCT: (f64, f64) = (0.2, 1.5);
/// A standing vehicle refuels with less than this, percent. Our choice: the demo warns below 10.
const RESERVE_PCT: f64 = 5.0;
/// The initial odometer reading, miles. Our choice.
const ODOMETER_MILES: (f64, f64) = (5_000.0, 80_000.0);
/// The bends of a road, degrees/s. Our choice.
const BEND: (f64, f64) = (-2.0, 2.0);
/// The decimals of coordinates (the demo's code).
const ANGLE_DECIMALS: u8 = 7;
/// Half the width of a territory, metres. Our choice.
const TERRITORY_M: f64 = 30_000.0;
const MILE_M: f64 = 1609.344;

/// The vehicles of the Ford fleet demo.
///
/// The vehicles are assigned in turn to two customers and six territories. Together they send a
/// given number of events a second. A share of the events is anomalous in one of three ways: a hot
/// engine, a flat battery, or a trouble code; the others have none of these. Fuel runs low in the
/// course of driving.
///
/// # Units
/// Values are drawn and rounded in the demo's units: coordinates with 7 decimals, mph and heading
/// with 2, degrees Fahrenheit, volts and percent with 1, whole miles. The event holds them
/// converted.
///
/// # Shape
/// Ids are `v_a_w1_001`: customer, territory, number. The event times of the vehicles are spread
/// evenly over the interval. With [`Pace::Realtime`](crate::simulator::Pace), the events of an
/// interval are still emitted together.
///
/// # Examples
/// ```
/// use std::time::Duration;
/// use fleet_core::EventTime;
/// use fleet_sources::{FordModel, simulator::{Draws, Model}};
/// let model = FordModel::default().events_per_second(20.0);
/// assert_eq!(model.options(50).interval, Duration::from_millis(2500));
/// let mut draws = Draws::new(1, 1);
/// let mut vehicle = model.vehicle(1, &mut draws)?;
/// let event = model.tick(&mut vehicle, EventTime::MIN, &mut draws);
/// assert_eq!(event.vehicle().as_str(), "v_a_w1_001");
/// assert!(event.speed().unwrap().as_mph() <= 85.0);
/// # Ok::<(), fleet_core::IdError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct FordModel {
    customer: Option<FordCustomer>,
    events_per_second: f64,
    anomaly_probability: f64,
}

impl Default for FordModel {
    fn default() -> Self {
        Self {
            customer: None,
            events_per_second: DEFAULT_EVENTS_PER_SECOND,
            anomaly_probability: DEFAULT_ANOMALY_PROBABILITY,
        }
    }
}

impl FordModel {
    /// Restricts the fleet to the vehicles of one customer, as in that customer's topic.
    #[must_use]
    pub fn customer(mut self, customer: FordCustomer) -> Self {
        self.customer = Some(customer);
        self
    }
    /// Sets the number of events a second of all vehicles together.
    #[must_use]
    pub fn events_per_second(mut self, rate: f64) -> Self {
        self.events_per_second = rate;
        self
    }
    /// Sets the share of events that are anomalous.
    #[must_use]
    pub fn anomaly_probability(mut self, share: f64) -> Self {
        self.anomaly_probability = share;
        self
    }
    /// The options for this many vehicles at the model's rate. An invalid rate leads to an interval
    /// of 0, which [`Simulator`](crate::simulator::Simulator) refuses.
    pub fn options(&self, vehicles: u32) -> SimulatorOptions {
        SimulatorOptions::default()
            .vehicles(vehicles)
            .interval(self.time_of(vehicles))
    }

    /// The time that this many events take at the model's rate.
    fn time_of(&self, events: u32) -> Duration {
        let seconds = f64::from(events) / self.events_per_second;
        Duration::try_from_secs_f64(seconds).unwrap_or_default()
    }
}

/// The state of a vehicle between two ticks.
#[derive(Clone, Debug)]
pub struct FordVehicle {
    id: VehicleId,
    customer: FordCustomer,
    territory: Territory,
    roles: String,
    centre: GeoPoint,
    course: Course,
    /// The delay of its events after the tick.
    slot: Duration,
    last: Option<EventTime>,
    mph: f64,
    pace_mph: f64,
    pace_left_s: f64,
    engine_f: f64,
    battery_v: f64,
    fuel_pct: f64,
    miles: f64,
}

impl FordVehicle {
    /// Drives for some seconds and returns the throttle, percent.
    fn drive(&mut self, seconds: f64, draws: &mut Draws) -> f64 {
        self.pace_left_s -= seconds;
        if self.pace_left_s <= 0.0 {
            self.pace_mph = match draws.unit() {
                ..STANDING => 0.0,
                kind if kind < STANDING + TOWN => draws.uniform(TOWN_MPH.0, TOWN_MPH.1),
                _ => draws.uniform(HIGHWAY_MPH.0, HIGHWAY_MPH.1),
            };
            self.pace_left_s = draws.uniform(PACE_S.0, PACE_S.1);
        }
        let before = self.mph;
        self.mph = approach(before, self.pace_mph, seconds, RATES);
        let miles = f64::midpoint(before, self.mph) * seconds / 3600.0;
        self.miles += miles;
        let (a_mile, an_hour) = FUEL_PCT;
        self.fuel_pct = (self.fuel_pct - miles * a_mile - seconds / 3600.0 * an_hour).max(0.0);
        if self.mph <= 0.0 && self.fuel_pct < RESERVE_PCT {
            self.fuel_pct = 100.0;
        }
        if miles > 0.0 {
            self.course
                .turn(draws.uniform(BEND.0, BEND.1) * seconds.min(10.0));
            self.course.drive(miles * MILE_M);
            self.course.stay_around(self.centre, TERRITORY_M);
        }
        let waver = draws.uniform(-WAVER_F, WAVER_F) + (WARM_F - self.engine_f) * WARMING;
        self.engine_f = (self.engine_f + waver).clamp(ENGINE_F.0, ENGINE_F.1);
        let waver = draws.uniform(-WAVER_V, WAVER_V);
        self.battery_v = (self.battery_v + waver).clamp(BATTERY_V.0, BATTERY_V.1);
        // Our choice: enough to hold the speed, 35 % more when gaining speed, and 0 otherwise.
        if self.mph < before || self.mph <= 0.0 {
            0.0
        } else {
            let gaining = if self.mph > before { 35.0 } else { 0.0 };
            5.0 + self.mph * 0.5 + gaining
        }
    }
}

impl Model for FordModel {
    type Event = Telemetry;
    type Vehicle = FordVehicle;

    fn name(&self) -> &'static str {
        "ford"
    }

    fn settings(&self) -> String {
        format!(
            "customer={}&events_per_second={}&anomaly_probability={}",
            self.customer.map_or("all", FordCustomer::id),
            self.events_per_second,
            self.anomaly_probability
        )
    }

    fn vehicle(&self, number: u32, draws: &mut Draws) -> Result<FordVehicle, IdError> {
        // Every number has a territory, so the error never occurs.
        let (customer, territory, id) = assign(number, self.customer).ok_or(IdError::Empty)?;
        let centre = territory.centre();
        Ok(FordVehicle {
            id: VehicleId::new(&id)?,
            customer,
            territory,
            roles: territory.access_roles(),
            centre,
            course: Course::around(centre, TERRITORY_M / 2.0, draws),
            slot: self.time_of(number.saturating_sub(1)),
            last: None,
            mph: 0.0,
            pace_mph: 0.0,
            pace_left_s: 0.0,
            engine_f: WARM_F,
            battery_v: draws.uniform(12.2, 14.2),
            fuel_pct: draws.uniform(30.0, 100.0),
            miles: draws.uniform(ODOMETER_MILES.0, ODOMETER_MILES.1),
        })
    }

    fn tick(&self, vehicle: &mut FordVehicle, at: EventTime, draws: &mut Draws) -> Telemetry {
        let at = at + vehicle.slot;
        let seconds = vehicle
            .last
            .map_or(0.0, |last| at.since(last).as_secs_f64());
        vehicle.last = Some(at);
        let throttle = vehicle.drive(seconds, draws);
        let (mut engine_f, mut battery_v, mut code) = (vehicle.engine_f, vehicle.battery_v, None);
        if draws.chance(self.anomaly_probability) {
            match draws.unit() * 3.0 {
                ..1.0 => engine_f = draws.uniform(HOT_F.0, HOT_F.1),
                ..2.0 => battery_v = draws.uniform(FLAT_V.0, FLAT_V.1),
                _ => code = draws.pick(&CODES),
            }
        }
        // Our choice: 700 rev/min when idle, and 28 more per mph.
        let rpm = 700.0 + vehicle.mph * 28.0 + draws.uniform(-20.0, 20.0);
        let position = vehicle.course.position(ANGLE_DECIMALS);
        // 359.999 rounds to 360, which is north.
        let heading = round_decimals(vehicle.course.heading_deg(), 2) % 360.0;
        let mut event = Telemetry::new(vehicle.id.clone(), at)
            .with_latitude(position.latitude)
            .with_longitude(position.longitude)
            .with_speed(Speed::from_mph(round_decimals(vehicle.mph, 2)))
            .with_engine_temperature(Temperature::from_fahrenheit(round_decimals(engine_f, 1)))
            .with_fuel(Percent::from_percent(round_decimals(vehicle.fuel_pct, 1)))
            .with_battery_voltage(Voltage::from_volts(round_decimals(battery_v, 1)))
            .with_odometer(Distance::from_miles(vehicle.miles.floor()))
            .with_heading(Heading::from_degrees(heading))
            .with_engine_speed(EngineSpeed::from_rpm(rpm.round()))
            .with_throttle(Percent::from_percent(round_decimals(throttle, 1)));
        match code.and_then(|code| Dtc::new(code).ok()) {
            Some(code) => event.set_dtcs(vec![code]),
            None => event.set_null(NullField::Dtcs),
        }
        for (field, text) in [
            (TextField::Customer, vehicle.customer.id()),
            (TextField::Region, vehicle.territory.region),
            (TextField::Territory, vehicle.territory.id),
            (TextField::AccessRoles, &vehicle.roles),
        ] {
            event.set_text(field, Some(text));
        }
        event
    }
}
