//! What FleetFlow responds to trip requests, and the rows behind its responses.

use compact_str::CompactString;
use fleet_core::{
    TripId,
    dialect::{JsonText, Maybe},
    event::TripStatus,
    time::Stamp,
};
use serde_json::Number;

/// The response to a trip request (202): the trip waits for its analysis.
///
/// # Examples
/// ```
/// use fleet_core::TripId;
/// use fleet_examples::rest::fleetflow::TripQueued;
/// let response = TripQueued::new(TripId::new("a1b2c3d4")?);
/// assert_eq!(serde_json::to_string(&response)?, r#"{"status":"QUEUED","trip_id":"a1b2c3d4"}"#);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct TripQueued {
    status: Queued,
    /// The id of the trip in all later requests.
    pub trip_id: TripId,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
enum Queued {
    #[serde(rename = "QUEUED")]
    Queued,
}

impl TripQueued {
    /// Creates the response for a trip.
    pub fn new(trip_id: TripId) -> Self {
        Self {
            status: Queued::Queued,
            trip_id,
        }
    }
}

/// How a table of trips writes the first state. The system's own documents disagree.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TripLogStatus {
    /// `PENDING`, as in the schema.
    #[default]
    Pending,
    /// `PENDING_ANALYSIS`, as in the description of the flow.
    PendingAnalysis,
}

impl TripLogStatus {
    /// Returns the word for a state.
    ///
    /// # Examples
    /// ```
    /// use fleet_core::event::TripStatus;
    /// use fleet_examples::rest::fleetflow::TripLogStatus;
    /// assert_eq!(TripLogStatus::PendingAnalysis.word(TripStatus::Pending), "PENDING_ANALYSIS");
    /// assert_eq!(TripLogStatus::read("PENDING_ANALYSIS"), Some(TripStatus::Pending));
    /// ```
    pub fn word(self, status: TripStatus) -> &'static str {
        match (self, status) {
            (Self::PendingAnalysis, TripStatus::Pending) => "PENDING_ANALYSIS",
            _ => status.as_word(),
        }
    }

    /// Reads a state in either form.
    pub fn read(word: &str) -> Option<TripStatus> {
        match word {
            "PENDING_ANALYSIS" => Some(TripStatus::Pending),
            _ => TripStatus::from_word(word),
        }
    }
}

/// A row of table `driver_scores`, and the response to `GET /api/v1/trip/{trip_id}/score`.
///
/// # Examples
/// ```
/// use fleet_examples::rest::fleetflow::DriverScore;
/// let json = r#"{"trip_id":"a1b2c3d4","safety_score":95,"harsh_braking_count":1,"rapid_accel_count":0}"#;
/// let score: DriverScore = serde_json::from_str(json)?;
/// assert_eq!(serde_json::to_string(&score)?, json);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct DriverScore {
    /// The trip.
    pub trip_id: TripId,
    /// 0 to 100, higher is better.
    pub safety_score: u8,
    /// The number of samples, or runs of samples, that brake harder than the limit.
    pub harsh_braking_count: u64,
    /// The number of samples, or runs of samples, that accelerate harder than the limit.
    pub rapid_accel_count: u64,
    /// Version 2 only: the number of corners taken harder than the limit.
    #[serde(default, skip_serializing_if = "Maybe::is_missing")]
    pub harsh_cornering_count: Maybe<u64>,
    /// Version 2 only: the number of runs of samples over the speed limit.
    #[serde(default, skip_serializing_if = "Maybe::is_missing")]
    pub speeding_count: Maybe<u64>,
    /// Version 2 only, km/h.
    #[serde(default, skip_serializing_if = "Maybe::is_missing")]
    pub max_speed: Maybe<Number>,
    /// When the score was computed; not a column of the table.
    #[serde(default, skip_serializing_if = "Maybe::is_missing")]
    pub created_at: Maybe<Stamp>,
}

/// A row of table `trip_logs`: a stored trip and the state of its analysis.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct TripLog {
    /// The trip.
    pub trip_id: TripId,
    /// The word for its state; see [`TripLogStatus`].
    pub status: CompactString,
    /// The samples, for [`each_sample`](fleet_core::dialect::FleetFlow::each_sample).
    pub telemetry_blob: JsonText,
}

impl TripLog {
    /// Returns the state of the analysis, or `None` if the word is unknown.
    pub fn status(&self) -> Option<TripStatus> {
        TripLogStatus::read(&self.status)
    }
}
