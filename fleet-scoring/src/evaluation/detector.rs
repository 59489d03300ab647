//! The detector under test.

use fleet_core::event::AlertKind;

use super::{Interval, Recording};

/// What a detector says of one recording.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Findings {
    /// The events found. Their order does not matter.
    pub events: Vec<Interval>,
    /// The kinds that the recording does not support. They are listed apart, and neither hits nor
    /// misses count.
    pub unavailable: Vec<AlertKind>,
    /// A number that is greater for a more aggressive trip: points lost, or events per kilometre.
    /// `None` if the recording does not support it.
    pub harshness: Option<f64>,
}

/// A detector under test: any closure from a recording to [`Findings`].
///
/// Called once for each recording, in any order; it must not remember one for the next.
pub trait Detector {
    /// Finds the events of a recording.
    fn detect(&self, recording: &Recording) -> Findings;
}

impl<F: Fn(&Recording) -> Findings> Detector for F {
    fn detect(&self, recording: &Recording) -> Findings {
        self(recording)
    }
}
