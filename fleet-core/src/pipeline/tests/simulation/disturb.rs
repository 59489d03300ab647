//! What disturbs partitions that are claimed and restored, in scripts of sources.

use std::time::Duration;

use super::{Dice, input::PARTITIONS};
use crate::testing::Script;

/// Adds what disturbs partitions that are claimed and restored, and batches that nobody asked for.
pub(super) fn with_disturbances(
    script: Vec<(usize, Script)>,
    dice: &mut Dice,
) -> Vec<(usize, Script)> {
    let mut disturbed = Vec::new();
    for (lane, step) in script {
        let early = dice.roll(PARTITIONS as u64) as usize;
        match dice.roll(40) {
            0 | 1 => disturbed.push((early, Script::LostEarly)),
            2 | 3 => disturbed.push((early, Script::RevokeEarly(Duration::from_secs(1)))),
            4 => disturbed.push((early, Script::RevokeEarly(Duration::ZERO))),
            5 => disturbed.push((early, Script::Stray)),
            _ => {}
        }
        disturbed.push((lane, step));
    }
    disturbed
}
