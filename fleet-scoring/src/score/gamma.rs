//! Quantiles of the gamma distribution, which bound the rate behind a count.

/// One end of a 90 % interval.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// Below it lie 5 %.
    Low,
    /// Below it lie 95 %.
    High,
}

/// The 95 % point of the standard normal distribution.
const Z: f64 = 1.644_853_626_951_472_2;

impl End {
    fn z(self) -> f64 {
        match self {
            Self::Low => -Z,
            Self::High => Z,
        }
    }
    fn probability(self) -> f64 {
        match self {
            Self::Low => 0.05,
            Self::High => 0.95,
        }
    }
}

/// From here on the approximation alone is used. Its error is then below one part in a million.
const LARGE: f64 = 1e5;

/// The quantile of the gamma distribution of this shape and scale 1; 0 for a shape of 0.
///
/// # References
/// Begins with the approximation of Wilson and Hilferty (1931, doi:10.1073/pnas.17.12.684), and
/// improves it by Newton's method, held within an interval that is halved where a step leaves it.
pub(super) fn quantile(shape: f64, end: End) -> f64 {
    if shape.is_nan() || shape <= 0.0 {
        return 0.0;
    }
    let ninth = 1.0 / (9.0 * shape);
    let scale = ln_gamma(shape);
    let start = if shape >= 1.0 {
        shape * (1.0 - ninth + end.z() * ninth.sqrt()).powi(3)
    } else {
        // The first term of the power series.
        ((end.probability() * shape).ln() + scale)
            .exp()
            .powf(shape.recip())
    };
    if shape >= LARGE {
        return start;
    }
    let (mut low, mut high) = (0.0, shape + 10.0 * shape.sqrt() + 20.0);
    let mut x = if start > low {
        start
    } else {
        f64::midpoint(low, high)
    };
    for _ in 0..100 {
        let excess = below(shape, x, scale) - end.probability();
        if excess > 0.0 {
            high = x;
        } else {
            low = x;
        }
        let density = ((shape - 1.0) * x.ln() - x - scale).exp();
        let newton = x - excess / density;
        let next = if newton > low && newton < high {
            newton
        } else {
            f64::midpoint(low, high)
        };
        if (next - x).abs() <= 1e-13 * x {
            return next;
        }
        x = next;
    }
    x
}

/// The probability below `x`.
fn below(shape: f64, x: f64, ln_gamma: f64) -> f64 {
    let front = (shape * x.ln() - x - ln_gamma).exp();
    if x < shape + 1.0 {
        front * series(shape, x)
    } else {
        1.0 - front * fraction(shape, x)
    }
}

/// A power series for the left side (NIST Digital Library of Mathematical Functions, 8.7.1).
fn series(shape: f64, x: f64) -> f64 {
    let (mut term, mut sum, mut n) = (1.0 / shape, 1.0 / shape, shape);
    while term > sum * f64::EPSILON {
        n += 1.0;
        term *= x / n;
        sum += term;
    }
    sum
}

/// In place of 0 in a denominator.
const TINY: f64 = 1e-300;

/// A continued fraction for the right side (NIST Digital Library of Mathematical Functions, 8.9.2),
/// by Lentz's method.
fn fraction(shape: f64, x: f64) -> f64 {
    let mut denominator = x + 1.0 - shape;
    let mut ratio = 1.0 / TINY;
    let mut inverse = 1.0 / denominator;
    let mut fraction = inverse;
    for n in 1..10_000_i32 {
        let numerator = -f64::from(n) * (f64::from(n) - shape);
        denominator += 2.0;
        inverse = 1.0 / nonzero(numerator * inverse + denominator);
        ratio = nonzero(denominator + numerator / ratio);
        fraction *= ratio * inverse;
        if (ratio * inverse - 1.0).abs() < f64::EPSILON {
            break;
        }
    }
    fraction
}

fn nonzero(value: f64) -> f64 {
    if value.abs() < TINY { TINY } else { value }
}

/// The logarithm of the gamma function of a positive number, by Stirling's series (NIST Digital
/// Library of Mathematical Functions, 5.11.1) after a shift to numbers where five terms suffice.
fn ln_gamma(x: f64) -> f64 {
    const FAR: f64 = 12.0;
    let (mut x, mut product) = (x, 1.0_f64);
    while x < FAR {
        product *= x;
        x += 1.0;
    }
    let square = 1.0 / (x * x);
    let terms = [
        1.0 / 12.0,
        -1.0 / 360.0,
        1.0 / 1260.0,
        -1.0 / 1680.0,
        1.0 / 1188.0,
    ];
    let series = terms
        .iter()
        .rev()
        .fold(0.0, |sum, term| sum * square + term)
        / x;
    let half_ln_tau = 0.5 * std::f64::consts::TAU.ln();
    (x - 0.5) * x.ln() - x + half_ln_tau + series - product.ln()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(found: f64, wanted: f64, tolerance: f64) {
        assert!(
            (found - wanted).abs() <= tolerance * wanted.abs().max(1e-12),
            "{found} {wanted}"
        );
    }

    #[test]
    fn limits_of_a_count_are_those_of_published_tables() {
        // Garwood's 90 % limits of a count, rounded as tables print them.
        for (count, low, high) in [
            (0.0, 0.0, 2.996),
            (1.0, 0.0513, 4.744),
            (2.0, 0.3554, 6.296),
            (3.0, 0.818, 7.754),
            (10.0, 5.425, 16.962),
            (50.0, 38.965, 63.287),
        ] {
            close(quantile(count, End::Low), low, 1e-3);
            close(quantile(count + 1.0, End::High), high, 1e-3);
        }
    }

    #[test]
    fn the_shape_of_one_is_the_exponential_distribution() {
        close(quantile(1.0, End::High), -(0.05_f64.ln()), 1e-12);
        close(quantile(1.0, End::Low), -(0.95_f64.ln()), 1e-12);
        // A quarter of a chi-squared with one degree of freedom: half of the square of z at 97.5 %.
        close(
            quantile(0.5, End::High),
            1.959_963_984_540_054_f64.powi(2) / 2.0,
            1e-12,
        );
    }

    #[test]
    fn the_approximation_of_large_shapes_joins_without_a_step() {
        for end in [End::Low, End::High] {
            close(
                quantile(LARGE, end),
                quantile(LARGE * 0.999_999_999, end),
                1e-6,
            );
        }
    }

    #[test]
    fn quantiles_lie_where_the_distribution_says_from_tiny_to_large_shapes() {
        for shape in [0.01, 0.2, 0.5, 1.0, 2.5, 12.0, 340.0, 5e4] {
            for end in [End::Low, End::High] {
                let x = quantile(shape, end);
                close(below(shape, x, ln_gamma(shape)), end.probability(), 1e-9);
            }
            assert!(quantile(shape, End::Low) < quantile(shape, End::High));
        }
        assert_eq!(
            (quantile(0.0, End::Low), quantile(f64::NAN, End::High)),
            (0.0, 0.0)
        );
        // Factorials.
        close(ln_gamma(5.0), 24.0_f64.ln(), 1e-13);
        close(ln_gamma(0.5), std::f64::consts::PI.sqrt().ln(), 1e-13);
    }
}
