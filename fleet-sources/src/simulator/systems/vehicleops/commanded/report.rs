//! What a commanded vehicle reports.

use fleet_core::event::{CommandOutcome, MissionEvent, Telemetry};

/// A message from a vehicle. Each kind has a topic of its own.
///
/// # Examples
/// ```
/// use fleet_core::{EventTime, VehicleId, event::Telemetry};
/// use fleet_sources::simulator::VehicleReport;
/// let event = Telemetry::new(VehicleId::new("car-1")?, EventTime::MIN);
/// let report = VehicleReport::from(event.clone());
/// assert_eq!(report.telemetry(), Some(&event));
/// assert_eq!((report.outcome(), report.mission()), (None, None));
/// # Ok::<(), fleet_core::IdError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub enum VehicleReport {
    /// An observation of its signals.
    Telemetry(Box<Telemetry>),
    /// The outcome of a command.
    Outcome(CommandOutcome),
    /// An event of its mission.
    Mission(MissionEvent),
}

impl VehicleReport {
    /// The telemetry, if it is that.
    pub fn telemetry(&self) -> Option<&Telemetry> {
        match self {
            Self::Telemetry(event) => Some(event),
            _ => None,
        }
    }
    /// The outcome, if it is one.
    pub fn outcome(&self) -> Option<&CommandOutcome> {
        match self {
            Self::Outcome(outcome) => Some(outcome),
            _ => None,
        }
    }
    /// The mission event, if it is one.
    pub fn mission(&self) -> Option<&MissionEvent> {
        match self {
            Self::Mission(event) => Some(event),
            _ => None,
        }
    }
}

impl From<Telemetry> for VehicleReport {
    fn from(event: Telemetry) -> Self {
        Self::Telemetry(Box::new(event))
    }
}

impl From<CommandOutcome> for VehicleReport {
    fn from(outcome: CommandOutcome) -> Self {
        Self::Outcome(outcome)
    }
}

impl From<MissionEvent> for VehicleReport {
    fn from(event: MissionEvent) -> Self {
        Self::Mission(event)
    }
}
