//! The score of an assessed trip, as JSON and as a line of text.

use std::borrow::Cow;

use fleet_core::{DriverId, TripId, event::AlertKind};
use fleet_scoring::{
    assess::{Assess, Assessment, FoundEvent, SamplesBeyond},
    score::{Cause, Insufficient, Interval, Line, Rounding, Uncharged},
    signal::Unavailable,
};

use super::format::grouped;

/// The score of one trip. The first nine keys are those of every profile.
#[derive(Debug, serde::Serialize)]
pub(crate) struct AssessedReport {
    pub(crate) trip_id: Option<TripId>,
    pub(crate) driver_id: Option<DriverId>,
    samples: u64,
    duration_s: Option<f64>,
    distance_km: Option<f64>,
    score: Option<Points>,
    insufficient: Option<Insufficient>,
    components: Vec<Line>,
    events: Vec<FoundEvent>,
    /// Where the score would lie if driving went on like this.
    interval: Option<Interval>,
    profile: Cow<'static, str>,
    profile_version: u32,
    detector: String,
    /// Events that cost nothing, and why.
    uncharged: Vec<Uncharged>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) beyond: Option<SamplesBeyond>,
    pub(crate) unavailable: Vec<Unavailable>,
}

/// A score, in the precision of its profile.
#[derive(Clone, Copy, Debug, serde::Serialize)]
#[serde(untagged)]
enum Points {
    Whole(u8),
    Exact(f64),
}

impl AssessedReport {
    /// The report of an assessment by a detector of this name.
    pub(crate) fn new(detector: &str, assess: &Assess, found: Assessment) -> Self {
        let receipt = found.receipt;
        let whole = assess.profile().rounding != Rounding::Exact;
        let score = receipt.score.map(|score| {
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "a score is from 0 to 100"
            )]
            let rounded = score as u8;
            if whole {
                Points::Whole(rounded)
            } else {
                Points::Exact(score)
            }
        });
        // An event without a time cannot be listed; it is counted in the components.
        let events = found.events.into_iter();
        let events = events.filter(|event| event.start_s.is_some());
        let driven = found.evidence.sums().driven();
        Self {
            trip_id: None,
            driver_id: None,
            samples: 0,
            duration_s: None,
            distance_km: driven.map(|driven| driven.distance().as_km()),
            score,
            insufficient: receipt.insufficient,
            components: receipt.components,
            events: events.collect(),
            interval: receipt.interval,
            profile: receipt.profile,
            profile_version: receipt.version,
            detector: detector.to_owned(),
            uncharged: receipt.uncharged,
            beyond: found.beyond,
            unavailable: found.unavailable,
        }
    }

    /// Sets the number of samples, and the time from the first to the last.
    pub(crate) fn of(mut self, samples: usize, duration_s: Option<f64>) -> Self {
        (self.samples, self.duration_s) = (samples as u64, duration_s);
        self
    }

    /// The number of events.
    pub(crate) fn count(&self) -> u64 {
        self.events.len() as u64
    }

    /// The kind, beginning and end of each event, seconds.
    pub(crate) fn spans(&self) -> Vec<(AlertKind, f64, f64)> {
        let spans = self.events.iter().filter_map(|event| {
            let kind = AlertKind::from_word(event.kind.as_word())?;
            Some((kind, event.start_s?, event.end_s?))
        });
        spans.collect()
    }

    /// The number of events, firm ones apart.
    fn events_text(&self) -> String {
        let firm = [Cause::FirmBrake, Cause::FirmAccel];
        let is_firm = |event: &&FoundEvent| firm.contains(&event.kind);
        let firm = self.events.iter().filter(is_firm).count() as u64;
        let events = events(self.count() - firm);
        match firm {
            0 => events,
            firm => format!("{events} and {} firm", grouped(firm)),
        }
    }

    /// The trip as a line of text.
    pub(crate) fn line(&self, name: &str) -> String {
        let score = match self.score {
            Some(Points::Whole(score)) => format!("{score:>3}"),
            Some(Points::Exact(score)) => {
                let limits = self
                    .interval
                    .map(|limits| format!(" ({:.0} to {:.0})", limits.low, limits.high));
                format!("{score:>5.1}{}", limits.unwrap_or_default())
            }
            None => {
                let why = self.insufficient.map(|why| why.to_string());
                format!("  - ({})", why.as_deref().unwrap_or("no score"))
            }
        };
        // What did not happen is left out: a profile may have seven components.
        let found = self.components.iter().filter(|line| line.quantity != 0.0);
        let components = found.map(|line| {
            let digits = usize::from(line.quantity.fract() != 0.0);
            format!(", {} {:.digits$} {}", line.name, line.quantity, line.unit)
        });
        let components: String = components.collect();
        let beyond = self.beyond.map_or_else(String::new, |beyond| {
            format!(", {}", beyond_text(beyond, self.count()))
        });
        format!(
            "{name:<16} {score}  {} samples, {}{components}{beyond}\n",
            grouped(self.samples),
            self.events_text(),
        )
    }
}

/// Says how many samples reach a limit, and in how many events.
pub(crate) fn beyond_text(beyond: SamplesBeyond, count: u64) -> String {
    format!(
        "{} samples at the limit, {} of them lateral, in {}",
        grouped(beyond.samples),
        grouped(beyond.lateral),
        events(count)
    )
}

/// Writes `1 event` or `2 events`.
fn events(count: u64) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{} event{plural}", grouped(count))
}
