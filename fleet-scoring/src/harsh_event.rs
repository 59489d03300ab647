use fleet_core::event::{AlertKind, Severity};

use crate::{Number, clock::Clock, count::Limits};

/// A run of samples beyond a limit.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct HarshEvent {
    /// What it is.
    pub kind: AlertKind,
    /// Its first sample, seconds since the trip's first.
    pub start_s: f64,
    /// Its last sample, seconds since the trip's first.
    pub end_s: f64,
    /// The sample that is farthest beyond the limit; negative when braking.
    pub peak_g: f64,
    /// From the peak: up to 1.25 times the limit low, up to 1.6 times medium, else high. (A device maker's tiers
    /// in use; which words they get is our choice.)
    pub severity: Severity,
}

/// A peak of so many limits is medium, and high.
const MEDIUM: f64 = 1.25;
const HIGH: f64 = 1.6;

/// Collects the runs of one column, block by block.
pub(crate) struct Runs<'a, T> {
    clock: &'a Clock,
    limits: Limits<T>,
    /// The run that is open: where it began and ended so far, and its peak.
    open: Option<(AlertKind, usize, usize, T)>,
    events: Vec<HarshEvent>,
}

impl<'a, T: Number> Runs<'a, T> {
    pub(crate) fn new(clock: &'a Clock, limits: Limits<T>) -> Self {
        Self {
            clock,
            limits,
            open: None,
            events: Vec::new(),
        }
    }

    /// Takes a block that has offenders. Blocks that are left out have none, and end a run.
    pub(crate) fn take(&mut self, start: usize, block: &[T]) {
        for (sample, value) in (start..).zip(block) {
            let kind = if *value < self.limits.low {
                AlertKind::HarshBrake
            } else if *value > self.limits.high {
                AlertKind::RapidAccel
            } else {
                continue;
            };
            match &mut self.open {
                Some((open, _, last, peak))
                    if *open == kind
                        && *last + 1 == sample
                        && !self.clock.pauses_before(sample) =>
                {
                    *last = sample;
                    if value.wide().abs() > peak.wide().abs() {
                        *peak = *value;
                    }
                }
                _ => {
                    self.close();
                    self.open = Some((kind, sample, sample, *value));
                }
            }
        }
    }

    fn close(&mut self) {
        let Some((kind, first, last, peak)) = self.open.take() else {
            return;
        };
        let times = self
            .clock
            .since_first(first)
            .zip(self.clock.since_first(last));
        let Some((start_s, end_s)) = times else {
            return;
        };
        let limit = if kind == AlertKind::HarshBrake {
            self.limits.low
        } else {
            self.limits.high
        };
        let (peak_g, limit) = (peak.wide(), limit.wide());
        let beyond = |times: f64| peak_g.abs() >= limit.abs() * times;
        let severity = match () {
            () if beyond(HIGH) => Severity::High,
            () if beyond(MEDIUM) => Severity::Medium,
            () => Severity::Low,
        };
        self.events.push(HarshEvent {
            kind,
            start_s,
            end_s,
            peak_g,
            severity,
        });
    }

    pub(crate) fn finish(mut self) -> Vec<HarshEvent> {
        self.close();
        self.events
    }
}
