//! Kilometres per event, with a bound where no event was seen.

/// Kilometres per event, or a lower bound when there was no event.
///
/// # Guarantees
/// Without events there is no ratio, only a bound; without distance there is neither.
///
/// # References
/// After `km` without an event the mean distance between events is at least `km / 2.996`, one-sided
/// with 95 % confidence: a Poisson count with the mean `-ln 0.05 = 2.996` is 0 in 5 % of all cases
/// (the "rule of three").
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
    /// Kilometres per event; `None` without events or without distance.
    pub km: Option<f64>,
    /// The 95 % lower bound when there was no event; otherwise `None`.
    pub at_least: Option<f64>,
}

/// `-ln 0.05`, to the digits given in the literature.
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
