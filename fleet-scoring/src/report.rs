use fleet_core::{DriverId, TripId};

use crate::{HarshEvent, PointsLost, TripSums};

/// What a profile says about some sums.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct Verdict {
    /// 0 to 100; `None` when there is not enough to say.
    pub score: Option<u8>,
    /// Why there is no score.
    pub insufficient: Option<&'static str>,
    /// What cost how many points.
    pub components: Vec<PointsLost>,
}

/// The score of one trip: a receipt.
///
/// # Examples
/// As JSON it is one element of `fleet score --report json`:
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
    /// Which trip.
    pub trip_id: Option<TripId>,
    /// Whose.
    pub driver_id: Option<DriverId>,
    /// Samples, with or without readings.
    pub samples: u64,
    /// From the first sample to the last, if the samples have times.
    pub duration_s: Option<f64>,
    /// By speed over time, if both are known.
    pub distance_km: Option<f64>,
    /// The score and its parts.
    #[serde(flatten)]
    pub verdict: Verdict,
    /// Runs of offending samples, in the order of time. Without times there are none, though samples were counted.
    pub events: Vec<HarshEvent>,
    /// What the score was made of, to be added up.
    #[serde(skip)]
    pub sums: TripSums,
}

/// The scores of some trips, as `fleet score --report json` prints them.
#[derive(Clone, Debug, Default, PartialEq, serde::Serialize)]
pub struct ScoreReport {
    /// One for each trip.
    pub trips: Vec<TripScore>,
}
