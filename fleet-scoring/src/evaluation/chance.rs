//! Random choices of the bootstrap, the same in every run.

use rand_pcg::{Pcg64, rand_core::RngCore};

pub(crate) struct Chance(Pcg64);

impl Chance {
    pub(crate) fn new(seed: u64) -> Self {
        Self(Pcg64::new(u128::from(seed), 0xb007))
    }

    /// A number below the bound, each as likely as any other; 0 if the bound is 0.
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        let wide = u128::from(self.0.next_u64()) * (bound as u128);
        usize::try_from(wide >> 64).unwrap_or(0)
    }
}
