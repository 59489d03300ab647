//! The times of the samples of a trip.

/// The times at which the samples of a trip were taken.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Sampling {
    /// Unknown: samples can only be counted.
    Unknown,
    /// A constant rate, samples per second.
    Rate(f64),
    /// One time per sample, seconds, never decreasing.
    Times(Vec<f64>),
}

/// A longer pause between two samples ends a harsh event. Our choice: two periods at 1 Hz, the
/// slowest usual rate of an accelerometer.
pub(crate) const PAUSE_S: f64 = 2.0;

impl Sampling {
    /// These times, or `Unknown` unless there is one finite time per sample and none decreases.
    pub(crate) fn of_times(times: Vec<f64>, samples: usize) -> Self {
        let steady = times.is_sorted() && times.iter().all(|time| time.is_finite());
        if times.is_empty() || times.len() != samples || !steady {
            return Self::Unknown;
        }
        Self::Times(times)
    }

    /// This rate, or `Unknown` unless it is finite and positive.
    pub(crate) fn of_rate(hz: f64) -> Self {
        if hz.is_finite() && hz > 0.0 {
            Self::Rate(hz)
        } else {
            Self::Unknown
        }
    }

    pub(crate) fn is_known(&self) -> bool {
        *self != Self::Unknown
    }

    /// The time from the first sample to this one, seconds.
    pub(crate) fn since_first(&self, sample: usize) -> Option<f64> {
        match self {
            Self::Unknown => None,
            Self::Rate(hz) => Some(sample as f64 / hz),
            Self::Times(times) => Some(times.get(sample)? - times.first()?),
        }
    }

    /// Whether the pause before this sample exceeds [`PAUSE_S`].
    pub(crate) fn pauses_before(&self, sample: usize) -> bool {
        let Some(before) = sample.checked_sub(1) else {
            return false;
        };
        let times = self.since_first(before).zip(self.since_first(sample));
        times.is_some_and(|(before, now)| now - before > PAUSE_S)
    }
}
