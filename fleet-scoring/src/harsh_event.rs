//! Harsh events: runs of samples beyond a limit.

use fleet_core::event::{AlertKind, Severity};

use crate::{Number, count::Limits, sampling::Sampling};

/// A run of consecutive samples beyond one limit.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct HarshEvent {
    /// Harsh braking or rapid acceleration.
    pub kind: AlertKind,
    /// The time of its first sample, seconds since the first of the trip.
    pub start_s: f64,
    /// The time of its last sample, seconds since the first of the trip.
    pub end_s: f64,
    /// The sample farthest beyond the limit, g; negative when braking.
    pub peak_g: f64,
    /// By the peak: below 1.25 times the limit low, below 1.6 times medium, else high. The factors
    /// are the tiers of a device maker; the names are our choice.
    pub severity: Severity,
}

/// A peak of this many times the limit is of medium severity.
const MEDIUM_FACTOR: f64 = 1.25;
/// A peak of this many times the limit is of high severity.
const HIGH_FACTOR: f64 = 1.6;

/// Collects the runs of one column, block by block.
pub(crate) struct Runs<'a, T> {
    sampling: &'a Sampling,
    limits: Limits<T>,
    /// The open run: its kind, the indices of its first and last sample, and its peak.
    open: Option<(AlertKind, usize, usize, T)>,
    events: Vec<HarshEvent>,
}

impl<'a, T: Number> Runs<'a, T> {
    pub(crate) fn new(sampling: &'a Sampling, limits: Limits<T>) -> Self {
        Self {
            sampling,
            limits,
            open: None,
            events: Vec::new(),
        }
    }

    /// Takes the block that begins at sample `start`. Blocks without harsh samples may be left out.
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
                        && !self.sampling.pauses_before(sample) =>
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
            .sampling
            .since_first(first)
            .zip(self.sampling.since_first(last));
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
            () if beyond(HIGH_FACTOR) => Severity::High,
            () if beyond(MEDIUM_FACTOR) => Severity::Medium,
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
