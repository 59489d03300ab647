use crate::TripSums;

/// Which sum a component is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Tally {
    /// Samples below the limit of braking.
    HarshBraking,
    /// Samples above the limit of acceleration.
    RapidAccel,
}

impl Tally {
    /// Reads it.
    pub fn of(self, sums: &TripSums) -> f64 {
        let count = match self {
            Self::HarshBraking => sums.harsh_braking,
            Self::RapidAccel => sums.rapid_accel,
        };
        count as f64
    }
}

/// One thing that costs points.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Component {
    /// Its name in the report.
    pub name: &'static str,
    /// What it counts.
    pub tally: Tally,
    /// In what.
    pub unit: &'static str,
    /// The points that one costs.
    pub weight: f64,
    /// The most that it can cost; `None` is no limit.
    pub cap: Option<f64>,
}

/// A component of one trip: what was found, and what it cost.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct PointsLost {
    /// The component.
    pub name: &'static str,
    /// How much was found.
    pub quantity: f64,
    /// In what.
    pub unit: &'static str,
    /// The points that one costs.
    pub weight: f64,
    /// The points that all cost: more than there were, where a score ends at 0.
    pub points_lost: f64,
}

/// A score: `clamp(base - Σ min(cap, weight · quantity), 0, 100)`, to the nearest whole number.
///
/// All profiles are such formulas over [`TripSums`]; they differ in their table alone.
///
/// # Examples
/// ```
/// use fleet_scoring::{Component, Formula, Tally, TripSums};
/// let braking = Component {
///     name: "harsh_braking",
///     tally: Tally::HarshBraking,
///     unit: "samples",
///     weight: 5.0,
///     cap: Some(30.0),
/// };
/// let formula = Formula { base: 100.0, components: vec![braking] };
/// let (score, lost) = formula.apply(&TripSums { harsh_braking: 40, ..TripSums::default() });
/// assert_eq!((score, lost[0].quantity, lost[0].points_lost), (70, 40.0, 30.0));
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Formula {
    /// The score of a trip in which nothing happened.
    pub base: f64,
    /// What costs points.
    pub components: Vec<Component>,
}

impl Formula {
    /// The score of these sums, and what cost it how much.
    pub fn apply(&self, sums: &TripSums) -> (u8, Vec<PointsLost>) {
        let lost: Vec<_> = self
            .components
            .iter()
            .map(|part| part.apply(sums))
            .collect();
        let total: f64 = lost.iter().map(|part| part.points_lost).sum();
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "the score is held within 0 and 100 first"
        )]
        let score = (self.base - total).clamp(0.0, 100.0).round() as u8;
        (score, lost)
    }
}

impl Component {
    fn apply(&self, sums: &TripSums) -> PointsLost {
        let quantity = self.tally.of(sums);
        let points = self.weight * quantity;
        PointsLost {
            name: self.name,
            quantity,
            unit: self.unit,
            weight: self.weight,
            points_lost: self.cap.map_or(points, |cap| points.min(cap)),
        }
    }
}
