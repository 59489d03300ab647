//! How well a number per trip ranks aggressive above calm trips.

use super::{
    Style,
    estimate::{Estimate, Z},
};

/// The area under the ROC curve of `(harshness, style)` pairs: the probability that an aggressive
/// trip has the greater number than a calm one, where ties count half.
///
/// `None` without a trip of either style. Trips whose number is NaN are left out.
///
/// The interval solves `(θ - auc)² = z² · var(θ)`, as Newcombe (2006) proposes, with the variance
/// that Hanley and `McNeil` (1982) give for θ. It does not shrink to nothing where a few trips are
/// ranked without a mistake, as that of a bootstrap would.
///
/// # Examples
/// ```
/// use fleet_scoring::evaluation::{Style::{Aggressive, Calm}, rank_auc};
/// let trips = [(3.0, Aggressive), (1.0, Aggressive), (1.0, Calm), (0.0, Calm)];
/// let auc = rank_auc(&trips).unwrap();
/// // Of four pairs three are in order, and one is a tie.
/// assert_eq!(auc.value, 3.5 / 4.0);
/// assert!(auc.low < 0.6 && auc.high < 1.0);
/// ```
pub fn rank_auc(trips: &[(f64, Style)]) -> Option<Estimate> {
    let of = |wanted: Style| -> Vec<f64> {
        let of_style = trips
            .iter()
            .filter(|(number, style)| *style == wanted && !number.is_nan());
        of_style.map(|(number, _)| *number).collect()
    };
    let (aggressive, mut calm) = (of(Style::Aggressive), of(Style::Calm));
    calm.sort_by(f64::total_cmp);
    if aggressive.is_empty() || calm.is_empty() {
        return None;
    }
    let above = aggressive.iter().map(|number| {
        let below = calm.partition_point(|other| other < number);
        let up_to = calm.partition_point(|other| other <= number);
        f64::midpoint(below as f64, up_to as f64)
    });
    let (m, n) = (aggressive.len() as f64, calm.len() as f64);
    let value = above.sum::<f64>() / (m * n);
    Some(Estimate {
        value,
        low: solve(value, 0.0, m, n),
        high: solve(value, 1.0, m, n),
    })
}

/// The value between the estimate and this end from which the estimate is `z` deviations away.
fn solve(value: f64, end: f64, m: f64, n: f64) -> f64 {
    let (mut near, mut far) = (value, end);
    for _ in 0..60 {
        let middle = f64::midpoint(near, far);
        let away = (middle - value) * (middle - value);
        if away > Z * Z * variance(middle, m, n) {
            far = middle;
        } else {
            near = middle;
        }
    }
    f64::midpoint(near, far)
}

/// The variance of the area (Hanley and `McNeil` 1982), with both group sizes replaced by their
/// mean in the second part, as Newcombe proposes.
fn variance(area: f64, m: f64, n: f64) -> f64 {
    let others = f64::midpoint(m, n) - 1.0;
    let first = (1.0 - area) / (2.0 - area);
    let second = area / (1.0 + area);
    area * (1.0 - area) * (1.0 + others * (first + second)) / (m * n)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluation::chance::Chance;
    use Style::{Aggressive, Calm};

    #[test]
    fn it_counts_pairs_in_order_and_halves_of_ties() {
        let auc = |trips: &[(f64, Style)]| rank_auc(trips).map(|auc| auc.value);
        assert_eq!(auc(&[(2.0, Aggressive), (1.0, Calm)]), Some(1.0));
        assert_eq!(auc(&[(1.0, Aggressive), (2.0, Calm)]), Some(0.0));
        assert_eq!(auc(&[(1.0, Aggressive), (1.0, Calm)]), Some(0.5));
        // 5 beats all three; 2 beats 1 and ties with 2; 0 beats none: 4.5 of 9.
        let trips = [
            (5.0, Aggressive),
            (2.0, Aggressive),
            (0.0, Aggressive),
            (1.0, Calm),
            (2.0, Calm),
            (4.0, Calm),
        ];
        assert_eq!(auc(&trips), Some(4.5 / 9.0));
    }

    #[test]
    fn it_needs_a_trip_of_each_style_and_leaves_out_those_without_a_number() {
        assert_eq!(rank_auc(&[]), None);
        assert_eq!(rank_auc(&[(1.0, Calm), (2.0, Calm)]), None);
        assert_eq!(rank_auc(&[(f64::NAN, Aggressive), (2.0, Calm)]), None);
    }

    #[test]
    fn a_perfect_ranking_of_few_trips_is_not_certain() {
        let trips = |count: usize| {
            let mut trips = vec![(1.0, Aggressive); count];
            trips.extend(vec![(0.0, Calm); count]);
            rank_auc(&trips).unwrap()
        };
        let (few, many) = (trips(5), trips(50));
        assert!((few.high, many.high) == (1.0, 1.0), "{few} {many}");
        assert!(few.low < 0.8 && many.low > 0.94, "{few} {many}");
    }

    #[test]
    fn the_interval_covers_the_truth_about_as_often_as_it_says() {
        // Aggressive uniform in [0, 1), calm in [0, 0.5): the area is 0.5 + 0.5 · 0.5 = 0.75.
        let mut chance = Chance::new(11);
        let covered = (0..400).filter(|_| {
            let mut trips = Vec::new();
            for _ in 0..15 {
                trips.push((chance.below(1000) as f64, Aggressive));
                trips.push((chance.below(500) as f64, Calm));
            }
            let auc = rank_auc(&trips).unwrap();
            auc.low <= 0.75 && 0.75 <= auc.high
        });
        let covered = covered.count();
        assert!((364..=399).contains(&covered), "{covered} of 400");
    }
}
