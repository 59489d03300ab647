//! How reports write counts.

use fleet_core::checkpoint::Counts;

/// Writes `read 10 = accepted 9 + ..`.
pub(crate) fn fates(counts: &Counts) -> String {
    let Counts {
        read,
        accepted,
        filtered,
        dead_lettered,
        late,
        duplicate,
    } = *counts;
    let fates = [
        ("accepted", accepted),
        ("filtered", filtered),
        ("dead-lettered", dead_lettered),
        ("late", late),
        ("duplicate", duplicate),
    ];
    let fates: Vec<_> = fates
        .iter()
        .map(|(name, n)| format!("{name} {}", grouped(*n)))
        .collect();
    format!("{:<12}{} = {}", "read", grouped(read), fates.join(" + "))
}

/// Writes `A 1 · B 2`, leaving out zeros, or `none`.
pub(crate) fn listed<'a>(counts: impl Iterator<Item = (&'a str, u64)>) -> String {
    let counts: Vec<_> = counts
        .filter(|(_, count)| *count > 0)
        .map(|(name, count)| format!("{name} {}", grouped(count)))
        .collect();
    if counts.is_empty() {
        "none".into()
    } else {
        counts.join(" · ")
    }
}

/// Writes `1,234,567`.
pub(crate) fn grouped(number: u64) -> String {
    indicatif::HumanCount(number).to_string()
}
