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

#[cfg(test)]
mod tests {
    use super::*;

    fn runs(clock: &Sampling, samples: &[f64]) -> Vec<HarshEvent> {
        let limits = Limits {
            low: -0.5,
            high: 0.25,
        };
        let mut runs = Runs::new(clock, limits);
        runs.take(0, samples);
        runs.finish()
    }

    #[test]
    fn samples_at_a_limit_belong_to_no_run() {
        let events = runs(&Sampling::Rate(1.0), &[-0.5, -0.51, -0.5, 0.25, 0.26, 0.25]);
        let spans: Vec<_> = events
            .iter()
            .map(|event| (event.kind, event.start_s, event.end_s))
            .collect();
        assert_eq!(
            spans,
            [
                (AlertKind::HarshBrake, 1.0, 1.0),
                (AlertKind::RapidAccel, 4.0, 4.0)
            ]
        );
    }

    #[test]
    fn the_severity_of_a_run_comes_from_its_peak_against_the_limit_of_its_kind() {
        let severity = |peak| {
            let events = runs(&Sampling::Rate(1.0), &[peak]);
            events.iter().map(|event| event.severity).next()
        };
        for limit in [-0.5, 0.25] {
            for (factor, expected) in [
                (1.24, Severity::Low),
                (MEDIUM_FACTOR, Severity::Medium),
                (1.59, Severity::Medium),
                (HIGH_FACTOR, Severity::High),
                (1.7, Severity::High),
            ] {
                assert_eq!(severity(limit * factor), Some(expected), "{limit} {factor}");
            }
        }
    }

    #[test]
    fn a_pause_of_two_seconds_is_part_of_a_run_and_a_longer_one_ends_it() {
        let spans = |times: [f64; 3]| {
            let events = runs(&Sampling::Times(times.into()), &[-0.6, -0.7, -0.6]);
            let spans = events.iter().map(|event| (event.start_s, event.end_s));
            spans.collect::<Vec<_>>()
        };
        assert_eq!(spans([0.0, 2.0, 4.0]), [(0.0, 4.0)]);
        assert_eq!(spans([0.0, 2.0, 4.25]), [(0.0, 2.0), (4.25, 4.25)]);
    }

    #[test]
    fn the_peak_is_the_sample_of_greatest_magnitude() {
        let peak = |samples: &[f64]| runs(&Sampling::Rate(1.0), samples)[0].peak_g;
        for (samples, expected) in [
            ([-0.6, -0.7, -0.65], -0.7),
            ([-0.9, -0.7, -0.8], -0.9),
            ([0.3, 0.4, 0.5], 0.5),
        ] {
            assert!((peak(&samples) - expected).abs() < 1e-12, "{samples:?}");
        }
    }
}
