//! Scores of drivers over a rolling time.

use std::time::Duration;

use fleet_core::{
    ContentId, DriverId, Event, EventTime, Result, State,
    event::ContentHasher,
    table::{Column, Fields, Replaces, TableRow, Value},
    window::{Aggregate, Slid, Sliding, Window},
};

use super::{
    Evidence, Profile, Receipt,
    codec::{put, take},
};

/// A trip of a driver, as a row of a log that is keyed by driver.
///
/// A pipeline keyed by vehicle writes them, and a second one with [`RollingScores`] reads them.
#[derive(Clone, Debug, PartialEq)]
pub struct ScoredTrip {
    /// Identifies the trip: one that is read again counts once.
    pub id: ContentId,
    /// The driver.
    pub driver: DriverId,
    /// When the trip ended.
    pub end: EventTime,
    /// What was driven, and the events.
    pub evidence: Evidence,
}

impl Event for ScoredTrip {
    fn key(&self) -> &str {
        self.driver.as_str()
    }
    fn at(&self) -> EventTime {
        self.end
    }
    fn identity(&self) -> u64 {
        let mut content = ContentHasher::new();
        content.bytes(&self.id.0.to_le_bytes());
        content.finish()
    }
}

/// # Layout
/// `id u128 · driver · end i64 · evidence`
impl State for ScoredTrip {
    const VERSION: u16 = Evidence::VERSION;
    fn encode(&self, to: &mut Vec<u8>) {
        self.id.0.encode(to);
        fleet_core::state::put_bytes(self.driver.as_str().as_bytes(), to);
        self.end.encode(to);
        self.evidence.encode(to);
    }
    fn decode(version: u16, from: &mut &[u8]) -> Option<Self> {
        let id = ContentId(u128::decode(0, from)?);
        let driver = str::from_utf8(fleet_core::state::take_bytes(from)?).ok()?;
        Some(Self {
            id,
            driver: DriverId::new(driver).ok()?,
            end: EventTime::decode(0, from)?,
            evidence: Evidence::decode(version, from)?,
        })
    }
}

/// Scores what each driver drove during a rolling time, once for each day.
///
/// A window has a fixed length and ends at midnight, UTC. Each window in which a driver drove gives
/// one score, which is shrunk towards the priors of the profile: see
/// [`Profile::shrunk_score`]. A trip belongs to the day in which it ended.
///
/// # Guarantees
/// The score is that of the union of the trips' events over the sum of what was driven. A belated
/// trip revises the windows that contain it. Trips of unknown distance or driving time are counted
/// and left out.
///
/// # Cost
/// Holds the sums and events of each day of the window, for each driver.
///
/// # Examples
/// The last four weeks, each day:
/// ```
/// use std::time::Duration;
/// use fleet_core::Graph;
/// use fleet_scoring::{profile, score::{RollingScores, ScoredTrip}};
/// let day = Duration::from_secs(24 * 3600);
/// let (mut graph, trips) = Graph::<ScoredTrip>::new();
/// let scores = RollingScores::over(28 * day, profile::per_100km())?;
/// let scores = graph.apply("driver scores", trips, scores);
/// # let _ = scores;
/// assert!(RollingScores::over(day / 2, profile::per_100km()).is_err());
/// # Ok::<(), fleet_core::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct RollingScores {
    profile: Profile,
}

/// A score changes once a day. Our choice: nobody compares drivers more often, and a day of trips
/// takes the memory of one.
const SLIDE: Duration = Duration::from_secs(24 * 3600);

impl RollingScores {
    /// The operator, with windows of this length.
    ///
    /// # Errors
    /// Refuses a length that is not a whole number of days from 1 to 10,000, and a profile that
    /// [`Profile::check`] refuses.
    pub fn over(length: Duration, profile: Profile) -> Result<Slid<Self>> {
        profile.check()?;
        Ok(Sliding::of(length, SLIDE)?.aggregate(Self { profile }))
    }
}

/// The trips of a driver.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DrivenTrips {
    evidence: Evidence,
    left_out: u64,
}

