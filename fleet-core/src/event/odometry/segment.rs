//! A measured segment of a vehicle's way.

use std::time::Duration;

use crate::data::{EventTime, units::Distance};

/// The method by which a distance was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// The difference between two odometer readings.
    Odometer,
    /// Speed over time.
    Speed,
    /// Great circles between positions.
    Position,
}

/// The reason why an odometer reading was not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Anomaly {
    /// The odometer went back a little.
    Rollback,
    /// The odometer restarted: a replacement, a repair or an overflow.
    Reset,
    /// The odometer advanced by more than the vehicle can have driven.
    Jump,
    /// The odometer does not move while the vehicle drives. Reported once, with the whole distance.
    Stuck,
}

/// A segment of a vehicle's way: its distance, and how it was found.
///
/// # Units
/// Whole micrometres, so sums and splits are exact.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Segment {
    /// The first instant.
    pub from: EventTime,
    /// The last instant.
    pub to: EventTime,
    pub(super) um: i64,
    /// The method; `None` if nothing gives a distance, which then counts as 0.
    pub method: Option<Method>,
    /// The reason why the odometer reading was not accepted.
    pub anomaly: Option<Anomaly>,
}

impl Segment {
    pub(super) fn measured(from: i64, to: i64, um: i64) -> Self {
        Self {
            from: EventTime::from_micros(from),
            to: EventTime::from_micros(to),
            um,
            method: Some(Method::Odometer),
            anomaly: None,
        }
    }

    /// The distance.
    pub fn distance(&self) -> Distance {
        Distance::from_m(self.um as f64 / 1e6)
    }

    /// The distance in whole micrometres.
    pub fn micrometres(&self) -> i64 {
        self.um
    }

    /// The part of the distance before `at`, assuming a constant speed. At or after the end it is
    /// the whole distance, so parts add up exactly.
    ///
    /// # Examples
    /// See [`parts`](Self::parts).
    pub fn micrometres_before(&self, at: EventTime) -> i64 {
        if at >= self.to {
            return self.um;
        }
        let whole = self.to.since(self.from).as_micros();
        let part = at.since(self.from).as_micros();
        let (Ok(whole), Ok(part)) = (i128::try_from(whole), i128::try_from(part)) else {
            return 0;
        };
        i64::try_from(i128::from(self.um) * part / whole.max(1)).unwrap_or(0)
    }

    /// Splits the segment at multiples of `length`. Yields the start of each window and its share
    /// in micrometres.
    ///
    /// # Examples
    /// Ten minutes across a full hour, 6 km:
    /// ```
    /// use std::time::Duration;
    /// use fleet_core::{EventTime, odometry::{Fix, Meter, MeterOptions}, units::Distance};
    /// let fix = |second: i64, km| Fix {
    ///     at: EventTime::from_micros(second * 1_000_000),
    ///     odometer: Some(Distance::from_km(km)),
    ///     speed: None,
    ///     position: None,
    /// };
    /// let (options, mut meter) = (MeterOptions::default(), Meter::default());
    /// assert_eq!(meter.observe(&options, &fix(3_500, 10.0)), None);
    /// let segment = meter.observe(&options, &fix(4_100, 16.0)).unwrap();
    /// let parts: Vec<_> = segment.parts(Duration::from_secs(3600)).collect();
    /// let second = |at: i64| EventTime::from_micros(at * 1_000_000);
    /// assert_eq!(parts, [(second(0), 1_000_000_000), (second(3600), 5_000_000_000)]);
    /// ```
    pub fn parts(&self, length: Duration) -> impl Iterator<Item = (EventTime, i64)> + use<> {
        let segment = *self;
        // A segment of zero duration still belongs to one window.
        let mut start = Some(segment.from.floor_to(length));
        std::iter::from_fn(move || {
            let from = start?;
            let end = from + length;
            start = (end < segment.to && end > from).then_some(end);
            let upto = if start.is_some() { end } else { segment.to };
            let part = segment.micrometres_before(upto) - segment.micrometres_before(from);
            Some((from, part))
        })
    }
}
