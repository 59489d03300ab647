//! The version of a window's state in a snapshot: its own layout, and the version of the accumulator.

use crate::data::State;

/// The version of a state of this layout that holds accumulators `A`, whose own version is below 256.
pub(super) const fn version<A: State>(layout: u16) -> u16 {
    assert!(A::VERSION < 256, "an accumulator's version is below 256");
    (layout << 8) | A::VERSION
}

/// The layout and the accumulators' version.
pub(super) const fn parts(version: u16) -> (u16, u16) {
    (version >> 8, version & 0xff)
}
