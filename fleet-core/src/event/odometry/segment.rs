use std::time::Duration;

use crate::data::{EventTime, units::Distance};

/// How a distance was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// The difference of two readings of the odometer.
    Odometer,
    /// Speed over time.
    Speed,
    /// Great circles between positions.
    Position,
}

/// Why a reading of the odometer was not taken as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// It went back a little.
    Rollback,
    /// It started anew: another unit, a repair, an overflow.
    Reset,
    /// It went on by more than the vehicle can have driven.
    Jump,
    /// It stands while the vehicle drives. Said once, with the whole stretch.
    Stuck,
}

/// A stretch that a vehicle drove, and how that is known.
///
/// # Units
/// Whole micrometres: sums and splits are exact.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Segment {
    /// The first instant.
    pub from: EventTime,
    /// The last instant.
    pub to: EventTime,
    pub(super) um: i64,
    /// How the distance was found; `None` when nothing tells it, and then it counts 0.
    pub method: Option<Method>,
    /// Why the odometer was not taken as it is.
    pub fault: Option<Fault>,
}

impl Segment {
    pub(super) fn measured(from: i64, to: i64, um: i64) -> Self {
        Self {
            from: EventTime::from_micros(from),
            to: EventTime::from_micros(to),
            um,
            method: Some(Method::Odometer),
            fault: None,
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

    /// What of the distance lies before `at`, as if it was driven evenly. The whole of it at the end, so that
    /// parts add up exactly.
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

    /// Its parts by windows of `length`: the start of each, and its micrometres.
    ///
    /// # Examples
    /// Ten minutes over a full hour, 6 km:
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
        // A moment without length still belongs to a window.
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
