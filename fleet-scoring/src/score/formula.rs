//! Profiles, and the one formula that all of them are.

use std::borrow::Cow;

use fleet_core::{ContentId, Error, ErrorKind, Result, event::ContentHasher, state};

use super::{
    Component, Curve, Exposure, Insufficient, Interval, Line, Quantity, ROUNDING, Receipt,
    ScoreSums, TOO_LITTLE_DRIVEN,
    component::Reading,
    grid::{FULL, divide},
    quantity::Basis,
};

/// A scoring profile: `clamp(100 - Σ min(cap, weight · quantity), 0, 100)`.
///
/// A profile is data. [`profile`](crate::profile) has presets; a changed one needs another name or
/// version.
///
/// # Guarantees
/// A score depends on [`ScoreSums`] alone. On its receipt the points lost and the score add up to
/// 100 exactly.
///
/// # Examples
/// Your own profile:
/// ```
/// use std::time::Duration;
/// use fleet_core::{EventTime, units::Distance};
/// use fleet_scoring::score::*;
/// let phone = Component {
///     name: "phone".into(),
///     causes: vec![Cause::Distraction],
///     quantity: Quantity::CountPer { distance_m: Distance::from_km(100.0) },
///     unit: "events/100 km".into(),
///     factor: Factor::One,
///     curve: Curve::Linear,
///     weight: 12.5,
///     cap: Some(60.0),
///     prior: 1.0,
/// };
/// let profile = Profile::new("phone", 1, "our depot's rule", vec![phone]);
/// profile.check()?;
///
/// let driven = Exposure::new(Distance::from_km(200.0), Duration::from_secs(9000));
/// let mut trip = Evidence::of_trip(Some(driven), &[Cause::Distraction]);
/// let call = ScoredEvent::new("trip-1", Cause::Distraction, EventTime::MIN, EventTime::MIN);
/// trip.add(call);
/// let receipt = profile.receipt(&trip);
/// assert_eq!(receipt.score, Some(93.75));
/// assert_eq!(receipt.components[0].points_lost, 6.25);
/// assert_eq!(receipt.components[0].events[0].id, call.id);
/// # Ok::<(), fleet_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Profile {
    /// The name in reports and on the command line.
    pub name: Cow<'static, str>,
    /// The version of the numbers below.
    pub version: u32,
    /// Where the numbers come from.
    pub source: Cow<'static, str>,
    /// What costs points.
    pub components: Vec<Component>,
    /// What happens to the weight of components that could not be measured.
    pub missing: Missing,
    /// Whether the score is a whole number.
    pub rounding: Rounding,
    /// The least that must be driven for the score of a trip.
    pub least: Exposure,
    /// How much driving the priors weigh as much as, for scores that shrink.
    pub prior: Exposure,
}

/// What happens to the weight of components that could not be measured.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Missing {
    /// They cost nothing.
    #[default]
    CostsNothing,
    /// The caps of the others are raised in proportion, so that they add up to 100. All components
    /// need a cap.
    Reweight,
}

/// Whether a score is a whole number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rounding {
    /// It is not rounded.
    #[default]
    Exact,
    /// The score is rounded to the nearest whole number, half up; a line of the receipt says what
    /// this costs.
    Score,
    /// The points of each event are cut to a whole number. Only for linear components of
    /// [`Quantity::Count`].
    EachEvent,
}

impl Profile {
    /// A profile of these components: unmeasured ones cost nothing, no rounding, any length, and no
    /// weight of the priors.
    pub fn new(
        name: impl Into<Cow<'static, str>>,
        version: u32,
        source: impl Into<Cow<'static, str>>,
        components: Vec<Component>,
    ) -> Self {
        Self {
            name: name.into(),
            version,
            source: source.into(),
            components,
            missing: Missing::default(),
            rounding: Rounding::default(),
            least: Exposure::default(),
            prior: Exposure::default(),
        }
    }

    /// Checks numbers that were written by hand or read from a file.
    ///
    /// # Errors
    /// Refuses a profile without components or with a version of 0; a component without causes;
    /// weights, caps, priors and factors that are negative or not finite; [`Missing::Reweight`]
    /// with a component without a cap; [`Rounding::EachEvent`] with a component that is not a
    /// linear count.
    pub fn check(&self) -> Result<()> {
        let refuse = |component: &str, why: &str| {
            let name = &self.name;
            let message = format!("the profile `{name}` is refused: {component}{why}");
            Err(Error::new(ErrorKind::Config, message))
        };
        if self.components.is_empty() {
            return refuse("", "it has no components");
        }
        if self.version == 0 {
            return refuse("", "its version is 0, and versions start at 1");
        }
        for component in &self.components {
            let uncapped = self.missing == Missing::Reweight && component.cap.is_none();
            let is_linear_count =
                component.quantity == Quantity::Count && component.curve == Curve::Linear;
            let uncounted = self.rounding == Rounding::EachEvent && !is_linear_count;
            let why = match component.fault() {
                None if uncapped => Some("it needs a cap, to be re-weighted"),
                None if uncounted => Some("only linear counts have whole points for each event"),
                fault => fault,
            };
            if let Some(why) = why {
                return refuse(&format!("`{}`: ", component.name), why);
            }
        }
        Ok(())
    }

    /// A hash of all numbers, which tells two profiles of one name and version apart.
    pub fn hash(&self) -> ContentId {
        let mut bytes = Vec::new();
        state::encode_by_serde(self, &mut bytes);
        let mut content = ContentHasher::new();
        content.bytes(&bytes);
        content.finish_id()
    }

