//! A trip request as an event, with the style it was written in.

use super::samples::SHORT;
use crate::{
    data::{EventTime, state::state_by_serde, time::TimeStyle, units::Quantity},
    event::{ContentHasher, Event, Layout, TripSamples},
};

/// A trip from a request, and how the request was written.
///
/// # Examples
/// ```
/// use fleet_core::{DriverId, Event, EventTime, VehicleId};
/// use fleet_core::{dialect::TripRequest, event::TripSamples};
/// let trip = TripSamples {
///     trip_id: None,
///     vehicle: VehicleId::new("car-1")?,
///     driver: DriverId::new("driver-1")?,
///     at: EventTime::MIN,
///     sample_rate_hz: Some(50.0),
///     samples: Vec::new(),
/// };
/// assert_eq!(TripRequest::from(trip).key(), "car-1");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct TripRequest {
    /// The trip.
    pub trip: TripSamples,
    pub(super) style: TripStyle,
}

/// How a request was written.
#[derive(Clone, Debug, Default, PartialEq, serde::Serialize, serde::Deserialize)]
pub(super) struct TripStyle {
    /// The style of the time, packed; `None` for a trip that was not read.
    time: Option<u32>,
    /// Whether the key of the samples is `telemetry_data`.
    pub(super) alias: bool,
    /// Whether the rate was written as a whole number.
    pub(super) whole_rate: bool,
    /// Whether the samples have the short form.
    pub(super) short: bool,
    /// The time of the first sample, in the unit of the request.
    pub(super) first: Option<f64>,
    /// How each sample was written; empty for a trip that was not read.
    pub(super) marks: Vec<u16>,
    /// The layouts of samples with unknown keys or another order, by the index of the sample.
    pub(super) layouts: Vec<(u32, Layout)>,
    /// The layout of the request, if it had unknown keys or another order.
    pub(super) layout: Option<Layout>,
}

impl TripStyle {
    /// Returns the style without the parts of single samples.
    pub(super) fn head(&self) -> Self {
        Self {
            time: self.time,
            alias: self.alias,
            whole_rate: self.whole_rate,
            short: self.short,
            first: self.first,
            marks: Vec::new(),
            layouts: Vec::new(),
            layout: self.layout.clone(),
        }
    }
    /// Returns the marks of every sample, also of those beyond the request.
    pub(super) fn all_marks(&self) -> impl Iterator<Item = u16> {
        let form = if self.short { SHORT } else { 0 };
        self.marks.iter().copied().chain(std::iter::repeat(form))
    }
    pub(super) fn set_time(&mut self, style: TimeStyle) {
        self.time = Some(style.to_bits());
    }
    pub(super) fn time(&self, at: EventTime) -> TimeStyle {
        self.time
            .map_or_else(|| TimeStyle::shortest(at), TimeStyle::from_bits)
    }
}

impl From<TripSamples> for TripRequest {
    /// Creates a request in the style of the system: the short form if samples have a time.
    fn from(trip: TripSamples) -> Self {
        let short = trip
            .samples
            .first()
            .is_some_and(|sample| sample.t_s.is_some());
        let style = TripStyle {
            short,
            ..TripStyle::default()
        };
        Self { trip, style }
    }
}

state_by_serde!(TripRequest, 1);

impl Event for TripRequest {
    fn key(&self) -> &str {
        self.trip.vehicle.as_str()
    }
    fn at(&self) -> EventTime {
        self.trip.at
    }
    fn identity(&self) -> u64 {
        let mut content = ContentHasher::new();
        let none = |value: Option<f64>| value.map_or(u64::MAX, f64::to_bits);
        content.text(self.trip.driver.as_str());
        content.integer(none(self.trip.sample_rate_hz));
        for sample in &self.trip.samples {
            content
                .integer(none(sample.t_s))
                .integer(none(sample.speed.map(Quantity::canonical)))
                .integer(none(sample.longitudinal.map(Quantity::canonical)))
                .integer(none(sample.lateral.map(Quantity::canonical)));
        }
        content.finish()
    }
}
