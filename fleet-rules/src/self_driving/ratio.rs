/// How far a fleet drove for each of something, and what may be said when there was none.
///
/// # Guarantees
/// A ratio of sums. Without events there is no ratio, only a bound; without distance there is neither.
///
/// # References
/// No event in `km`: the mean distance is at least `km / 2.996` with 95 % confidence, one-sided, since a Poisson
/// count with the mean `-ln 0.05 = 2.996` is 0 in 5 % of all cases (the "rule of three").
///
/// # Examples
/// ```
/// use fleet_rules::KmPer;
/// assert_eq!(KmPer::of(1000.0, 4).km, Some(250.0));
/// let clean = KmPer::of(1000.0, 0);
/// assert_eq!((clean.km, clean.at_least.map(f64::round)), (None, Some(334.0)));
/// assert_eq!(KmPer::of(0.0, 3), KmPer { km: None, at_least: None });
/// ```
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize)]
pub struct KmPer {
    /// Kilometres for each; `None` without events or without distance.
    pub km: Option<f64>,
    /// Without events: the 95 % lower bound.
    pub at_least: Option<f64>,
}

/// `-ln 0.05`, to the digits that are printed for it.
const NONE_SEEN: f64 = 2.996;

impl KmPer {
    /// The ratio of a distance and a count.
    pub fn of(km: f64, count: u64) -> Self {
        let driven = km > 0.0;
        Self {
            km: (driven && count > 0).then(|| km / count as f64),
            at_least: (driven && count == 0).then(|| km / NONE_SEEN),
        }
    }
}
