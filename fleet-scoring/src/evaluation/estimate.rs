//! An estimate with its interval.

use std::fmt;

use super::{Counts, chance::Chance};

/// A value with its 95 % interval.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Estimate {
    /// The value.
    pub value: f64,
    /// The lower end of the interval.
    pub low: f64,
    /// The upper end of the interval.
    pub high: f64,
}

/// `.85 (.78 to .91)`.
impl fmt::Display for Estimate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { value, low, high } = self;
        f.pad(&format!("{value:.2} ({low:.2} to {high:.2})"))
    }
}

/// The two-sided 95 % point of the normal distribution.
pub(crate) const Z: f64 = 1.959_964;
/// Resamples of the bootstrap. Our choice: the ends then move by less than 0.01 with the seed.
const RESAMPLES: usize = 1000;

/// A share whose sum over independent units is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Share {
    Precision,
    Recall,
    F1,
}

impl Share {
    fn of(self, counts: &Counts) -> Option<f64> {
        match self {
            Self::Precision => counts.precision(),
            Self::Recall => counts.recall(),
            Self::F1 => counts.f1(),
        }
    }

    /// Wilson's interval. F1 is `2 j / (1 + j)` for the share `j` of hits among all events, which
    /// is a binomial share.
    fn wilson(self, counts: &Counts) -> (f64, f64) {
        let Counts {
            found,
            missed,
            wrong,
        } = *counts;
        let (low, high) = match self {
            Self::Precision => wilson(found, found + wrong),
            Self::Recall => wilson(found, found + missed),
            Self::F1 => wilson(found, found + missed + wrong),
        };
        let f1 = |share: f64| 2.0 * share / (1.0 + share);
        match self {
            Self::F1 => (f1(low), f1(high)),
            Self::Precision | Self::Recall => (low, high),
        }
    }

    /// The share over all units, with an interval that holds both that of the bootstrap over units
    /// and Wilson's. The bootstrap sees that events of one unit depend on each other, but gives
    /// [1, 1] where all of a few events were found; Wilson's interval does the opposite.
    pub(crate) fn estimate(self, units: &[Counts]) -> Option<Estimate> {
        let mut all = Counts::default();
        for unit in units {
            all.add(unit);
        }
        let value = self.of(&all)?;
        let (mut low, mut high) = self.wilson(&all);
        let mut chance = Chance::new(17);
        let mut values: Vec<f64> = (0..RESAMPLES)
            .filter_map(|_| {
                let mut sum = Counts::default();
                for _ in units {
                    if let Some(unit) = units.get(chance.below(units.len())) {
                        sum.add(unit);
                    }
                }
                self.of(&sum)
            })
            .collect();
        values.sort_by(f64::total_cmp);
        if let Some((from, to)) = middle(&values) {
            (low, high) = (low.min(from), high.max(to));
        }
        Some(Estimate { value, low, high })
    }
}

/// The range of the middle 95 % of sorted values.
fn middle(sorted: &[f64]) -> Option<(f64, f64)> {
    let cut = sorted.len() / 40;
    let last = sorted.len().checked_sub(1 + cut)?;
    Some((*sorted.get(cut)?, *sorted.get(last)?))
}

/// The 95 % interval of a share (Wilson 1927): [0, 1] without trials.
fn wilson(hits: u64, trials: u64) -> (f64, f64) {
    if trials == 0 {
        return (0.0, 1.0);
    }
    let (n, share) = (trials as f64, hits as f64 / trials as f64);
    let squared = Z * Z;
    let centre = (share + squared / (2.0 * n)) / (1.0 + squared / n);
    let spread = (share * (1.0 - share) / n + squared / (4.0 * n * n)).sqrt();
    let half = Z * spread / (1.0 + squared / n);
    ((centre - half).max(0.0), (centre + half).min(1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(one: f64, other: f64, by: f64) -> bool {
        (one - other).abs() <= by
    }

    #[test]
    fn wilson_agrees_with_values_worked_out_by_hand() {
        // 8 of 10: (0.8 + 0.19207) / 1.38415 ± 1.95996 sqrt(0.016 + 0.0096036) / 1.38415.
        let (low, high) = wilson(8, 10);
        assert!(near(low, 0.4902, 1e-4) && near(high, 0.9433, 1e-4));
        // 5 of 5: from 1 / (1 + z²/5) on.
        let (low, high) = wilson(5, 5);
        assert!(near(low, 0.5655, 1e-4) && near(high, 1.0, 1e-12));
        assert_eq!(wilson(0, 0), (0.0, 1.0));
    }

    #[test]
    fn a_perfect_result_of_few_events_keeps_an_interval() {
        let units = [Counts {
            found: 1,
            ..Counts::default()
        }; 5];
        let f1 = Share::F1.estimate(&units).unwrap();
        // 2 · 0.5655 / 1.5655.
        assert!(near(f1.value, 1.0, 0.0) && near(f1.low, 0.7225, 1e-3));
        assert!(near(f1.high, 1.0, 1e-12));
    }

    #[test]
    fn units_that_differ_widen_the_interval_beyond_that_of_independent_events() {
        let unit = |found, missed| Counts {
            found,
            missed,
            wrong: 0,
        };
        let even = vec![unit(5, 5); 20];
        let mut uneven = vec![unit(10, 0); 10];
        uneven.extend(vec![unit(0, 10); 10]);
        let [even, uneven] = [even, uneven].map(|units| Share::Recall.estimate(&units).unwrap());
        assert!(near(even.value, 0.5, 1e-12) && near(uneven.value, 0.5, 1e-12));
        // Wilson for 100 of 200: ± 0.0686. The bootstrap over 20 halves: about ± 0.22.
        assert!(near(even.high - even.low, 0.1372, 1e-3), "{even}");
        assert!(near(uneven.high - uneven.low, 0.44, 0.06), "{uneven}");
    }

    #[test]
    fn nothing_to_estimate_gives_no_estimate() {
        assert_eq!(Share::F1.estimate(&[]), None);
        assert_eq!(Share::Precision.estimate(&[Counts::default()]), None);
    }

    #[test]
    fn the_interval_covers_the_truth_about_as_often_as_it_says() {
        // Recall of 0.8 with 15 labels in each of 12 recordings.
        let mut chance = Chance::new(5);
        let covered = (0..200).filter(|_| {
            let unit = |chance: &mut Chance| {
                let found = (0..15).filter(|_| chance.below(10) < 8).count() as u64;
                Counts {
                    found,
                    missed: 15 - found,
                    wrong: 0,
                }
            };
            let units: Vec<_> = (0..12).map(|_| unit(&mut chance)).collect();
            let recall = Share::Recall.estimate(&units).unwrap();
            recall.low <= 0.8 && 0.8 <= recall.high
        });
        let covered = covered.count();
        assert!((184..=200).contains(&covered), "{covered} of 200");
    }
}
