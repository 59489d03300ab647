//! Points on a grid on which every sum is exact.

/// Parts of a point: 2^46, so that 100 points are below 2^53 parts.
///
/// A float from 64 to 128 has a spacing of 2^-46 points. So every number of parts up to 128 points
/// is a float, and so is every sum and difference of such numbers in any order: floats add up to
/// exactly 100 without a rounding error that could depend on the order.
const PARTS: f64 = (1_u64 << 46) as f64;

/// The points of a score without losses.
pub(super) const FULL: f64 = 100.0;

/// The nearest number on the grid. Exact for up to 128 points.
pub(super) fn on_grid(points: f64) -> f64 {
    (points * PARTS).round() / PARTS
}

/// Divides the 100 points into what each charge costs and the score that is left.
///
/// Charges of more than 100 points in all are reduced in proportion, since a score stops at 0. All
/// results are on the grid; the last one is the difference.
pub(super) fn divide(charges: &[f64]) -> (Vec<f64>, f64) {
    // Far more than any score has, so that no product below is infinite.
    const MOST: f64 = 1e100;
    let charges: Vec<f64> = charges
        .iter()
        .map(|charge| charge.clamp(0.0, MOST))
        .collect();
    let total: f64 = charges.iter().sum();
    let last = charges.iter().rposition(|charge| *charge > 0.0);
    let mut left = FULL;
    let lost = charges.iter().enumerate().map(|(place, charge)| {
        let lost = if total < FULL {
            on_grid(*charge).min(left)
        } else if Some(place) == last {
            left
        } else {
            on_grid(charge / total * FULL).min(left)
        };
        left -= lost;
        lost
    });
    (lost.collect(), left)
}

/// Divides points on the grid among shares, in proportion and without a remainder.
pub(super) fn share(points: f64, shares: &[f64]) -> Vec<f64> {
    let total: f64 = shares.iter().sum();
    let (mut sum, mut given) = (0.0, 0.0);
    let parts = shares.iter().map(|share| {
        sum += share;
        // At the last share that is not 0 the sums are equal, and what is left is exact.
        let upto = if sum >= total {
            points
        } else {
            on_grid(points * sum / total).min(points)
        };
        let part = upto - given;
        given = upto;
        part
    });
    parts.collect()
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "numbers on the grid are exact")]
mod tests {
    use super::*;

    #[test]
    fn charges_and_the_score_add_up_to_exactly_100_in_any_order() {
        for charges in [
            vec![0.1, 0.2, 0.3],
            vec![100.0 / 3.0, 100.0 / 3.0, 100.0 / 3.0],
            vec![33.3, 33.3, 33.4],
            vec![80_000.0, 1e-9, 7.0],
            vec![f64::INFINITY, 3.0, 0.0],
            vec![0.0, 0.0],
            vec![],
        ] {
            let (mut parts, score) = divide(&charges);
            assert!(
                parts.iter().all(|lost| *lost >= 0.0) && score >= 0.0,
                "{charges:?}"
            );
            parts.push(score);
            assert_eq!(parts.iter().sum::<f64>(), FULL, "{charges:?}");
            assert_eq!(parts.iter().rev().sum::<f64>(), FULL, "{charges:?}");
            parts.sort_by(f64::total_cmp);
            assert_eq!(parts.iter().sum::<f64>(), FULL, "{charges:?}");
        }
    }

    #[test]
    fn charges_beyond_100_points_are_reduced_in_proportion_and_leave_nothing() {
        assert_eq!(divide(&[300.0, 100.0]), (vec![75.0, 25.0], 0.0));
        assert_eq!(divide(&[300.0, 100.0, 0.0]), (vec![75.0, 25.0, 0.0], 0.0));
    }

    #[test]
    fn shares_add_up_to_what_is_shared() {
        let points = on_grid(33.3);
        let parts = share(points, &[1.0, 2.0, 4.0, 0.1, 0.0]);
        assert_eq!(parts.iter().sum::<f64>(), points);
        assert!(parts.iter().all(|part| *part >= 0.0) && parts[4] == 0.0);
        assert_eq!(share(0.0, &[0.0, 0.0]), [0.0, 0.0]);
        assert_eq!(share(9.0, &[2.0, 3.0, 4.0]), [2.0, 3.0, 4.0]);
    }
}
