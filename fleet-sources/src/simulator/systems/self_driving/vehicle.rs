use std::{collections::VecDeque, time::Duration};

use fleet_core::{
    EventTime, VehicleId,
    event::{
        Direction, Driving, DrivingKind, Flag, FleetEvent, ObjectClass, Perception, Reading,
        Telemetry, TextField,
    },
    units::{Distance, Percent, Speed, round_decimals},
};

use super::{SelfDrivingModel, SelfDrivingTruth, journey::Journey};
use crate::simulator::{
    draws::Draws,
    world::{
        area::Area,
        course::{Course, approach},
    },
};

/// Above this the producer flags a violation, km/h (the pipeline's code).
const LIMIT_KMH: f64 = 65.0;
/// The speeds of a vehicle that stands, drives, or drives too fast, and how often each. Our choice.
const STANDING: f64 = 0.15;
const DRIVING: f64 = 0.7;
const DRIVING_KMH: (f64, f64) = (20.0, 60.0);
const FAST_KMH: (f64, f64) = (66.0, 80.0);
/// How long one is kept, seconds. Our choice.
const PACE_S: (f64, f64) = (10.0, 60.0);
/// How fast speed is gained and lost, km/h/s. Our choice: 0.25 g and 0.35 g.
const RATES: (f64, f64) = (9.0, 12.5);
/// What a kilometre takes from the battery, percent, and what a percent is worth, km. Our choice: 400 km when full.
const DRAIN_PCT: f64 = 0.25;
const RANGE_KM: f64 = 4.0;
/// A standing vehicle with less than this charges, percent, up to that, so fast, percent/s. Our choice: the
/// pipeline warns under 20.
const CHARGE_PCT: (f64, f64, f64) = (10.0, 90.0, 0.05);
/// The first reading of the odometer, metres. Our choice.
const ODOMETER_M: (u64, u64) = (1_000_000, 80_000_000);
/// How often an object is seen, in one tick. Our choice.
const SEEING: f64 = 0.5;
/// How far away it is, m, and how fast, km/h (the pipeline's code); those on foot and on bicycles are slower,
/// which is our choice.
const OBJECT_M: (f64, f64) = (2.0, 120.0);
const OBJECT_KMH: f64 = 80.0;
const PEDESTRIAN_KMH: f64 = 12.0;
const CYCLIST_KMH: f64 = 35.0;
/// The classes of objects (the pipeline's code).
const CLASSES: [ObjectClass; 6] = [
    ObjectClass::Car,
    ObjectClass::Pedestrian,
    ObjectClass::Cyclist,
    ObjectClass::Truck,
    ObjectClass::Motorcycle,
    ObjectClass::Bus,
];
const DIRECTIONS: [Direction; 4] = [
    Direction::Left,
    Direction::Right,
    Direction::Ahead,
    Direction::Rear,
];
/// Seconds of driving between two changes of lane, and two hard brakings, on average. Our choice.
const LANE_CHANGE_S: f64 = 60.0;
const HARD_BRAKE_S: f64 = 300.0;
/// What a hard braking takes, km/h, and the least speed before it. Our choice.
const HARD_BRAKE_KMH: (f64, f64) = (20.0, 30.0);
/// How many takeovers begin with the driver, and how many have both events. Our choice.
const BY_DRIVER: f64 = 0.5;
const IN_PAIRS: f64 = 0.7;
/// How much later the second of a pair comes, whole seconds from 0: within the 5 s in which a metric joins them.
const PAIR_S: u64 = 5;
/// How long the autopilot stays off, and how long nothing follows a takeover, seconds. Our choice: longer
/// than the second of a pair can wait, by more than 5.
const OFF_S: (f64, f64) = (10.0, 60.0);
const QUIET_S: f64 = 10.0;
/// How many stops end a journey. Our choice.
const ARRIVING: f64 = 0.3;
/// How many decimals angles have. Our choice: 0.1 m.
const ANGLE_DECIMALS: u8 = 6;
/// Half the width of the square they stay in, metres. Our choice.
const CITY_M: f64 = 10_000.0;

/// A vehicle between two ticks.
#[derive(Clone, Debug)]
pub struct SelfDrivingVehicle {
    id: VehicleId,
    course: Course,
    last: Option<EventTime>,
    kmh: f64,
    pace_kmh: f64,
    pace_left_s: f64,
    battery_pct: f64,
    charges: bool,
    odometer_m: u64,
    /// What is driven beyond the last whole metre.
    rest_m: f64,
    engaged: bool,
    /// How long the autopilot stays off, and nothing follows the last takeover.
    off_left_s: f64,
    quiet_s: f64,
    /// The second of a pair.
    due: Option<(EventTime, DrivingKind)>,
    journey: Journey,
    ready: VecDeque<FleetEvent>,
    truth: SelfDrivingTruth,
}

