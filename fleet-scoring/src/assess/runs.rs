//! Runs of samples beyond plain limits: the rule of the seeds as a finder.

use fleet_core::event::Signal;

use super::{Found, FoundEvent, TripSignals, found::severity};
use crate::{Number, profile::RunLimits, score::Cause, signal::Unavailable};

/// One limit: the signal, which side of it is beyond, and what a run is.
struct Rule {
    cause: Cause,
    signal: Signal,
    side: Side,
    limit: f32,
}

/// Which values are beyond a limit.
#[derive(Clone, Copy)]
enum Side {
    Below,
    Above,
    Either,
}

/// The runs of all signals, sorted by their beginning. Strictly beyond: a sample at a limit belongs
/// to no run.
pub(super) fn runs(limits: RunLimits, signals: &TripSignals) -> Found {
    let along = Signal::AccelerationLongitudinal;
    let across = Signal::AccelerationLateral;
    let rules = [
        (Cause::HarshBrake, along, Side::Below, -limits.brake_g),
        (Cause::RapidAccel, along, Side::Above, limits.accel_g),
        (Cause::HarshCorner, across, Side::Either, limits.corner_g),
        (
            Cause::Speeding,
            Signal::Speed,
            Side::Above,
            limits.speed_kmh,
        ),
    ];
    let rules = rules.map(|(cause, signal, side, limit)| Rule {
        cause,
        signal,
        side,
        limit: f32::nearest(limit),
    });
    let mut found = Found::default();
    for rule in rules.iter().filter(|rule| rule.limit.is_finite()) {
        if signals.has(rule.signal) {
            found.watched.push((rule.cause, 1.0));
            found.events.extend(rule.runs(signals));
        }
    }
    if !signals.has(along) {
        found.unavailable.push(Unavailable::new(
            "harsh braking and rapid acceleration",
            "no sample has a longitudinal acceleration",
        ));
    }
    found.events.sort_by_key(|event| (event.sample, event.kind));
    found
}

impl Rule {
    /// How far from 0 a value is on the side of the limit.
    fn size(&self, value: f32) -> f32 {
        match self.side {
            Side::Below => -value,
            Side::Above => value,
            Side::Either => value.abs(),
        }
    }

    fn runs(&self, signals: &TripSignals) -> Vec<FoundEvent> {
        let mut events = Vec::new();
        let mut open: Option<(usize, usize, f32)> = None;
        for (sample, value) in signals.column(self.signal).iter().enumerate() {
            // A missing sample is not beyond.
            if self.size(*value) <= self.limit || value.is_nan() {
                continue;
            }
            match &mut open {
                Some((_, last, peak))
                    if *last + 1 == sample && !signals.sampling.pauses_before(sample) =>
                {
                    *last = sample;
                    if self.size(*value) > self.size(*peak) {
                        *peak = *value;
                    }
                }
                _ => {
                    let closed = open.replace((sample, sample, *value));
                    events.extend(closed.map(|run| self.event(run, signals)));
                }
            }
        }
        events.extend(open.map(|run| self.event(run, signals)));
        events
    }

    fn event(&self, (first, last, peak): (usize, usize, f32), signals: &TripSignals) -> FoundEvent {
        let times = self.size(peak) / self.limit;
        FoundEvent {
            start_s: signals.time_s(first),
            end_s: signals.time_s(last),
            peak_g: (self.cause != Cause::Speeding).then(|| peak.wide()),
            sample: first,
            ..FoundEvent::new(self.cause, severity(times.wide()))
        }
    }
}
