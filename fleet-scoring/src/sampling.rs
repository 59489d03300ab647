/// When the samples of a trip were taken.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Clock {
    /// Not known: only samples can be counted.
    None,
    /// So many in a second, evenly.
    Rate(f64),
    /// One time each, seconds, not running backwards.
    Times(Vec<f64>),
}

/// A longer pause between two samples ends an event. Our choice: two periods at 1 Hz, the slowest usual rate of
/// an accelerometer; what happened meanwhile is not known.
pub(crate) const PAUSE_S: f64 = 2.0;

impl Clock {
    /// Times, if they are a clock for so many samples.
    pub(crate) fn of_times(times: Vec<f64>, samples: usize) -> Self {
        let steady = times.is_sorted() && times.iter().all(|time| time.is_finite());
        if times.is_empty() || times.len() != samples || !steady {
            return Self::None;
        }
        Self::Times(times)
    }

    /// A rate, if it is one.
    pub(crate) fn of_rate(hz: f64) -> Self {
        if hz.is_finite() && hz > 0.0 {
            Self::Rate(hz)
        } else {
            Self::None
        }
    }

    pub(crate) fn is_known(&self) -> bool {
        *self != Self::None
    }

    /// Seconds from the first sample to this one.
    pub(crate) fn since_first(&self, sample: usize) -> Option<f64> {
        match self {
            Self::None => None,
            Self::Rate(hz) => Some(sample as f64 / hz),
            Self::Times(times) => Some(times.get(sample)? - times.first()?),
        }
    }

    /// Whether the pause before this sample is too long for one event.
    pub(crate) fn pauses_before(&self, sample: usize) -> bool {
        let Some(before) = sample.checked_sub(1) else {
            return false;
        };
        let times = self.since_first(before).zip(self.since_first(sample));
        times.is_some_and(|(before, now)| now - before > PAUSE_S)
    }
}