impl SelfDrivingVehicle {
    pub(super) fn new(id: VehicleId, area: Area, draws: &mut Draws) -> Self {
        Self {
            course: Course::around(area.centre(), CITY_M / 2.0, draws),
            last: None,
            kmh: 0.0,
            pace_kmh: 0.0,
            pace_left_s: 0.0,
            battery_pct: draws.uniform(15.0, 100.0),
            charges: false,
            odometer_m: ODOMETER_M.0 + draws.below(ODOMETER_M.1 - ODOMETER_M.0),
            rest_m: 0.0,
            engaged: true,
            off_left_s: 0.0,
            quiet_s: 0.0,
            due: None,
            journey: Journey::begin(draws),
            ready: VecDeque::new(),
            truth: SelfDrivingTruth::new(id.clone()),
            id,
        }
    }

    pub(super) fn into_truth(self) -> SelfDrivingTruth {
        self.truth
    }

    pub(super) fn next_event(&mut self) -> Option<FleetEvent> {
        self.ready.pop_front()
    }

    /// One tick; returns the first event and holds the others ready.
    pub(super) fn step(
        &mut self,
        model: &SelfDrivingModel,
        at: EventTime,
        draws: &mut Draws,
    ) -> FleetEvent {
        let seconds = self.last.map_or(0.0, |last| at.since(last).as_secs_f64());
        let was_first = self.last.replace(at).is_none();
        let (was_standing, was_engaged) = (self.kmh <= 0.0, self.engaged);
        self.plan(seconds, draws);
        let second = self.take_due(at);
        let kind = self.decide(model, was_engaged, seconds, at, draws);
        // The second of a pair can be of the same moment.
        let also = kind.and_then(|_| self.take_due(at));
        let metres = self.drive(model.home(), kind, seconds, draws);
        if was_engaged {
            self.truth.engaged_m += metres;
        }
        if was_standing && self.kmh <= 0.0 && !was_first {
            self.fail(model, at, draws);
        }
        let telemetry = FleetEvent::from(self.telemetry(at));
        let first = match second {
            Some((at, kind)) => {
                self.ready.push_back(telemetry);
                self.driving(at, kind).into()
            }
            None => telemetry,
        };
        if draws.chance(SEEING) {
            let seen = self.see(at, draws);
            self.ready.push_back(seen.into());
        }
        for kind in [kind, also.map(|(_, kind)| kind)].into_iter().flatten() {
            let event = self.driving(at, kind);
            self.ready.push_back(event.into());
        }
        first
    }

    fn plan(&mut self, seconds: f64, draws: &mut Draws) {
        self.quiet_s = (self.quiet_s - seconds).max(0.0);
        self.off_left_s = (self.off_left_s - seconds).max(0.0);
        if !self.engaged && self.off_left_s <= 0.0 {
            self.engaged = true;
        }
        let (least, enough, rate) = CHARGE_PCT;
        if self.charges {
            self.battery_pct += rate * seconds;
            self.charges = self.battery_pct < enough;
            return;
        }
        self.charges = self.kmh <= 0.0 && self.battery_pct < least;
        self.pace_left_s -= seconds;
        if self.pace_left_s <= 0.0 {
            self.pace_kmh = match draws.unit() {
                ..STANDING => 0.0,
                kind if kind < STANDING + DRIVING => draws.uniform(DRIVING_KMH.0, DRIVING_KMH.1),
                _ => draws.uniform(FAST_KMH.0, FAST_KMH.1),
            };
            self.pace_left_s = draws.uniform(PACE_S.0, PACE_S.1);
            if self.pace_kmh <= 0.0 && draws.chance(ARRIVING) {
                self.journey = self.journey.next(draws);
            }
        }
    }

    /// The second of a pair, when its time has come.
    fn take_due(&mut self, at: EventTime) -> Option<(EventTime, DrivingKind)> {
        let due = self.due.take_if(|(due, _)| *due <= at)?;
        if due.1 == DrivingKind::Disengagement {
            self.engaged = false;
        }
        Some(due)
    }

    /// What happens in this tick, if anything does.
    fn decide(
        &mut self,
        model: &SelfDrivingModel,
        was_engaged: bool,
        seconds: f64,
        at: EventTime,
        draws: &mut Draws,
    ) -> Option<DrivingKind> {
        if self.kmh <= 0.0 {
            return None;
        }
        let may = was_engaged && self.engaged && self.due.is_none() && self.quiet_s <= 0.0;
        if may && draws.chance(model.takeover_chance(seconds)) {
            let later = Duration::from_secs(draws.below(PAIR_S));
            let pair = draws.chance(IN_PAIRS);
            let (first, second) = if draws.chance(BY_DRIVER) {
                (DrivingKind::Intervention, DrivingKind::Disengagement)
            } else {
                self.engaged = false;
                (DrivingKind::Disengagement, DrivingKind::Intervention)
            };
            self.due = pair.then_some((at + later, second));
            self.quiet_s = QUIET_S;
            self.off_left_s = draws.uniform(OFF_S.0, OFF_S.1);
            self.truth.episodes += 1;
            return Some(first);
        }
        if self.kmh > HARD_BRAKE_KMH.1 && draws.chance(seconds / HARD_BRAKE_S) {
            return Some(DrivingKind::HardBrake);
        }
        let changes = draws.chance(seconds / LANE_CHANGE_S);
        changes.then_some(DrivingKind::LaneChange)
    }

