//! The components of a score.

use std::borrow::Cow;

use super::{
    Cause, Exposure, Factor, Quantity, ScoreSums,
    gamma::{End, quantile},
};

/// One component of a score: what it charges for, and how much.
///
/// `points = min(cap, curve(weight · quantity))`
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Component {
    /// The name in reports.
    pub name: Cow<'static, str>,
    /// The causes whose events it charges for; their quantities are added.
    pub causes: Vec<Cause>,
    /// What is charged for.
    pub quantity: Quantity,
    /// The unit of the quantity in reports.
    pub unit: Cow<'static, str>,
    /// How much an event counts.
    pub factor: Factor,
    /// How points grow with the quantity.
    pub curve: Curve,
    /// The points that the first unit costs.
    pub weight: f64,
    /// The most points that the component can cost; `None` for no limit.
    pub cap: Option<f64>,
    /// The quantity of a driver of whom nothing is known, for scores that shrink.
    pub prior: f64,
}

/// How points grow with the quantity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Curve {
    /// Each unit costs the weight, up to the cap.
    Linear,
    /// The first unit costs about the weight and each further one less:
    /// `cap · (1 - exp(-weight · quantity / cap))`. Without a cap it is linear.
    Exponential,
}

/// What a component found in some sums.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Reading {
    /// The quantity that the events make.
    pub(super) own: f64,
    /// The quantity that the prior adds.
    pub(super) prior: f64,
    /// The sum of the squares of what each event adds.
    squares: f64,
    /// What an event of factor 1 adds.
    step: f64,
    /// The points that the events cost, and with those of the prior.
    pub(super) points: f64,
    pub(super) points_with_prior: f64,
}

impl Component {
    /// What this component finds, or `None` if its causes were not watched for. `prior` is how much
    /// driving the prior weighs as much as.
    pub(super) fn read(
        &self,
        sums: &ScoreSums,
        prior: Option<Exposure>,
        whole_points: bool,
    ) -> Option<Reading> {
        let basis = self.quantity.basis();
        let (mut own, mut squares, mut step) = (0.0, 0.0, 0.0_f64);
        let (mut watched, mut is_watched) = (0.0_f64, false);
        for cause in self.watched(sums) {
            let each = self.step(sums, cause, prior);
            let (amount, square) = self.quantity.amount(self.factor, &sums.cause(cause));
            own += amount * each;
            squares += square * each * each;
            step = step.max(each);
            watched = watched.max(basis.of(sums.watched(cause)));
            is_watched = true;
        }
        if !is_watched {
            return None;
        }
        if self.quantity == Quantity::Indicator {
            own = own.min(1.0);
        }
        let weighs = prior.map_or(0.0, |prior| basis.of(prior));
        let prior = if basis.of(Exposure::default()) > 0.0 {
            0.0
        } else {
            self.prior * weighs / (watched + weighs)
        };
        let points = if whole_points {
            self.limited(self.whole_points(sums))
        } else {
            self.points(own)
        };
        Some(Reading {
            own,
            prior,
            squares,
            step,
            points,
            points_with_prior: if prior > 0.0 {
                self.points(own + prior)
            } else {
                points
            },
        })
    }

    /// The causes that were watched for.
    pub(super) fn watched(&self, sums: &ScoreSums) -> impl Iterator<Item = Cause> {
        let basis = self.quantity.basis();
        let causes = self.causes.iter().copied();
        causes.filter(move |cause| basis.is_watched(sums, sums.watched(*cause)))
    }

    /// What an amount of 1 of this cause adds to the quantity.
    pub(super) fn step(&self, sums: &ScoreSums, cause: Cause, prior: Option<Exposure>) -> f64 {
        let mut exposure = sums.watched(cause);
        exposure.merge(prior.unwrap_or_default());
        self.quantity.unit() / self.quantity.basis().of(exposure)
    }

    fn points(&self, quantity: f64) -> f64 {
        let points = self.weight * quantity;
        match (self.curve, self.cap) {
            (Curve::Exponential, Some(cap)) if cap > 0.0 => -cap * (-points / cap).exp_m1(),
            _ => self.limited(points),
        }
    }

    fn limited(&self, points: f64) -> f64 {
        self.cap.map_or(points, |cap| points.min(cap))
    }

    /// The points of events whose points are cut to whole ones, each by itself.
    fn whole_points(&self, sums: &ScoreSums) -> f64 {
        let counts = self
            .causes
            .iter()
            .flat_map(|cause| self.factor.counts(&sums.cause(*cause)));
        counts.fold(0.0, |sum, (count, factor)| {
            sum + count as f64 * self.whole_points_of(factor)
        })
    }

    /// The points of an event of this factor, cut to whole ones.
    pub(super) fn whole_points_of(&self, factor: f64) -> f64 {
        (self.weight * factor).trunc()
    }

    /// The points at both ends of the 90 % interval of the rate of events. Shares and impulses are
    /// taken as measured.
    ///
    /// Events of different weight are taken as fewer equal ones with the same mean and variance.
    /// Without a prior these are the exact limits of a Poisson count (Garwood 1936), else the
    /// quantiles of the gamma distribution of the rate.
    pub(super) fn limits(&self, reading: &Reading) -> (f64, f64) {
        if !self.quantity.is_rate_of_events() {
            return (reading.points_with_prior, reading.points_with_prior);
        }
        let mean = reading.own + reading.prior;
        let variance = reading.squares + reading.prior * reading.step;
        let each = if mean > 0.0 && variance > 0.0 {
            variance / mean
        } else {
            reading.step
        };
        let count = mean / each;
        // A prior contributes the half-open event that the exact upper limit needs otherwise.
        let more = if reading.prior > 0.0 { 0.0 } else { 1.0 };
        let low = each * quantile(count, End::Low);
        let high = each * quantile(count + more, End::High);
        (self.points(low), self.points(high))
    }

    /// What is wrong with the component, if anything.
    pub(super) fn fault(&self) -> Option<&'static str> {
        let fine = |value: f64| value.is_finite() && value >= 0.0;
        match () {
            () if self.causes.is_empty() => Some("it charges for no cause"),
            () if !fine(self.weight) => Some("its weight must be finite and not negative"),
            () if !self.cap.is_none_or(fine) => Some("its cap must be finite and not negative"),
            () if !fine(self.prior) => Some("its prior must be finite and not negative"),
            () if !self.factor.is_usable() => Some("its factors must be finite and not negative"),
            () if !(self.quantity.unit() > 0.0 && self.quantity.unit().is_finite()) => {
                Some("its distance must be finite and positive")
            }
            () => None,
        }
    }
}
