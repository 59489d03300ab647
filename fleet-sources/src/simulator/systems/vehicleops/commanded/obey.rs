//! What each command changes about a vehicle.

use compact_str::CompactString;
use fleet_core::event::{Command, CommandKind, CommandOutcome, MissionEvent, MissionEventKind};

use super::{
    errand::{Errand, Mission},
    report::VehicleReport,
    vehicle::{EMPTY_BATTERY, Vehicle},
};

/// The most characters of a reason. Our choice: a sentence or two. Serde quotes the wrong value,
/// which can be the whole parameter.
const MAX_REASON: usize = 200;

/// Why a command is not carried out.
type Refusal = CompactString;

impl Vehicle {
    /// Carries a command out, or refuses it.
    pub(super) fn obey(&mut self, command: &Command, reports: &mut Vec<VehicleReport>) {
        let now = self.now;
        let done = match command.kind {
            CommandKind::Stop => Ok(self.stop()),
            CommandKind::Resume => self.resume(),
            CommandKind::Reroute => self.reroute(command),
            CommandKind::ReturnToBase => self.return_to_base(),
            other => Err(format!("the command {other} is not known to the vehicle").into()),
        };
        match done {
            Ok(event) => {
                reports.push(CommandOutcome::executed(command, now).into());
                reports.extend(event.map(VehicleReport::from));
            }
            Err(why) => {
                let why: CompactString = why.chars().take(MAX_REASON).collect();
                reports.push(CommandOutcome::failed(command, now, why).into());
            }
        }
    }

    /// Halts at once. Also a vehicle that stands, so that nothing moves it but a command.
    fn stop(&mut self) -> Option<MissionEvent> {
        let was_stopped = std::mem::replace(&mut self.stopped, true);
        let mission = self.mission().filter(|_| !was_stopped);
        mission.map(|mission| mission.event(MissionEventKind::Paused, self.now))
    }

    /// Ends a stop; leaves the base if nothing was stopped.
    fn resume(&mut self) -> Result<Option<MissionEvent>, Refusal> {
        self.needs_charge()?;
        if std::mem::take(&mut self.stopped) {
            if self.errand == Errand::Parked {
                self.errand = Errand::Roaming;
            }
            let mission = self.mission();
            return Ok(mission.map(|one| one.event(MissionEventKind::Resumed, self.now)));
        }
        if self.errand != Errand::Parked {
            return Err("the vehicle is neither stopped nor at its base".into());
        }
        self.errand = Errand::Roaming;
        Ok(None)
    }

    /// Takes a new mission, or other waypoints for the one it has.
    fn reroute(&mut self, command: &Command) -> Result<Option<MissionEvent>, Refusal> {
        self.needs_charge()?;
        let words = |error: fleet_core::event::RouteError| Refusal::from(error.to_string());
        let ahead = command.waypoints().map_err(words)?.into();
        let id = command.mission().map_err(words)?;
        if let Errand::Mission(mission) = &mut self.errand {
            if let Some(other) = id.filter(|id| *id != mission.id) {
                let active = &mission.id;
                return Err(format!("mission {active} is active: {other} has to wait").into());
            }
            mission.ahead = ahead;
            return Ok(Some(mission.sent(MissionEventKind::Rerouted, self.now)));
        }
        let id = id.ok_or("there is no mission to reroute: give a mission_id for a new one")?;
        if self.over.as_ref() == Some(&id) {
            return Err(format!("mission {id} is over: give the id of a new one").into());
        }
        if self.stopped {
            return Err("the vehicle is stopped: send RESUME before a new mission".into());
        }
        let mission = Mission {
            id,
            vehicle: command.vehicle.clone(),
            ahead,
            reached: 0,
            started: false,
        };
        let assigned = mission.sent(MissionEventKind::Assigned, self.now);
        self.errand = Errand::Mission(mission);
        Ok(Some(assigned))
    }

    /// Drives home, also from a stop. That cancels the mission.
    fn return_to_base(&mut self) -> Result<Option<MissionEvent>, Refusal> {
        self.needs_charge()?;
        self.stopped = false;
        let why = "the vehicle was sent to its base";
        let cancelled = self
            .mission()
            .map(|mission| mission.ended(MissionEventKind::Cancelled, self.now, why));
        if let Some(event) = &cancelled {
            self.over = Some(event.mission.clone());
        }
        if self.errand != Errand::Parked {
            self.errand = Errand::Returning;
        }
        Ok(cancelled)
    }

    fn mission(&self) -> Option<&Mission> {
        match &self.errand {
            Errand::Mission(mission) => Some(mission),
            _ => None,
        }
    }

    fn needs_charge(&self) -> Result<(), Refusal> {
        if self.has_empty_battery() {
            return Err(EMPTY_BATTERY.into());
        }
        Ok(())
    }
}
