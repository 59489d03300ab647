//! The autopilot of a vehicle: when drivers take over, and when it is engaged again.

use std::time::Duration;

use fleet_core::{EventTime, event::DrivingKind};

use crate::simulator::draws::Draws;

/// The share of takeovers that begin with the driver, and of those that have both events. Our
/// choice.
const BY_DRIVER: f64 = 0.5;
const IN_PAIRS: f64 = 0.7;
/// The delay of the second event of a pair, whole seconds from 0: within the 5 s in which the
/// metrics join both.
const PAIR_S: u64 = 5;
/// How long the autopilot stays off, and the pause after a takeover before the next one, seconds.
/// Our choice: longer than the delay of a second event by more than 5 s.
const OFF_S: (f64, f64) = (10.0, 60.0);
const PAUSE_S: f64 = 10.0;

/// The state of the autopilot between two ticks.
#[derive(Clone, Debug)]
pub(super) struct Autopilot {
    engaged: bool,
    off_left_s: f64,
    pause_left_s: f64,
    /// The second event of a pair, and its time.
    due: Option<(EventTime, DrivingKind)>,
}

impl Autopilot {
    pub(super) fn new() -> Self {
        Self {
            engaged: true,
            off_left_s: 0.0,
            pause_left_s: 0.0,
            due: None,
        }
    }

    pub(super) fn is_engaged(&self) -> bool {
        self.engaged
    }

    /// Lets time pass, and engages the autopilot again once it was off for long enough.
    pub(super) fn pass(&mut self, seconds: f64) {
        self.pause_left_s = (self.pause_left_s - seconds).max(0.0);
        self.off_left_s = (self.off_left_s - seconds).max(0.0);
        if !self.engaged && self.off_left_s <= 0.0 {
            self.engaged = true;
        }
    }

    /// Whether a takeover may happen now.
    pub(super) fn may_end(&self) -> bool {
        self.engaged && self.due.is_none() && self.pause_left_s <= 0.0
    }

    /// Begins a takeover and returns its first event.
    pub(super) fn take_over(&mut self, at: EventTime, draws: &mut Draws) -> DrivingKind {
        let delay = Duration::from_secs(draws.below(PAIR_S));
        let pair = draws.chance(IN_PAIRS);
        let (first, second) = if draws.chance(BY_DRIVER) {
            (DrivingKind::Intervention, DrivingKind::Disengagement)
        } else {
            self.engaged = false;
            (DrivingKind::Disengagement, DrivingKind::Intervention)
        };
        self.due = pair.then_some((at + delay, second));
        self.pause_left_s = PAUSE_S;
        self.off_left_s = draws.uniform(OFF_S.0, OFF_S.1);
        first
    }

    /// Takes the second event of a pair once its time has come.
    pub(super) fn take_due(&mut self, at: EventTime) -> Option<(EventTime, DrivingKind)> {
        let due = self.due.take_if(|(due, _)| *due <= at)?;
        if due.1 == DrivingKind::Disengagement {
            self.engaged = false;
        }
        Some(due)
    }
}
