//! The version of a window's state in a snapshot: its layout combined with the accumulator's
//! version.

use crate::data::State;

/// Combines the layout of a state with the version of its accumulators `A`, which must be below
/// 256.
pub(super) const fn version<A: State>(layout: u16) -> u16 {
    assert!(A::VERSION < 256, "an accumulator's version is below 256");
    (layout << 8) | A::VERSION
}

/// Splits a version into the layout and the accumulators' version.
pub(super) const fn parts(version: u16) -> (u16, u16) {
    (version >> 8, version & 0xff)
}
