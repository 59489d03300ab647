//! The formula of a score: weights over the sums of a trip.

use crate::TripSums;

/// The sum that a component charges for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Quantity {
    /// Samples below the braking limit.
    HarshBraking,
    /// Samples above the acceleration limit.
    RapidAccel,
}

impl Quantity {
    /// The value of this quantity in some sums.
    pub fn of(self, sums: &TripSums) -> f64 {
        let count = match self {
            Self::HarshBraking => sums.harsh_braking,
            Self::RapidAccel => sums.rapid_accel,
        };
        count as f64
    }
}

/// One component of a score: what it charges for, and how much.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Component {
    /// The name in reports.
    pub name: &'static str,
    /// What is charged for.
    pub quantity: Quantity,
    /// The unit of the quantity.
    pub unit: &'static str,
    /// The points that one unit costs.
    pub weight: f64,
    /// The most points that the component can cost; `None` for no limit.
    pub cap: Option<f64>,
}

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
    /// The points lost, cap applied. May add up to more than the base: a score stops at 0.
    pub points_lost: f64,
}

/// A score: `clamp(base - Σ min(cap, weight · quantity), 0, 100)`, rounded to a whole number.
///
/// All profiles are such formulas over [`TripSums`] and differ in their components.
///
/// # Examples
/// ```
/// use fleet_scoring::{Component, Formula, Quantity, TripSums};
/// let braking = Component {
///     name: "harsh_braking",
///     quantity: Quantity::HarshBraking,
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
    /// The score when nothing is charged.
    pub base: f64,
    /// The components.
    pub components: Vec<Component>,
}

impl Formula {
    /// The score of some sums, and the points that each component cost.
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
        let quantity = self.quantity.of(sums);
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
