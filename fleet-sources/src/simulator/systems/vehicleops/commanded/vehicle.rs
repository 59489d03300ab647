//! A commanded vehicle between two ticks, and what it does in each.

use fleet_core::{
    EventTime, GeoPoint, IdError, MissionId,
    event::{MissionEventKind, Status, Telemetry},
    units::{Latitude, Longitude, Speed, round_decimals},
};

use super::{errand::Errand, report::VehicleReport};
use crate::simulator::{
    draws::Draws,
    model::Model,
    options::SimulatorOptions,
    systems::vehicleops::model::{VehicleOpsModel, VehicleOpsVehicle},
    world::towards::step_towards,
};

/// The status of a vehicle that was stopped. The system's list of words lacks it, and its own test
/// of the command expects it.
const STOPPED: &str = "STOPPED";

/// Why a mission fails.
pub(super) const EMPTY_BATTERY: &str = "the battery is empty";

/// A vehicle that obeys commands.
#[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
pub(super) struct Vehicle {
    pub(super) number: u32,
    pub(super) own: VehicleOpsVehicle,
    pub(super) home: GeoPoint,
    pub(super) errand: Errand,
    pub(super) stopped: bool,
    /// The mission that ended last.
    pub(super) over: Option<MissionId>,
    /// The tick that comes next.
    pub(super) tick: u64,
    /// When it was last heard of: a tick or a command.
    pub(super) now: EventTime,
}

impl Vehicle {
    /// A vehicle that stands at its base, which is where the model lets it begin.
    pub(super) fn new(
        number: u32,
        model: &VehicleOpsModel,
        options: &SimulatorOptions,
        now: EventTime,
    ) -> Result<Self, IdError> {
        let own = model.vehicle(number, &mut Draws::new(options.seed, number))?;
        Ok(Self {
            number,
            home: own.position(),
            own,
            errand: Errand::Parked,
            stopped: false,
            over: None,
            tick: options.tick_at(now),
            now,
        })
    }

    pub(super) fn has_empty_battery(&self) -> bool {
        self.own.battery_pct <= 0.0
    }

    /// Makes the step of the next tick.
    pub(super) fn step(
        &mut self,
        model: &VehicleOpsModel,
        options: &SimulatorOptions,
        reports: &mut Vec<VehicleReport>,
    ) {
        let at = options.at(self.tick);
        let mut draws = tick_draws(options.seed, self.number, self.tick);
        self.tick += 1;
        self.now = at;
        let before = self.own.position();
        // What it would do without commands. These change where it goes and whether it moves.
        let mut event = model.tick(&mut self.own, at, &mut draws);
        if self.has_empty_battery() {
            self.give_up(at, reports);
        }
        let target = match &self.errand {
            _ if self.stopped || self.has_empty_battery() => None,
            Errand::Roaming => {
                reports.push(event.into());
                return;
            }
            Errand::Mission(mission) => mission.ahead.front().copied(),
            Errand::Returning => Some(self.home),
            Errand::Parked => None,
        };
        if let Some(target) = target {
            let speed = event.speed().map_or(0.0, Speed::as_mps);
            let metres = speed * options.interval.as_secs_f64();
            let (to, arrived) = step_towards(before, target, metres);
            self.own.place(to);
            self.drive_on(at, arrived, reports);
        } else {
            self.own.place(before);
            event = event.with_speed(Speed::from_kmh(0.0));
            event.set_status(Some(if self.stopped {
                Status::Other(STOPPED.into())
            } else {
                Status::derive(0.0, self.own.battery_pct)
            }));
        }
        reports.push(at_place(event, self.own.position()).into());
    }

    /// Takes note of the start of a mission and of arrivals.
    fn drive_on(&mut self, at: EventTime, arrived: bool, reports: &mut Vec<VehicleReport>) {
        match &mut self.errand {
            Errand::Mission(mission) => {
                if !mission.started {
                    mission.started = true;
                    reports.push(mission.event(MissionEventKind::Started, at).into());
                }
                if arrived {
                    reports.push(mission.reach(at).into());
                }
                if mission.ahead.is_empty() {
                    reports.push(mission.event(MissionEventKind::Completed, at).into());
                    self.over = Some(mission.id.clone());
                    self.errand = Errand::Roaming;
                }
            }
            Errand::Returning if arrived => self.errand = Errand::Parked,
            _ => {}
        }
    }

    /// Lets the mission fail, if there is one.
    fn give_up(&mut self, at: EventTime, reports: &mut Vec<VehicleReport>) {
        if let Errand::Mission(mission) = &self.errand {
            let failed = mission.ended(MissionEventKind::Failed, at, EMPTY_BATTERY);
            self.over = Some(mission.id.clone());
            self.errand = Errand::Roaming;
            reports.push(failed.into());
        }
    }
}

/// The random numbers of one tick. They are not those that follow the tick before: a saved state
/// would have to hold the generator then. The factor is the increment of `SplitMix64`, so that
/// neighbouring ticks and seeds have nothing in common.
fn tick_draws(seed: u64, number: u32, tick: u64) -> Draws {
    Draws::new(
        seed ^ (tick + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15),
        number,
    )
}

/// The event at another place, with six decimals as the model writes them.
fn at_place(event: Telemetry, place: GeoPoint) -> Telemetry {
    let round = |degrees: f64| round_decimals(degrees, 6);
    event
        .with_latitude(Latitude::from_degrees(round(place.latitude.as_degrees())))
        .with_longitude(Longitude::from_degrees(round(place.longitude.as_degrees())))
}
