//! Compares what was found with the truth.

use std::collections::BTreeMap;

/// Checks that a plain sink has seen each row at least as often as the reference has it, and no
/// other row.
pub(super) fn at_least(sink: &str, seen: &[String], truth: &[String]) -> Result<(), String> {
    let count = |rows: &[String]| {
        let mut counts = BTreeMap::<String, u64>::new();
        for row in rows {
            *counts.entry(row.clone()).or_default() += 1;
        }
        counts
    };
    let (seen, truth) = (count(seen), count(truth));
    if let Some(row) = seen.keys().find(|row| !truth.contains_key(*row)) {
        return Err(format!("{sink}: `{row}` is not true"));
    }
    let lost = |(row, count): &(&String, &u64)| seen.get(*row).is_none_or(|seen| seen < *count);
    match truth.iter().find(lost) {
        Some((row, _)) => Err(format!("{sink}: `{row}` was lost")),
        None => Ok(()),
    }
}

/// Describes a difference as an error.
pub(super) fn differ<T: PartialEq + std::fmt::Debug>(
    what: &str,
    found: &T,
    truth: &T,
) -> Result<(), String> {
    if found == truth {
        return Ok(());
    }
    Err(format!("{what}: {found:?} instead of {truth:?}"))
}

/// Checks that two sorted multisets are equal.
pub(super) fn same(what: &str, found: &[String], truth: &[String]) -> Result<(), String> {
    if found == truth {
        return Ok(());
    }
    let first = found.iter().zip(truth).find(|(a, b)| a != b);
    Err(format!(
        "{what}: {} rows instead of {}, first difference (found, true): {first:?}",
        found.len(),
        truth.len()
    ))
}