/// # Layout
/// `left out · evidence`
impl State for DrivenTrips {
    const VERSION: u16 = Evidence::VERSION;
    fn encode(&self, to: &mut Vec<u8>) {
        put(self.left_out, to);
        self.evidence.encode(to);
    }
    fn decode(version: u16, from: &mut &[u8]) -> Option<Self> {
        Some(Self {
            left_out: take(from)?,
            evidence: Evidence::decode(version, from)?,
        })
    }
}

impl Aggregate for RollingScores {
    type In = ScoredTrip;
    type Accumulator = DrivenTrips;
    type Out = RollingScore;

    fn empty(&self) -> DrivenTrips {
        DrivenTrips::default()
    }
    fn add(&self, driven: &mut DrivenTrips, trip: &ScoredTrip, _: EventTime) {
        if trip.evidence.sums().driven().is_some() {
            driven.evidence.merge(&trip.evidence);
        } else {
            driven.left_out += 1;
        }
    }
    fn merge(&self, into: &mut DrivenTrips, other: &DrivenTrips) {
        into.evidence.merge(&other.evidence);
        into.left_out += other.left_out;
    }
    fn finish(&self, driven: &DrivenTrips) -> RollingScore {
        RollingScore {
            trips: driven.evidence.sums().trips(),
            trips_left_out: driven.left_out,
            distance_km: driven.evidence.sums().driven.distance().as_km(),
            receipt: self.profile.shrunk_receipt(&driven.evidence),
        }
    }
}

/// The score of a driver over a rolling time.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct RollingScore {
    /// The trips that it is made of.
    pub trips: u64,
    /// Trips of unknown distance or driving time, which are not part of it.
    pub trips_left_out: u64,
    /// The distance of the trips, kilometres.
    pub distance_km: f64,
    /// The score and what cost points.
    pub receipt: Receipt,
}

/// A rolling score as a row of a table.
///
/// # Examples
/// ```
/// use fleet_core::{Stream, Graph, window::Window};
/// use fleet_scoring::score::{DriverRating, RollingScore, ScoredTrip};
/// fn rows(
///     graph: &mut Graph<ScoredTrip>,
///     scores: Stream<Window<RollingScore>>,
/// ) -> Stream<DriverRating> {
///     graph.map("ratings", scores, |score| DriverRating(score.clone()))
/// }
/// # let _ = rows;
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct DriverRating(pub Window<RollingScore>);

impl TableRow for DriverRating {
    fn columns() -> &'static [Column] {
        const {
            &[
                Column::text("driver_id"),
                Column::time("from_time"),
                Column::time("to_time"),
                Column::integer("revision"),
                Column::text("profile"),
                Column::integer("profile_version"),
                Column::integer("trips"),
                Column::integer("trips_left_out"),
                Column::real("distance_km"),
                Column::real("score").nullable(),
                Column::real("score_low").nullable(),
                Column::real("score_high").nullable(),
                Column::text("insufficient").nullable(),
            ]
        }
    }

    fn replaces() -> Option<Replaces> {
        Some(Replaces {
            key: &["driver_id", "from_time"],
            revision: "revision",
        })
    }

    fn write(&self, to: &mut dyn Fields) {
        let count = |count| Value::Integer(i64::try_from(count).unwrap_or(i64::MAX));
        let Window { value, .. } = &self.0;
        let receipt = &value.receipt;
        to.put(Value::Text(&self.0.key));
        to.put(Value::Time(self.0.start));
        to.put(Value::Time(self.0.end));
        to.put(Value::Integer(self.0.revision.into()));
        to.put(Value::Text(&receipt.profile));
        to.put(Value::Integer(receipt.version.into()));
        to.put(count(value.trips));
        to.put(count(value.trips_left_out));
        to.put(Value::Real(value.distance_km));
        to.put(Value::real_or_null(receipt.score));
        to.put(Value::real_or_null(
            receipt.interval.map(|interval| interval.low),
        ));
        to.put(Value::real_or_null(
            receipt.interval.map(|interval| interval.high),
        ));
        let why = receipt.insufficient.map(|why| why.to_string());
        to.put(Value::text_or_null(why.as_deref()));
    }
}
