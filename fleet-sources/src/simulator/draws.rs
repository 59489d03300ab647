//! The random numbers of a simulated vehicle.

use rand_pcg::{Pcg64, rand_core::RngCore};

/// The random numbers of one vehicle: for a given seed they never change.
///
/// Every vehicle has a separate generator, so its behaviour does not depend on the number of other
/// vehicles or on what they do.
///
/// # Shape
/// PCG XSL RR 128/64 (O'Neill 2014), seeded by `SplitMix64` (Steele, Lea, Flood 2014) from the
/// simulation's seed and the vehicle's number. A float is the upper 53 bits of a draw times 2⁻⁵³.
/// We do not use a crate's sampling code: it may change, and the bytes of a simulation may not.
///
/// # Examples
/// ```
/// use fleet_sources::simulator::Draws;
/// let (mut one, mut same, mut other) = (Draws::new(1, 7), Draws::new(1, 7), Draws::new(1, 8));
/// let drawn = one.uniform(5.0, 60.0);
/// assert!((5.0..60.0).contains(&drawn));
/// assert_eq!(drawn, same.uniform(5.0, 60.0));
/// assert_ne!(drawn, other.uniform(5.0, 60.0));
/// ```
#[derive(Clone, Debug)]
pub struct Draws(Pcg64);

impl Draws {
    /// The generator of one vehicle of a simulation.
    pub fn new(seed: u64, vehicle: u32) -> Self {
        let upper = split_mix(seed ^ split_mix(u64::from(vehicle)));
        let lower = split_mix(upper);
        let state = u128::from(upper) << 64 | u128::from(lower);
        Self(Pcg64::new(state, u128::from(vehicle)))
    }

    /// Draws a number from 0 to 1, exclusive; all multiples of 2⁻⁵³ are equally likely.
    pub fn unit(&mut self) -> f64 {
        const STEP: f64 = 1.0 / (1u64 << 53) as f64;
        (self.0.next_u64() >> 11) as f64 * STEP
    }

    /// Draws a number between `from` and `to`, like Python's `random.uniform`:
    /// `from + (to - from) * unit`.
    pub fn uniform(&mut self, from: f64, to: f64) -> f64 {
        from + (to - from) * self.unit()
    }

    /// Picks one of these with equal probability, or `None` from an empty slice.
    pub fn pick<T: Copy>(&mut self, of: &[T]) -> Option<T> {
        let index = self.below(of.len() as u64);
        of.get(usize::try_from(index).ok()?).copied()
    }

    /// Draws a whole number from 0 to `end`, exclusive, or 0 if `end` is 0. The probabilities are
    /// equal to within 2⁻⁶⁴ × `end`.
    pub fn below(&mut self, end: u64) -> u64 {
        // The upper half of the product, which is less than `end`.
        u64::try_from((u128::from(self.bits()) * u128::from(end)) >> 64).unwrap_or(0)
    }

    /// Draws 64 random bits.
    pub fn bits(&mut self) -> u64 {
        self.0.next_u64()
    }

    /// Returns true with this probability.
    pub fn chance(&mut self, probability: f64) -> bool {
        self.unit() < probability
    }
}

/// The output of `SplitMix64` for this state.
fn split_mix(state: u64) -> u64 {
    let z = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let z = (z ^ z >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ z >> 31
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn split_mix_gives_the_published_numbers() {
        // The first two outputs for seed 1234567 of the reference implementation (Vigna,
        // prng.di.unimi.it).
        assert_eq!(split_mix(1_234_567), 6_457_827_717_110_365_317);
        let second = 1_234_567u64.wrapping_add(0x9e37_79b9_7f4a_7c15);
        assert_eq!(split_mix(second), 3_203_168_211_198_807_973);
    }

    #[test]
    fn draws_fill_the_unit_interval_evenly() {
        let mut draws = Draws::new(1, 1);
        let mut tenths = [0u32; 10];
        for _ in 0..100_000 {
            let tens = draws.unit() * 10.0;
            let tenth = (1..=10u8).find(|n| tens < f64::from(*n)).unwrap();
            tenths[usize::from(tenth) - 1] += 1;
        }
        // 6 standard deviations of a binomial share (sqrt(100000 * 0.1 * 0.9) = 95).
        assert!(
            tenths.iter().all(|n| n.abs_diff(10_000) < 570),
            "{tenths:?}"
        );
    }

    #[test]
    fn whole_numbers_and_picks_are_even_and_stay_below() {
        let mut draws = Draws::new(1, 1);
        let mut counts = [0u32; 5];
        for _ in 0..100_000 {
            counts[usize::try_from(draws.below(5)).unwrap()] += 1;
        }
        for _ in 0..100_000 {
            counts[draws.pick(&[0, 1, 2, 3, 4]).unwrap()] += 1;
        }
        // 6 standard deviations of a binomial share (sqrt(200000 * 0.2 * 0.8) = 179).
        assert!(
            counts.iter().all(|n| n.abs_diff(40_000) < 1074),
            "{counts:?}"
        );
        assert_eq!((draws.below(0), draws.below(1)), (0, 0));
        assert_eq!(draws.pick::<u8>(&[]), None);
    }

    #[test]
    fn neighbouring_vehicles_do_not_move_together() {
        let (mut one, mut two) = (Draws::new(1, 1), Draws::new(1, 2));
        let n = 100_000;
        let sum: f64 = (0..n)
            .map(|_| (one.unit() - 0.5) * (two.unit() - 0.5))
            .sum();
        // The correlation of independent draws has a standard deviation of 1/sqrt(n).
        let correlation = sum / f64::from(n) * 12.0;
        assert!(
            correlation.abs() < 6.0 / f64::from(n).sqrt(),
            "{correlation}"
        );
    }
}
