use super::alert::words;
use crate::data::{
    DriverId, EventTime, TripId, VehicleId,
    state::state_by_serde,
    units::{Acceleration, Speed},
};

words! {
    /// How far the analysis of a trip has come.
    TripStatus {
        /// Waiting. Some producers write `PENDING_ANALYSIS`.
        Pending = "PENDING",
        /// Being scored.
        Processing = "PROCESSING",
        /// Scored.
        Completed = "COMPLETED",
        /// Given up, with a reason.
        Failed = "FAILED",
    }
}

/// One sample of a trip.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct TripSample {
    /// Since the trip's first sample, seconds, if the samples carry a time.
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
/// Samples in the order of the trip. They carry times, or the trip a rate, or neither: without both only
/// counts of samples can be had.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct TripSamples {
    /// Which trip, once it has a name.
    pub trip_id: Option<TripId>,
    /// The vehicle.
    #[serde(rename = "vehicle_id")]
    pub vehicle: VehicleId,
    /// The driver.
    #[serde(rename = "driver_id")]
    pub driver: DriverId,
    /// When the trip was sent.
    #[serde(rename = "time")]
    pub at: EventTime,
    /// Samples per second, if the samples carry no time.
    pub sample_rate_hz: Option<f64>,
    /// In the order of the trip.
    pub samples: Vec<TripSample>,
}

state_by_serde!(TripSamples, 1);
