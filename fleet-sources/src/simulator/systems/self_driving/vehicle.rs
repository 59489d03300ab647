//! A self-driving vehicle: the events of each tick, and the truth behind them.

use std::collections::VecDeque;

use fleet_core::{
    EventTime, VehicleId,
    event::{Driving, DrivingKind, Flag, FleetEvent, Telemetry, TextField},
    units::{Distance, Percent, Speed, round_decimals},
};

use super::{
    autopilot::Autopilot,
    behaviour::Behaviour,
    journey::Journey,
    motion::{HARD_BRAKE_KMH, Motion},
    perception::draw_perception,
    truth::SelfDrivingTruth,
};
use crate::simulator::draws::Draws;

/// The speed above which the producer flags a violation, km/h (the pipeline's code).
const LIMIT_KMH: f64 = 65.0;
/// The range that a percent of battery charge is worth, km. Our choice: 400 km with a full battery.
const RANGE_KM: f64 = 4.0;
/// The probability of perceiving an object in a tick. Our choice.
const PERCEIVING: f64 = 0.5;
/// The average driving time between two lane changes, and between two hard brakings, seconds. Our
/// choice.
const LANE_CHANGE_S: f64 = 60.0;
const HARD_BRAKE_S: f64 = 300.0;
/// The share of stops that end a journey. Our choice.
const ARRIVING: f64 = 0.3;
/// The decimals of coordinates. Our choice: 0.1 m.
const ANGLE_DECIMALS: u8 = 6;

/// The state of a vehicle between two ticks.
#[derive(Clone, Debug)]
pub struct SelfDrivingVehicle {
    id: VehicleId,
    last: Option<EventTime>,
    motion: Motion,
    autopilot: Autopilot,
    journey: Journey,
    /// The events of this tick after the first one.
    ready: VecDeque<FleetEvent>,
    truth: SelfDrivingTruth,
}

impl SelfDrivingVehicle {
    pub(super) fn new(id: VehicleId, behaviour: &Behaviour, draws: &mut Draws) -> Self {
        Self {
            last: None,
            motion: Motion::new(behaviour.area, draws),
            autopilot: Autopilot::new(),
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

    /// Makes one step; returns the first event, and stores the others for
    /// [`next_event`](Self::next_event).
    pub(super) fn step(
        &mut self,
        behaviour: &Behaviour,
        at: EventTime,
        draws: &mut Draws,
    ) -> FleetEvent {
        let seconds = self.last.map_or(0.0, |last| at.since(last).as_secs_f64());
        let was_first = self.last.replace(at).is_none();
        let was_standing = self.motion.is_standing();
        let was_engaged = self.autopilot.is_engaged();
        self.autopilot.pass(seconds);
        if self.motion.plan(seconds, draws) && draws.chance(ARRIVING) {
            self.journey = self.journey.next(draws);
        }
        let second = self.autopilot.take_due(at);
        let kind = self.decide(behaviour, was_engaged, seconds, at, draws);
        // The second event of a pair may have the same time as the first.
        let also = kind.and_then(|_| self.autopilot.take_due(at));
        let brakes_hard = kind == Some(DrivingKind::HardBrake);
        let metres = self
            .motion
            .drive(behaviour.area, brakes_hard, seconds, draws);
        self.truth.distance_m += metres;
        if was_engaged {
            self.truth.engaged_m += metres;
        }
        if was_standing && self.motion.is_standing() && !was_first {
            self.break_odometer(behaviour, at, draws);
        }
        let telemetry = FleetEvent::from(self.telemetry(at));
        let first = match second {
            Some((at, kind)) => {
                self.ready.push_back(telemetry);
                self.driving(at, kind).into()
            }
            None => telemetry,
        };
        if draws.chance(PERCEIVING) {
            let perceived = draw_perception(self.id.clone(), at, draws);
            self.truth.count_perception(&perceived);
            self.ready.push_back(perceived.into());
        }
        for kind in [kind, also.map(|(_, kind)| kind)].into_iter().flatten() {
            let event = self.driving(at, kind);
            self.ready.push_back(event.into());
        }
        first
    }

    /// Draws what happens in this tick, if anything does.
    fn decide(
        &mut self,
        behaviour: &Behaviour,
        was_engaged: bool,
        seconds: f64,
        at: EventTime,
        draws: &mut Draws,
    ) -> Option<DrivingKind> {
        if self.motion.is_standing() {
            return None;
        }
        let may_end = was_engaged && self.autopilot.may_end();
        if may_end && draws.chance(behaviour.takeover_chance(seconds)) {
            self.truth.episodes += 1;
            return Some(self.autopilot.take_over(at, draws));
        }
        if self.motion.kmh > HARD_BRAKE_KMH.1 && draws.chance(seconds / HARD_BRAKE_S) {
            return Some(DrivingKind::HardBrake);
        }
        let changes = draws.chance(seconds / LANE_CHANGE_S);
        changes.then_some(DrivingKind::LaneChange)
    }

    /// Lets the odometer fail with the probability that the fleet has for it.
    fn break_odometer(&mut self, behaviour: &Behaviour, at: EventTime, draws: &mut Draws) {
        let Some(fault) = behaviour.draw_odometer_fault(draws) else {
            return;
        };
        if let Some(reading) = fault.apply(self.motion.odometer_m, draws) {
            self.motion.odometer_m = reading;
            self.truth.odometer_faults.push((at, fault));
        }
    }

    fn telemetry(&mut self, at: EventTime) -> Telemetry {
        let kmh = round_decimals(self.motion.kmh, 1);
        let battery = round_decimals(self.motion.battery_pct, 1);
        let position = self.motion.course.position(ANGLE_DECIMALS);
        let mut event = Telemetry::new(self.id.clone(), at)
            .with_latitude(position.latitude)
            .with_longitude(position.longitude)
            .with_speed(Speed::from_kmh(kmh))
            .with_battery_charge(Percent::from_percent(battery))
            .with_range(Distance::from_km(round_decimals(battery * RANGE_KM, 1)))
            .with_odometer(Distance::from_km(self.motion.odometer_m as f64 / 1000.0));
        event.set_autopilot_engaged(Some(self.autopilot.is_engaged()));
        event.set_flag(Flag::Speeding, Some(kmh > LIMIT_KMH));
        event.set_text(TextField::Start, self.journey.start());
        event.set_text(TextField::Destination, self.journey.destination());
        self.truth.count_telemetry(kmh > LIMIT_KMH);
        event
    }

    fn driving(&mut self, at: EventTime, kind: DrivingKind) -> Driving {
        let mut event = Driving::new(self.id.clone(), at, kind);
        // The first two texts are those in the pipeline's description.
        let detail = match kind {
            DrivingKind::Intervention => "driver takeover",
            DrivingKind::Disengagement => "autopilot off",
            DrivingKind::LaneChange => "lane changed",
            DrivingKind::HardBrake => "braked hard",
            other => other.as_word(),
        };
        event.detail = Some(detail.into());
        event.position = Some(self.motion.course.position(ANGLE_DECIMALS));
        self.truth.count_driving(&event);
        event
    }
}
