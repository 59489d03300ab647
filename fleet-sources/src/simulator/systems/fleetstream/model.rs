//! The model of FleetStream's car.

use fleet_core::{
    EventTime, IdError, VehicleId,
    dialect::Derivation,
    event::{Dtc, Flag, RoadType, Telemetry},
    units::{EngineSpeed, Percent, Speed, round_decimals},
};

use super::gearbox::{IDLE_RPM, LIMITER_RPM, engine_rpm, shift};
use crate::simulator::{
    draws::Draws,
    model::Model,
    options::SimulatorOptions,
    world::{
        area::Area,
        course::{Course, approach},
    },
};

/// The id of the car in FleetStream's description.
pub(super) const DEFAULT_VEHICLE_ID: &str = "TESTCAR01";

/// The top speed of the car, km/h (FleetStream's code).
const TOP_KMH: f64 = 180.0;
/// How fast it gains and loses speed, km/h/s. Our choice: 0.25 g and 0.35 g, below harsh driving.
const RATES: (f64, f64) = (9.0, 12.5);
/// How long the car stays on one type of road, seconds. Our choice.
const ROAD_S: (f64, f64) = (60.0, 240.0);
/// How long the driver aims for one speed, seconds. Our choice.
const PACE_S: (f64, f64) = (10.0, 40.0);
/// The target speed as a share of the limit. Our choice.
const PACE: (f64, f64) = (0.75, 1.05);
/// How often the target is above the limit instead, and its share then. Our choice: it includes the
/// top speed on motorways.
const SPEEDING: f64 = 0.15;
const SPEEDING_PACE: (f64, f64) = (1.15, 1.4);
/// The engine speed at which the driver changes up, rev/min. Our choice.
const UP_RPM: (f64, f64) = (2200.0, 3000.0);
/// How often the driver revs the engine instead while gaining speed, and the engine speed of the
/// change then. Our choice: the redline is exceeded, but rarely.
const REVVING: f64 = 0.3;
const REVVING_RPM: (f64, f64) = (6000.0, LIMITER_RPM);
/// The average time between two red lights in town, and how long one lasts, seconds. Our choice.
const RED_EVERY_S: f64 = 45.0;
const RED_S: (f64, f64) = (5.0, 45.0);
/// The probability that the car turns off at a light. Our choice.
const TURNING: f64 = 0.4;
/// The bends of a road, degrees/s. Our choice.
const BEND: (f64, f64) = (-4.0, 4.0);
/// Half the width of the square that the car stays in, metres. Our choice: about the extent of
/// Warsaw.
const CITY_M: f64 = 12_000.0;
/// Fuel consumption, percent of the tank: per hour, per kilometre, and per km/h gained. Our choice:
/// 0.8 l/h when idle, 6.5 l/100 km, and a litre per 2000 km/h gained, with a tank of 50 l.
const FUEL_PCT: (f64, f64, f64) = (1.6, 0.13, 0.001);
/// The car refuels at a red light with less fuel than this, percent. Our choice.
const RESERVE_PCT: f64 = 5.0;
/// The decimals of coordinates. Our choice: 0.1 m.
const ANGLE_DECIMALS: u8 = 6;
/// The probability of a trouble code in an event. Our choice: one every seven minutes at 5 Hz.
const FAULT: f64 = 1.0 / 2000.0;
/// The trouble codes (FleetStream's code).
const CODES: [&str; 2] = ["P0420", "P0171"];