    /// Moves; returns the way in whole metres.
    fn drive(
        &mut self,
        area: Area,
        kind: Option<DrivingKind>,
        seconds: f64,
        draws: &mut Draws,
    ) -> u64 {
        let target = if self.charges { 0.0 } else { self.pace_kmh };
        let before = self.kmh;
        self.kmh = approach(before, target, seconds, RATES);
        if kind == Some(DrivingKind::HardBrake) {
            self.kmh = before - draws.uniform(HARD_BRAKE_KMH.0, HARD_BRAKE_KMH.1);
        }
        self.rest_m += f64::midpoint(before, self.kmh) / 3.6 * seconds;
        let whole = self.rest_m.floor();
        self.rest_m -= whole;
        let used = whole / 1000.0 * DRAIN_PCT;
        self.battery_pct = (self.battery_pct - used).clamp(0.0, 100.0);
        if whole > 0.0 {
            self.course
                .turn(draws.uniform(-4.0, 4.0) * seconds.min(10.0));
            self.course.drive(whole);
            self.course.stay_around(area.centre(), CITY_M);
        }
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "it is whole and not less than 0, and a cast stays in range"
        )]
        let metres = whole as u64;
        self.odometer_m += metres;
        self.truth.distance_m += metres;
        metres
    }

    fn fail(&mut self, model: &SelfDrivingModel, at: EventTime, draws: &mut Draws) {
        let Some(fault) = model.draw_fault(draws) else {
            return;
        };
        if let Some(shown) = fault.apply(self.odometer_m, draws) {
            self.odometer_m = shown;
            self.truth.odometer_faults.push((at, fault));
        }
    }

    fn telemetry(&mut self, at: EventTime) -> Telemetry {
        let kmh = round_decimals(self.kmh, 1);
        let battery = round_decimals(self.battery_pct, 1);
        let place = self.course.position(ANGLE_DECIMALS);
        let mut event = Telemetry::new(self.id.clone(), at)
            .with_latitude(place.latitude)
            .with_longitude(place.longitude)
            .with_speed(Speed::from_kmh(kmh))
            .with_battery_charge(Percent::from_percent(battery))
            .with_range(Distance::from_km(round_decimals(battery * RANGE_KM, 1)))
            .with_odometer(Distance::from_km(self.odometer_m as f64 / 1000.0));
        event.set_autopilot_engaged(Some(self.engaged));
        event.set_flag(Flag::Speeding, Some(kmh > LIMIT_KMH));
        event.set_text(TextField::Start, self.journey.start());
        event.set_text(TextField::Destination, self.journey.destination());
        self.truth.note_telemetry(kmh > LIMIT_KMH);
        event
    }

    fn see(&mut self, at: EventTime, draws: &mut Draws) -> Perception {
        let mut seen = Perception::new(self.id.clone(), at);
        seen.class = draws.pick(&CLASSES);
        seen.direction = draws.pick(&DIRECTIONS);
        let metres = draws.uniform(OBJECT_M.0, OBJECT_M.1);
        let most = match seen.class {
            Some(ObjectClass::Pedestrian) => PEDESTRIAN_KMH,
            Some(ObjectClass::Cyclist) => CYCLIST_KMH,
            _ => OBJECT_KMH,
        };
        let kmh = draws.uniform(0.0, most);
        seen.distance = Distance::from_m(round_decimals(metres, 1)).into();
        seen.speed = Speed::from_kmh(round_decimals(kmh, 1)).into();
        seen.confidence = Reading::of_raw(round_decimals(draws.unit(), 2));
        self.truth.note_perception(&seen);
        seen
    }

    fn driving(&mut self, at: EventTime, kind: DrivingKind) -> Driving {
        let mut event = Driving::new(self.id.clone(), at, kind);
        // The words for the first two are those of the pipeline's description.
        let detail = match kind {
            DrivingKind::Intervention => "driver takeover",
            DrivingKind::Disengagement => "autopilot off",
            DrivingKind::LaneChange => "lane changed",
            DrivingKind::HardBrake => "braked hard",
            other => other.as_word(),
        };
        event.detail = Some(detail.into());
        event.position = Some(self.course.position(ANGLE_DECIMALS));
        self.truth.note_driving(&event);
        event
    }
}