    /// Scores the sums of one trip, or the merged sums of many, as they are.
    ///
    /// The time depends on the profile alone. The receipt names no events.
    pub fn score(&self, sums: &ScoreSums) -> Receipt {
        self.apply(sums, None)
    }

    /// Scores sums, shrunk towards the priors of the profile: the less was driven, the nearer the
    /// score is to that of a driver of whom nothing is known. What this costs is the line
    /// [`TOO_LITTLE_DRIVEN`]. There is no least distance.
    ///
    /// # References
    /// Gamma-Poisson: `(events + K · prior) / (distance + K)`, where `K` is the weight of the
    /// priors. The priors are constants of the profile, so that a driver's score does not depend on
    /// other drivers.
    pub fn shrunk_score(&self, sums: &ScoreSums) -> Receipt {
        self.apply(sums, Some(self.prior))
    }

    /// The components that can be measured in these sums.
    pub(super) fn measured<'a>(
        &'a self,
        sums: &'a ScoreSums,
    ) -> impl Iterator<Item = &'a Component> {
        let measured = |part: &&Component| part.watched(sums).next().is_some();
        self.components.iter().filter(measured)
    }

    fn apply(&self, sums: &ScoreSums, prior: Option<Exposure>) -> Receipt {
        let whole = self.rounding == Rounding::EachEvent;
        let parts = self.measured(sums).filter_map(|part| {
            let reading = part.read(sums, prior, whole)?;
            Some((part, reading))
        });
        let parts: Vec<_> = parts.collect();
        let scale = self.scale(&parts);
        let lines = parts.iter().map(|(part, reading)| Line {
            name: part.name.clone(),
            quantity: reading.own,
            unit: part.unit.clone(),
            weight: part.weight * scale,
            points_lost: 0.0,
            events: Vec::new(),
        });
        let mut receipt = Receipt {
            profile: self.name.clone(),
            version: self.version,
            score: None,
            insufficient: self.insufficient(sums, prior, parts.is_empty()),
            interval: None,
            components: lines.collect(),
            uncharged: Vec::new(),
        };
        if receipt.insufficient.is_none() {
            self.charge(&mut receipt, &parts, scale, prior.is_some());
        }
        receipt
    }

    /// Fills in the points lost, the score and its interval.
    fn charge(
        &self,
        receipt: &mut Receipt,
        parts: &[(&Component, Reading)],
        scale: f64,
        shrinks: bool,
    ) {
        let own = parts.iter().map(|(_, reading)| reading.points * scale);
        let mut charges: Vec<_> = own.collect();
        if shrinks {
            let priors = parts
                .iter()
                .map(|(_, reading)| (reading.points_with_prior - reading.points).max(0.0) * scale);
            charges.push(priors.sum());
        }
        let total: f64 = charges.iter().sum();
        let (lost, left) = divide(&charges);
        for (line, lost) in receipt.components.iter_mut().zip(&lost) {
            line.points_lost = *lost;
        }
        if shrinks {
            let too_little = lost.last().copied().unwrap_or_default();
            receipt
                .components
                .push(adjustment(TOO_LITTLE_DRIVEN, too_little));
        }
        let mut score = left;
        if self.rounding == Rounding::Score {
            score = (FULL - total).clamp(0.0, FULL).round();
            receipt.components.push(adjustment(ROUNDING, left - score));
        }
        receipt.score = Some(score);
        receipt.interval = interval(parts, scale, total, score);
    }

    fn insufficient(
        &self,
        sums: &ScoreSums,
        prior: Option<Exposure>,
        unwatched: bool,
    ) -> Option<Insufficient> {
        let mut bases = self.components.iter().map(|part| part.quantity.basis());
        if !bases.any(|basis| basis != Basis::Nothing) {
            return None;
        }
        let Some(driven) = sums.driven() else {
            return Some(Insufficient::UnknownExposure);
        };
        let least = if prior.is_some() {
            Exposure::default()
        } else {
            self.least
        };
        let is_short =
            driven.distance_um < least.distance_um || driven.driving_us < least.driving_us;
        if is_short || driven == Exposure::default() {
            return Some(Insufficient::TooShort { driven, least });
        }
        unwatched.then_some(Insufficient::NothingWatched)
    }

    /// What all points are multiplied by, so that the caps of what was measured add up to 100.
    fn scale(&self, parts: &[(&Component, Reading)]) -> f64 {
        let caps: f64 = parts.iter().filter_map(|(part, _)| part.cap).sum();
        match self.missing {
            Missing::Reweight if caps > 0.0 => FULL / caps,
            _ => 1.0,
        }
    }
}

/// A line that no component makes.
fn adjustment(name: &'static str, points: f64) -> Line {
    Line {
        name: Cow::Borrowed(name),
        quantity: points,
        unit: Cow::Borrowed("points"),
        weight: 1.0,
        points_lost: points,
        events: Vec::new(),
    }
}

/// The limits of the score, unless nothing in it is a rate of events.
fn interval(
    parts: &[(&Component, Reading)],
    scale: f64,
    total: f64,
    score: f64,
) -> Option<Interval> {
    let rates = |(part, _): &&(&Component, Reading)| part.quantity.is_rate_of_events();
    parts.iter().find(rates)?;
    let (mut below, mut above) = (0.0, 0.0);
    for (part, reading) in parts {
        let (low, high) = part.limits(reading);
        below += (scale * (reading.points_with_prior - low).max(0.0)).powi(2);
        above += (scale * (high - reading.points_with_prior).max(0.0)).powi(2);
    }
    let limit = |lost: f64| (FULL - lost).clamp(0.0, FULL);
    // The score is on the grid; these limits are not.
    Some(Interval {
        low: limit(total + above.sqrt()).min(score),
        high: limit(total - below.sqrt()).max(score),
    })
}
