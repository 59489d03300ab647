//! Samples of a trip and the progress of its analysis.

use super::alert::words;
use crate::data::{
    DriverId, EventTime, TripId, VehicleId,
    state::state_by_serde,
    units::{Acceleration, Speed},
};

words! {
    /// The progress of a trip's analysis.
    TripStatus {
        /// Waiting. Some producers write `PENDING_ANALYSIS`.
        Pending = "PENDING",
        /// Being scored.
        Processing = "PROCESSING",
        /// Scored.
        Completed = "COMPLETED",
        /// Failed, with a reason.
        Failed = "FAILED",
    }
}

/// One sample of a trip.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct TripSample {
    /// Time since the first sample of the trip in seconds, if the samples carry times.
    pub t_s: Option<f64>,
    /// Speed over ground.
    #[serde(rename = "speed_kmh")]
    pub speed: Option<Speed>,
    /// Longitudinal acceleration, positive when speeding up.
    #[serde(rename = "g_force_long")]
    pub longitudinal: Option<Acceleration>,
    /// Lateral acceleration.
    #[serde(rename = "g_force_lat")]
    pub lateral: Option<Acceleration>,
}

/// The samples of one trip.
///
/// # Shape
/// Samples are in the order of the trip. Either the samples carry times, or the trip has a sample
/// rate, or neither. Without both, only counts of samples can be computed.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct TripSamples {
    /// The id of the trip, once it has one.
    pub trip_id: Option<TripId>,
    /// The vehicle.
    #[serde(rename = "vehicle_id")]
    pub vehicle: VehicleId,
    /// The driver.
    #[serde(rename = "driver_id")]
    pub driver: DriverId,
    /// The time at which the trip was sent.
    #[serde(rename = "time")]
    pub at: EventTime,
    /// Samples per second, if the samples carry no times.
    pub sample_rate_hz: Option<f64>,
    /// The samples in the order of the trip.
    pub samples: Vec<TripSample>,
}

state_by_serde!(TripSamples, 1);