/// FleetStream's car: one car in Warsaw, five events a second.
///
/// It drives on urban, rural and motorway roads, at about their limits of 50, 90 and 130 km/h and
/// sometimes above, up to 180 km/h. It stops at red lights in town. It moves along its heading, and
/// its speed changes no faster than a real car's. The gear and the engine speed follow from the
/// speed.
///
/// # Shape
/// The first car has the given id, by default `TESTCAR01`; further cars are `TESTCAR01-2` and so
/// on. Gear 0 is neutral, which is engaged exactly while the car stands. The engine turns at 800
/// rev/min or more, rarely above the redline of 6200, and never above 6500 plus the 15 rev/min of
/// the gauge's error. Speed and fuel have one decimal, coordinates six. A trouble code, P0420 or
/// P0171, is set for one event; otherwise the list is empty.
///
/// The flags are derived from the values as written: speeding is more than 5 km/h above the limit.
///
/// # Examples
/// ```
/// use std::time::Duration;
/// use fleet_core::EventTime;
/// use fleet_sources::{FleetStreamModel, simulator::{Draws, Model}};
/// let model = FleetStreamModel::default();
/// assert_eq!(model.options().interval, Duration::from_millis(200));
/// let mut draws = Draws::new(1, 1);
/// let mut car = model.vehicle(1, &mut draws)?;
/// let first = model.tick(&mut car, EventTime::MIN, &mut draws);
/// assert_eq!(first.vehicle().as_str(), "TESTCAR01");
/// assert_eq!((first.speed().unwrap().as_kmh(), first.gear()), (0.0, Some(0)));
/// let later = model.tick(&mut car, EventTime::MIN + Duration::from_secs(1), &mut draws);
/// assert!((0.0..=9.0).contains(&later.speed().unwrap().as_kmh()));
/// # Ok::<(), fleet_core::IdError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FleetStreamModel {
    id: String,
    area: Area,
}

impl Default for FleetStreamModel {
    fn default() -> Self {
        Self {
            id: DEFAULT_VEHICLE_ID.into(),
            area: Area::Warsaw,
        }
    }
}

impl FleetStreamModel {
    /// Sets the id of the first car.
    #[must_use]
    pub fn vehicle_id(mut self, id: impl Into<String>) -> Self {
        self.id = id.into();
        self
    }
    /// Sets the area in which it drives.
    #[must_use]
    pub fn area(mut self, area: Area) -> Self {
        self.area = area;
        self
    }
    /// The options for one car and five events a second (`rate_hz=5` in FleetStream's description).
    pub fn options(&self) -> SimulatorOptions {
        SimulatorOptions::default()
            .vehicles(1)
            .interval(std::time::Duration::from_millis(200))
    }
}

/// Draws a type of road. Our choice: half of the time in town, a fifth on motorways.
fn draw_road(draws: &mut Draws) -> RoadType {
    match draws.unit() {
        ..0.5 => RoadType::Urban,
        ..0.8 => RoadType::Rural,
        _ => RoadType::Highway,
    }
}

/// The state of the car between two ticks.
#[derive(Clone, Debug)]
pub struct FleetStreamVehicle {
    id: VehicleId,
    course: Course,
    last: Option<EventTime>,
    kmh: f64,
    gear: i8,
    fuel_pct: f64,
    road: RoadType,
    road_left_s: f64,
    pace_kmh: f64,
    pace_left_s: f64,
    up_rpm: f64,
    /// How long the light at which the car stops stays red.
    red_s: Option<f64>,
}

impl FleetStreamVehicle {
    /// Draws a new road and a new target speed when it is time for one.
    fn plan(&mut self, seconds: f64, draws: &mut Draws) {
        self.road_left_s -= seconds;
        self.pace_left_s -= seconds;
        if self.road_left_s <= 0.0 {
            self.road = draw_road(draws);
            self.road_left_s = draws.uniform(ROAD_S.0, ROAD_S.1);
            self.pace_left_s = 0.0;
        }
        if self.pace_left_s <= 0.0 {
            let speeds = draws.chance(SPEEDING);
            let (from, to) = if speeds { SPEEDING_PACE } else { PACE };
            self.pace_kmh = (self.road.limit().as_kmh() * draws.uniform(from, to)).min(TOP_KMH);
            let revs = draws.chance(REVVING);
            let (from, to) = if revs { REVVING_RPM } else { UP_RPM };
            self.up_rpm = draws.uniform(from, to);
            self.pace_left_s = draws.uniform(PACE_S.0, PACE_S.1);
        }
    }

    /// Lets lights turn red and green. When one turns green the car may turn off, and it has
    /// refuelled if the tank was nearly empty.
    fn watch_lights(&mut self, seconds: f64, draws: &mut Draws) {
        match &mut self.red_s {
            Some(left) if self.kmh <= 0.0 => {
                *left -= seconds;
                if *left <= 0.0 {
                    self.red_s = None;
                    if draws.chance(TURNING) {
                        self.course
                            .turn(if draws.chance(0.5) { 90.0 } else { -90.0 });
                    }
                    if self.fuel_pct < RESERVE_PCT {
                        self.fuel_pct = 100.0;
                    }
                }
            }
            Some(_) => {}
            None => {
                if self.road == RoadType::Urban && draws.chance(seconds / RED_EVERY_S) {
                    self.red_s = Some(draws.uniform(RED_S.0, RED_S.1));
                }
            }
        }
    }

