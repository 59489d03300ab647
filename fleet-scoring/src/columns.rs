//! The samples of a trip in columns.

use fleet_core::{
    event::{Telemetry, TripSamples},
    units::{Acceleration, Speed},
};

use crate::{Number, count, sampling::Sampling};

/// The samples of one trip, one column per signal.
///
/// # Units
/// Seconds, km/h and g. A sample without a reading is NaN.
///
/// # Shape
/// All columns are as long as that of the longitudinal acceleration; a column of another length
/// counts as missing. Either each sample has a time, or the trip has a rate, or the times are
/// unknown. Times that decrease count as unknown.
///
/// # Examples
/// ```
/// use fleet_scoring::{SeedFleetflow, TripColumns};
/// let trip = TripColumns::new(vec![0.1_f32, -0.5, -0.6, 0.0]).with_rate(10.0);
/// let score = SeedFleetflow::default().score(&trip);
/// assert_eq!(score.score.value, Some(90));
/// assert_eq!((score.events[0].start_s, score.events[0].end_s), (0.1, 0.2));
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct TripColumns<T> {
    pub(crate) sampling: Sampling,
    pub(crate) longitudinal: Vec<T>,
    speed: Vec<T>,
}

/// The longest pause over which speed is interpolated. Our choice, as in
/// [`odometry`](fleet_core::odometry::MeterOptions).
const BRIDGE_S: f64 = 300.0;

impl<T: Number> TripColumns<T> {
    /// The longitudinal accelerations of a trip, g, positive when speeding up.
    pub fn new(longitudinal: Vec<T>) -> Self {
        Self {
            sampling: Sampling::Unknown,
            longitudinal,
            speed: Vec::new(),
        }
    }

    /// Sets the sample rate, samples per second. A rate that is not finite and positive counts as
    /// unknown.
    #[must_use]
    pub fn with_rate(mut self, hz: f64) -> Self {
        self.sampling = Sampling::of_rate(hz);
        self
    }

    /// Sets the time of each sample, seconds from any origin.
    #[must_use]
    pub fn with_times(mut self, seconds: Vec<f64>) -> Self {
        self.sampling = Sampling::of_times(seconds, self.longitudinal.len());
        self
    }

    /// Sets the speed of each sample, km/h.
    #[must_use]
    pub fn with_speed(mut self, kmh: Vec<T>) -> Self {
        self.speed = kmh;
        self
    }

    /// The columns of a trip's samples. If all samples have a time, the times take precedence over
    /// the rate.
    pub fn of_samples(trip: &TripSamples) -> Self {
        let samples = || trip.samples.iter();
        let longitudinal = samples().map(|sample| sample.longitudinal.map(Acceleration::as_g));
        let speed = samples().map(|sample| sample.speed.map(Speed::as_kmh));
        let longitudinal = longitudinal.map(or_missing).collect();
        let mut columns = Self::new(longitudinal).with_speed(speed.map(or_missing).collect());
        if let Some(times) = samples()
            .map(|sample| sample.t_s)
            .collect::<Option<Vec<_>>>()
        {
            columns = columns.with_times(times);
        }
        match trip.sample_rate_hz {
            Some(hz) if !columns.sampling.is_known() => columns.with_rate(hz),
            _ => columns,
        }
    }

    /// The columns of a vehicle's telemetry, which must be sorted by time.
    pub fn of_telemetry<'a>(events: impl IntoIterator<Item = &'a Telemetry>) -> Self {
        let (mut times, mut longitudinal, mut speed) = (Vec::new(), Vec::new(), Vec::new());
        let mut first = None;
        for event in events {
            let at = event.at().as_micros();
            let first = *first.get_or_insert(at);
            times.push(at.saturating_sub(first) as f64 / 1e6);
            longitudinal.push(or_missing(
                event.acceleration_longitudinal().map(Acceleration::as_g),
            ));
            speed.push(or_missing(event.speed().map(Speed::as_kmh)));
        }
        Self::new(longitudinal).with_times(times).with_speed(speed)
    }

    /// The number of samples, with or without readings.
    pub fn len(&self) -> usize {
        self.longitudinal.len()
    }
    /// Whether there are no samples.
    pub fn is_empty(&self) -> bool {
        self.longitudinal.is_empty()
    }

    /// The time from the first sample to the last, seconds.
    pub(crate) fn duration_s(&self) -> Option<f64> {
        self.sampling.since_first(self.len().checked_sub(1)?)
    }

    /// The integral of speed over time, metres, by the trapezoidal rule over the samples that have
    /// a speed. `None` without times, with fewer than two speeds, or if two speeds are more than
    /// [`BRIDGE_S`] apart.
    pub(crate) fn distance_m(&self) -> Option<f64> {
        if self.speed.len() != self.longitudinal.len() {
            return None;
        }
        if let (Sampling::Rate(hz), [first, .., last]) = (&self.sampling, self.speed.as_slice()) {
            let ends = f64::midpoint(first.wide().abs(), last.wide().abs());
            let metres = (count::sum(&self.speed) - ends) / 3.6 / hz;
            // If a speed is missing, the loop below checks each pause.
            if !metres.is_nan() && hz.recip() <= BRIDGE_S {
                return Some(metres);
            }
        }
        let mut last: Option<(f64, f64)> = None;
        let mut metres = None;
        for (sample, kmh) in self.speed.iter().enumerate() {
            let kmh = kmh.wide().abs();
            if kmh.is_nan() {
                continue;
            }
            let now = self.sampling.since_first(sample)?;
            if let Some((then, before)) = last {
                let seconds = now - then;
                if seconds > BRIDGE_S {
                    return None;
                }
                let driven = f64::midpoint(before, kmh) / 3.6 * seconds;
                metres = Some(metres.unwrap_or(0.0) + driven);
            }
            last = Some((now, kmh));
        }
        metres
    }
}

fn or_missing<T: Number>(value: Option<f64>) -> T {
    value
        .filter(|value| value.is_finite())
        .map_or(T::MISSING, T::nearest)
}
