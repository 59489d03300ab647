//! What was added since the previous commit.

use crate::contracts::checkpoint::{Counts, Tallies};

/// Returns the records by fate.
pub(super) fn fates(before: Counts, now: Counts) -> [(&'static str, u64); 5] {
    [
        // Can decrease: an accepted record that makes an operator panic becomes a dead letter.
        ("accepted", now.accepted.saturating_sub(before.accepted)),
        ("filtered", now.filtered - before.filtered),
        ("dead_lettered", now.dead_lettered - before.dead_lettered),
        ("late", now.late - before.late),
        ("duplicate", now.duplicate - before.duplicate),
    ]
}

/// Returns the rows by sink and outcome.
pub(super) fn sink_rows<'a>(
    before: &'a Tallies,
    now: &'a Tallies,
) -> impl Iterator<Item = (&'a str, &'a str, u64)> {
    now.iter().filter_map(|(name, total)| {
        let (sink, outcome) = name.strip_prefix("sink.")?.rsplit_once('.')?;
        let more = total - before.get(name).copied().unwrap_or(0);
        (outcome != "given").then_some((sink, outcome, more))
    })
}
