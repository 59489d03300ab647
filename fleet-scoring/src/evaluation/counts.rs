//! Found, missed and false events, and what follows from their numbers.

use super::Verdict;

/// How many labels were found and missed, and how many findings are false.
///
/// # Examples
/// ```
/// use fleet_scoring::evaluation::Counts;
/// let counts = Counts { found: 6, missed: 2, wrong: 3 };
/// assert_eq!((counts.precision(), counts.recall()), (Some(6.0 / 9.0), Some(6.0 / 8.0)));
/// assert_eq!(counts.f1(), Some(12.0 / 17.0));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Labels that were found.
    pub found: u64,
    /// Labels that were missed.
    pub missed: u64,
    /// Findings without a label.
    pub wrong: u64,
}

impl Counts {
    /// Counts verdicts.
    pub fn of(verdicts: impl IntoIterator<Item = Verdict>) -> Self {
        let mut counts = Self::default();
        for verdict in verdicts {
            match verdict {
                Verdict::Found => counts.found += 1,
                Verdict::Missed => counts.missed += 1,
                Verdict::False => counts.wrong += 1,
            }
        }
        counts
    }

    /// Adds other counts.
    pub fn add(&mut self, other: &Self) {
        self.found += other.found;
        self.missed += other.missed;
        self.wrong += other.wrong;
    }

    /// The share of findings that are right; `None` without findings.
    pub fn precision(&self) -> Option<f64> {
        share(self.found, self.found + self.wrong)
    }

    /// The share of labels that were found; `None` without labels.
    pub fn recall(&self) -> Option<f64> {
        share(self.found, self.found + self.missed)
    }

    /// The harmonic mean of precision and recall; 0 if nothing was found, `None` if there was
    /// neither a label nor a finding.
    pub fn f1(&self) -> Option<f64> {
        share(2 * self.found, 2 * self.found + self.missed + self.wrong)
    }
}

fn share(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(found: u64, missed: u64, wrong: u64) -> Counts {
        Counts {
            found,
            missed,
            wrong,
        }
    }

    #[test]
    fn shares_of_nothing_are_unknown_and_of_no_hits_are_zero() {
        assert_eq!(counts(0, 0, 0).f1(), None);
        assert_eq!(counts(0, 3, 0).precision(), None);
        assert_eq!(counts(0, 3, 0).f1(), Some(0.0));
        assert_eq!(counts(0, 0, 3).recall(), None);
        assert_eq!(counts(0, 0, 3).f1(), Some(0.0));
        assert_eq!(counts(3, 0, 0).f1(), Some(1.0));
    }

    #[test]
    fn verdicts_are_counted_by_what_they_say() {
        use Verdict::{False, Found, Missed};
        let mut sum = Counts::of([Found, False, Missed, Found, False, False]);
        assert_eq!(sum, counts(2, 1, 3));
        sum.add(&counts(1, 10, 100));
        assert_eq!(sum, counts(3, 11, 103));
    }
}
