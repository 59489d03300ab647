//! Receipts: a score with what cost which points.

use std::{borrow::Cow, fmt, time::Duration};

use fleet_core::{ContentId, units::Distance};

use super::{Cause, Exposure};

/// A score, and a line for every point that it lost.
///
/// # Guarantees
/// If there is a score, it and the points of all [`components`](Self::components) add up to 100
/// exactly, as floats and in any order: all of them are multiples of 2^-46. The points of the
/// events of a component add up to those of the component likewise.
///
/// # Examples
/// See [`Profile`](super::Profile).
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct Receipt {
    /// The name of the profile.
    pub profile: Cow<'static, str>,
    /// The version of the profile.
    pub version: u32,
    /// 0 to 100; `None` if there is too little to score.
    pub score: Option<f64>,
    /// Why there is no score.
    pub insufficient: Option<Insufficient>,
    /// Where the score of the same driving would lie if it went on.
    pub interval: Option<Interval>,
    /// What cost points: the components of the profile that could be measured, then the lines
    /// [`TOO_LITTLE_DRIVEN`] and [`ROUNDING`] if the score has them.
    pub components: Vec<Line>,
    /// Events that cost nothing, and why. Empty for a score of sums.
    pub uncharged: Vec<Uncharged>,
}

/// The name of the line for the points that the prior costs.
pub const TOO_LITTLE_DRIVEN: &str = "too_little_driven";
/// The name of the line for the points that rounding to a whole score costs, or gives if negative.
pub const ROUNDING: &str = "rounding";

/// The points that one component cost.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct Line {
    /// The name of the component.
    pub name: Cow<'static, str>,
    /// The quantity that was found.
    pub quantity: f64,
    /// The unit of the quantity.
    pub unit: Cow<'static, str>,
    /// The points that the first unit costs, after weights were divided among the components that
    /// could be measured.
    pub weight: f64,
    /// The points lost, after cap and curve.
    pub points_lost: f64,
    /// The events that cost them, sorted by start. Empty for a score of sums.
    pub events: Vec<Charged>,
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.name.replace('_', " ");
        write!(f, "{name}: {:.1} points", self.points_lost)
    }
}

/// An event and the points that it cost.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize)]
pub struct Charged {
    /// The event.
    pub id: ContentId,
    /// What happened.
    pub cause: Cause,
    /// The points lost.
    pub points_lost: f64,
}

/// An event that cost nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Uncharged {
    /// The event.
    pub id: ContentId,
    /// What happened.
    pub cause: Cause,
    /// Why it cost nothing.
    pub why: WhyUncharged,
}

/// Why an event cost nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum WhyUncharged {
    /// It was disputed.
    Disputed,
    /// It was not the driver's fault.
    Excused,
    /// The profile does not charge for its cause, or too little was watched for it.
    NotInProfile,
}

/// Limits that contain the score with 90 % probability.
///
/// They allow for the chance with which events happen. Shares of time and distance are taken as
/// measured.
///
/// # References
/// The limits of each component are those of its rate of events: exact limits of a Poisson count,
/// or quantiles of the gamma distribution with a prior. They are combined by their squared
/// distances from the score (Zou and Donner 2008, doi:10.1002/sim.3095).
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize)]
pub struct Interval {
    /// The lower limit, 0 to 100.
    pub low: f64,
    /// The upper limit, 0 to 100.
    pub high: f64,
}

/// Why there is no score.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Insufficient {
    /// The distance or the time in motion is unknown.
    UnknownExposure,
    /// Less was driven than the profile asks for.
    TooShort {
        /// What was driven.
        driven: Exposure,
        /// What the profile asks for.
        least: Exposure,
    },
    /// No cause of the profile was watched for, or only during less than half of what was driven.
    NothingWatched,
}

impl fmt::Display for Insufficient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let minutes = |time: Duration| time.as_secs_f64() / 60.0;
        match self {
            Self::UnknownExposure => f.write_str("the distance or driving time is unknown"),
            Self::TooShort { driven, .. } if *driven == Exposure::default() => {
                f.write_str("nothing was driven")
            }
            Self::TooShort { driven, least } => write!(
                f,
                "{:.1} km in {:.1} min were driven: a score needs {} km and {} min",
                Distance::as_km(driven.distance()),
                minutes(driven.driving()),
                least.distance().as_km(),
                minutes(least.driving()),
            ),
            Self::NothingWatched => {
                f.write_str("nothing that the profile charges for was measured for long enough")
            }
        }
    }
}

impl serde::Serialize for Insufficient {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}
