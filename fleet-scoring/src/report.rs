//! The score of a trip, with its components and harsh events.

use fleet_core::{DriverId, TripId};

use crate::{HarshEvent, TripSums};

/// The points that one component cost.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct PointsLost {
    /// The name of the component.
    pub name: &'static str,
    /// The quantity that was found.
    pub quantity: f64,
    /// The unit of the quantity.
    pub unit: &'static str,
    /// The points that one unit costs.
    pub weight: f64,
    /// The points lost. May add up to more than 100: a score stops at 0.
    pub points_lost: f64,
}

/// A score and its components.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct Score {
    /// 0 to 100; `None` when there is too little data. Serialised as `score`.
    #[serde(rename = "score")]
    pub value: Option<u8>,
    /// Why there is no score.
    pub insufficient: Option<&'static str>,
    /// The points that each component cost.
    pub components: Vec<PointsLost>,
}

/// The score of one trip.
///
/// # Examples
/// Its JSON is one element of `fleet score --report json`:
/// ```
/// use fleet_scoring::{SeedFleetflow, TripColumns};
/// let trip = TripColumns::new(vec![0.1, -0.5]);
/// let json = serde_json::to_string(&SeedFleetflow::default().score(&trip))?;
/// assert_eq!(
///     json,
///     concat!(
///         r#"{"trip_id":null,"driver_id":null,"samples":2,"duration_s":null,"distance_km":null,"#,
///         r#""score":95,"insufficient":null,"components":["#,
///         r#"{"name":"harsh_braking","quantity":1.0,"unit":"samples","weight":5.0,"points_lost":5.0},"#,
///         r#"{"name":"rapid_accel","quantity":0.0,"unit":"samples","weight":5.0,"points_lost":0.0}],"#,
///         r#""events":[]}"#,
///     )
/// );
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct TripScore {
    /// The trip, if it has an id.
    pub trip_id: Option<TripId>,
    /// The driver, if known.
    pub driver_id: Option<DriverId>,
    /// Samples, with or without readings.
    pub samples: u64,
    /// The time from the first sample to the last, seconds, if the samples have times.
    pub duration_s: Option<f64>,
    /// The integral of speed over time, kilometres, if both are known.
    pub distance_km: Option<f64>,
    /// The score and its components.
    #[serde(flatten)]
    pub score: Score,
    /// Runs of harsh samples, sorted by time. Empty if the samples have no times, even if some are
    /// harsh.
    pub events: Vec<HarshEvent>,
    /// The sums behind the score, for merging with those of other trips.
    #[serde(skip)]
    pub sums: TripSums,
}

/// The output of `fleet score --report json`.
#[derive(Clone, Debug, Default, PartialEq, serde::Serialize)]
pub struct ScoreReport {
    /// One score per trip.
    pub trips: Vec<TripScore>,
}
