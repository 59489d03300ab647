//! Random numbers of the synthetic drives.

use rand_pcg::{Pcg64, rand_core::RngCore};

/// A stream of random numbers. Equal seeds give equal streams.
#[derive(Clone, Debug)]
pub(crate) struct Draws(Pcg64);

impl Draws {
    pub(crate) fn new(seed: u64) -> Self {
        // The stream number is arbitrary: all drives differ by their seeds.
        Self(Pcg64::new(u128::from(mix(seed)), 0x0dd5))
    }

    /// An independent stream, so that one part may draw more numbers without changing another.
    pub(crate) fn branch(&mut self) -> Self {
        Self::new(self.0.next_u64())
    }

    /// Uniform in [0, 1).
    pub(crate) fn unit(&mut self) -> f64 {
        (self.0.next_u64() >> 11) as f64 / (1_u64 << 53) as f64
    }

    pub(crate) fn within(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.unit()
    }

    pub(crate) fn chance(&mut self, probability: f64) -> bool {
        self.unit() < probability
    }

    /// -1 or 1.
    pub(crate) fn sign(&mut self) -> f64 {
        if self.chance(0.5) { 1.0 } else { -1.0 }
    }

    /// Normal, mean 0, deviation 1 (Box and Muller).
    pub(crate) fn normal(&mut self) -> f64 {
        let radius = (-2.0 * (1.0 - self.unit()).ln()).sqrt();
        radius * (std::f64::consts::TAU * self.unit()).cos()
    }

    /// Nearly normal, mean 0, deviation 1: a sum of four uniform numbers, within ±3.5. Cheap enough
    /// for each sample at 16 kHz.
    pub(crate) fn noise(&mut self) -> f64 {
        let bits = self.0.next_u64();
        let sum: u64 = (0..4).map(|part| (bits >> (16 * part)) & 0xffff).sum();
        // Four numbers in [0, 65535] have the mean 131070 and the deviation 65536 / sqrt(3).
        (sum as f64 - 131_070.0) * 3.0_f64.sqrt() / 65_536.0
    }

    pub(crate) fn exponential(&mut self, mean: f64) -> f64 {
        -mean * (1.0 - self.unit()).ln()
    }

    pub(crate) fn log_normal(&mut self, median: f64, sigma: f64) -> f64 {
        median * (sigma * self.normal()).exp()
    }

    /// One of the entries, each as likely as its weight.
    pub(crate) fn weighted<T: Copy>(&mut self, entries: &[(f64, T)], otherwise: T) -> T {
        let total: f64 = entries.iter().map(|(weight, _)| weight).sum();
        let mut left = self.within(0.0, total);
        for (weight, entry) in entries {
            if left < *weight {
                return *entry;
            }
            left -= weight;
        }
        otherwise
    }
}

/// Spreads a seed over all bits (the finaliser of `SplitMix64`, Steele et al. 2014).
pub(crate) const fn mix(seed: u64) -> u64 {
    let mut bits = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ (bits >> 31)
}