    fn drive(&mut self, area: Area, seconds: f64, draws: &mut Draws) {
        let target = if self.red_s.is_some() {
            0.0
        } else {
            self.pace_kmh
        };
        let before = self.kmh;
        self.kmh = approach(before, target, seconds, RATES);
        let km = f64::midpoint(before, self.kmh) * seconds / 3600.0;
        if km > 0.0 {
            self.course.turn(draws.uniform(BEND.0, BEND.1) * seconds);
            self.course.drive(km * 1000.0);
            self.course.stay_around(area.centre(), CITY_M);
        }
        let (an_hour, a_km, a_kmh) = FUEL_PCT;
        let gained = (self.kmh - before).max(0.0);
        let used = an_hour * seconds / 3600.0 + a_km * km + a_kmh * gained;
        self.fuel_pct = (self.fuel_pct - used).max(0.0);
        let revs = gained > 0.0 && self.up_rpm > UP_RPM.1;
        // To rev the engine, the driver changes down as far as the limiter allows.
        let (gear, up_rpm) = if revs {
            (1, self.up_rpm)
        } else {
            (self.gear, self.up_rpm.min(UP_RPM.1))
        };
        self.gear = shift(gear, self.kmh, up_rpm);
    }
}

impl Model for FleetStreamModel {
    type Event = Telemetry;
    type Vehicle = FleetStreamVehicle;

    fn name(&self) -> &'static str {
        "fleetstream"
    }

    fn settings(&self) -> String {
        format!("area={}&vehicle_id={}", self.area, self.id)
    }

    fn vehicle(&self, number: u32, draws: &mut Draws) -> Result<FleetStreamVehicle, IdError> {
        let id = if number == 1 {
            VehicleId::new(&self.id)?
        } else {
            VehicleId::new(&format!("{}-{number}", self.id))?
        };
        Ok(FleetStreamVehicle {
            id,
            // Within a kilometre of the centre, so that it begins in town.
            course: Course::around(self.area.centre(), 1000.0, draws),
            last: None,
            kmh: 0.0,
            gear: 0,
            fuel_pct: draws.uniform(60.0, 100.0),
            road: RoadType::Urban,
            road_left_s: draws.uniform(ROAD_S.0, ROAD_S.1),
            pace_kmh: 0.0,
            pace_left_s: 0.0,
            up_rpm: UP_RPM.1,
            red_s: None,
        })
    }

    fn tick(&self, car: &mut FleetStreamVehicle, at: EventTime, draws: &mut Draws) -> Telemetry {
        let seconds = car.last.map_or(0.0, |last| at.since(last).as_secs_f64());
        car.last = Some(at);
        car.plan(seconds, draws);
        car.watch_lights(seconds, draws);
        car.drive(self.area, seconds, draws);
        let gauge = draws.uniform(-15.0, 15.0);
        let rpm = (engine_rpm(car.gear, car.kmh) + gauge)
            .max(IDLE_RPM)
            .round();
        let code = draws.chance(FAULT).then(|| draws.pick(&CODES)).flatten();
        let kmh = round_decimals(car.kmh, 1);
        let position = car.course.position(ANGLE_DECIMALS);
        let mut event = Telemetry::new(car.id.clone(), at)
            .with_latitude(position.latitude)
            .with_longitude(position.longitude)
            .with_speed(Speed::from_kmh(kmh))
            .with_engine_speed(EngineSpeed::from_rpm(rpm))
            .with_fuel(Percent::from_percent(round_decimals(car.fuel_pct, 1)))
            .with_speed_limit(car.road.limit());
        event.set_gear(Some(car.gear));
        let codes = code.and_then(|code| Dtc::new(code).ok());
        event.set_dtc_list(Some(codes.into_iter().collect()));
        event.set_road(Some(car.road.as_word()));
        // As in FleetStream, the producer sets the flags, although the consumer could derive them.
        let derive = Derivation::default();
        event.set_flag(Flag::Speeding, derive.speeding(&event));
        event.set_flag(Flag::OverRedline, derive.over_redline(&event));
        event
    }
}
