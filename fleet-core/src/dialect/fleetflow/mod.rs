//! FleetFlow: trip requests, each with all samples of one trip.

mod request;
mod samples;
mod style;
#[cfg(test)]
mod tests;

pub use samples::SampleTime;
pub use style::TripRequest;

use self::samples::{SampleValue, is_short};
use super::{
    Dialect, Lossy, Refused,
    object::{self, UnknownKeys},
};
use crate::{data::time::TimeReader, event::TripSample};

/// The most samples of a trip. Our choice: at 64 bytes each they take 256 MiB.
pub const MAX_SAMPLES: usize = 1 << 22;

/// Trip requests of FleetFlow: one JSON object with all samples of a trip.
///
/// `vehicle_id`, `driver_id`, `timestamp` and the samples (`data` or `telemetry_data`) are
/// required. A record of a line-based source has at most 1 MiB. A longer request, such as a claimed
/// payload, is read as a whole by [`read`](Dialect::read), and a list of samples, as in table
/// `trip_logs`, by [`each_sample`](Self::each_sample).
///
/// # Units
/// km/h and g; `t` of the short form is in milliseconds, unless [set](Self::with_time) otherwise.
/// In the event `t_s` counts seconds from the first sample of the trip.
///
/// # Shape
/// `vehicle_id driver_id timestamp [sample_rate_hz] data[..]`, where each sample is either
/// `{speed_kmh g_force_long g_force_lat}` or `{t spd gx}`. `sample_rate_hz` is our addition, for
/// samples without a time.
///
/// # Guarantees
/// A trip with more samples than the [limit](Self::with_max_samples) is refused before they fill
/// the memory.
///
/// # Examples
/// ```
/// use fleet_core::{dialect::{Dialect, FleetFlow}, time::TimeReader};
/// let body = r#"{"vehicle_id":"550e8400-e29b-41d4-a716-446655440000","driver_id":"c9284200-e29b-41d4-a716-446655440000","timestamp":"2024-01-01T12:00:00Z","data":[{"speed_kmh":45,"g_force_long":0.1,"g_force_lat":0.0},{"speed_kmh":45,"g_force_long":-0.5,"g_force_lat":0.0}]}"#;
/// let request = FleetFlow::default().read(body, &mut TimeReader::default())?.unwrap();
/// let forces = request.trip.samples.iter().filter_map(|sample| sample.longitudinal);
/// assert_eq!(forces.filter(|force| force.as_g() < -0.4).count(), 1);
/// let mut again = Vec::new();
/// FleetFlow::default().write(&request, &mut again);
/// assert_eq!(again, body.as_bytes());
/// # Ok::<(), fleet_core::dialect::Refused>(())
/// ```
///
/// # Errors
/// Refuses a record that is not a JSON object, a value of the wrong type, a repeated key (also
/// under both of its names), a number that is not finite, a time that is malformed or outside 1970
/// to 9999, an id that is empty, over 255 bytes or has a control character, a sample rate that is
/// not above 0, and too many samples.
#[derive(Clone, Copy, Debug)]
pub struct FleetFlow {
    unknown: UnknownKeys,
    time: SampleTime,
    max_samples: usize,
}

impl Default for FleetFlow {
    fn default() -> Self {
        Self {
            unknown: UnknownKeys::Ignored,
            time: SampleTime::Milliseconds,
            max_samples: MAX_SAMPLES,
        }
    }
}

impl FleetFlow {
    /// Creates a dialect that keeps unknown keys and the order of all keys, of the request and of
    /// each sample, and writes them back.
    pub fn keeping_unknown_keys() -> Self {
        Self {
            unknown: UnknownKeys::Kept,
            ..Self::default()
        }
    }

    /// Sets the unit of `t`, which the system does not specify.
    #[must_use]
    pub fn with_time(self, time: SampleTime) -> Self {
        Self { time, ..self }
    }

    /// Sets the most samples of a trip.
    #[must_use]
    pub fn with_max_samples(self, max_samples: usize) -> Self {
        Self {
            max_samples,
            ..self
        }
    }

    /// Reads a list of samples, passes each one on, and returns their number. So samples can be put
    /// into columns directly.
    ///
    /// # Examples
    /// ```
    /// use fleet_core::dialect::FleetFlow;
    /// let mut longitudinal = Vec::new();
    /// let blob = r#"[{"t":1200,"spd":85,"gx":0.5},{"t":1300,"spd":84,"gx":-0.25}]"#;
    /// let count = FleetFlow::default().each_sample(blob, |sample| {
    ///     longitudinal.extend(sample.longitudinal.map(|g| g.as_g()));
    /// })?;
    /// assert_eq!((count, longitudinal), (2, vec![0.5, -0.25]));
    /// # Ok::<(), fleet_core::dialect::Refused>(())
    /// ```
    ///
    /// # Errors
    /// Refuses what is refused in the samples of a request. The samples before it were passed on
    /// already.
    pub fn each_sample(
        &self,
        list: &str,
        mut each: impl FnMut(TripSample),
    ) -> Result<usize, Refused> {
        let mut first = None;
        object::each(
            &samples::SCHEMA,
            UnknownKeys::Ignored,
            list,
            self.max_samples,
            |sample| each(sample.finish(self.time, &mut first)),
        )
    }
}

impl Dialect for FleetFlow {
    type Event = TripRequest;
    type Memo = TimeReader;

    fn read(&self, record: &str, memo: &mut TimeReader) -> Result<Option<TripRequest>, Refused> {
        request::read(self, record, memo).map(Some)
    }

    fn write(&self, event: &TripRequest, to: &mut Vec<u8>) {
        request::write(self, event, to);
    }

    fn lossy(&self, event: &TripRequest) -> Lossy {
        let samples = || event.trip.samples.iter().zip(event.style.all_marks());
        let (time, lateral) = (is_short(SampleValue::Time), is_short(SampleValue::Lateral));
        let no_time = samples().any(|(sample, marks)| sample.t_s.is_some() && marks & time == 0);
        let no_lateral =
            samples().any(|(sample, marks)| sample.lateral.is_some() && marks & lateral != 0);
        Lossy::new()
            .note("trip_id", event.trip.trip_id.is_some())
            .note("t_s", no_time)
            .note("g_force_lat", no_lateral)
    }
}
