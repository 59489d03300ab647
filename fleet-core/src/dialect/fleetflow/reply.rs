//! What FleetFlow answers and stores.

use compact_str::CompactString;
use serde_json::Number;

use crate::{
    data::{TripId, time::Stamp},
    dialect::{JsonText, Maybe},
    event::TripStatus,
};

/// The answer to a trip request (202): it waits for its analysis.
///
/// # Examples
/// ```
/// use fleet_core::{TripId, dialect::TripQueued};
/// let answer = TripQueued::new(TripId::new("a1b2c3d4")?);
/// assert_eq!(serde_json::to_string(&answer)?, r#"{"status":"QUEUED","trip_id":"a1b2c3d4"}"#);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct TripQueued {
    status: Queued,
    /// The trip's name from now on.
    pub trip_id: TripId,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
enum Queued {
    #[serde(rename = "QUEUED")]
    Queued,
}

impl TripQueued {
    /// The answer for this trip.
    pub fn new(trip_id: TripId) -> Self {
        Self {
            status: Queued::Queued,
            trip_id,
        }
    }
}

/// How a table of trips writes its states: the system's own documents disagree on the first one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TripLogStatus {
    /// `PENDING`, as the schema has it.
    #[default]
    Pending,
    /// `PENDING_ANALYSIS`, as the flow has it.
    PendingAnalysis,
}

impl TripLogStatus {
    /// The word for a state.
    ///
    /// # Examples
    /// ```
    /// use fleet_core::{dialect::TripLogStatus, event::TripStatus};
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

/// A row of `driver_scores`, and the answer to a question for a trip's score.
///
/// # Examples
/// ```
/// use fleet_core::dialect::DriverScore;
/// let json = r#"{"trip_id":"a1b2c3d4","safety_score":95,"harsh_braking_count":1,"rapid_accel_count":0}"#;
/// let score: DriverScore = serde_json::from_str(json)?;
/// assert_eq!(serde_json::to_string(&score)?, json);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct DriverScore {
    /// Which trip.
    pub trip_id: TripId,
    /// 0 to 100, more is better.
    pub safety_score: u8,
    /// How many samples, or runs of samples, braked harder than the limit.
    pub harsh_braking_count: u64,
    /// Likewise for speeding up.
    pub rapid_accel_count: u64,
    /// Of the system's second version: corners taken harder than the limit.
    #[serde(default, skip_serializing_if = "Maybe::is_missing")]
    pub harsh_cornering_count: Maybe<u64>,
    /// Of the second version: runs of samples over the limit.
    #[serde(default, skip_serializing_if = "Maybe::is_missing")]
    pub speeding_count: Maybe<u64>,
    /// Of the second version, km/h.
    #[serde(default, skip_serializing_if = "Maybe::is_missing")]
    pub max_speed: Maybe<Number>,
    /// When it was computed; not in the table's own list of columns.
    #[serde(default, skip_serializing_if = "Maybe::is_missing")]
    pub created_at: Maybe<Stamp>,
}

/// A row of `trip_logs`: a trip that is stored, and how far its analysis has come.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct TripLog {
    /// Which trip.
    pub trip_id: TripId,
    /// The word for its state; see [`TripLogStatus`].
    pub status: CompactString,
    /// The samples, for [`FleetFlow::each_sample`](super::FleetFlow::each_sample).
    pub telemetry_blob: JsonText,
}

impl TripLog {
    /// How far its analysis has come, if the word is one of the system's.
    pub fn status(&self) -> Option<TripStatus> {
        TripLogStatus::read(&self.status)
    }
}
