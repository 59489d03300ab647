//! Which versions of the server are supported, and which have a known leak.

/// The first versions, by `server_version_num`, with the fix for CVE-2025-8713: before it,
/// statistics reveal rows that a policy or a view hides
/// (<https://www.postgresql.org/support/security/CVE-2025-8713/>).
const FIXED: [(u32, u32); 3] = [(15, 150_014), (16, 160_010), (17, 170_006)];
/// The oldest supported version: the first with views that use the rights of their caller
/// (`security_invoker`).
const OLDEST: u32 = 150_000;

/// The assessment of a server by its `server_version_num`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Version {
    /// Supported.
    Good,
    /// Supported, but statistics reveal hidden rows.
    Leaks { fixed: u32 },
    /// Not supported.
    TooOld,
}

pub(super) fn assess(number: u32) -> Version {
    let fixed = FIXED.iter().find(|(major, _)| *major == number / 10_000);
    match fixed {
        _ if number < OLDEST => Version::TooOld,
        Some((_, fixed)) if number < *fixed => Version::Leaks { fixed: *fixed },
        _ => Version::Good,
    }
}

/// `15.14` for 150014.
pub(super) fn name(number: u32) -> String {
    format!("{}.{}", number / 10_000, number % 10_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn servers_are_assessed_by_their_branch() {
        assert_eq!(assess(140_019), Version::TooOld);
        assert_eq!(assess(150_013), Version::Leaks { fixed: 150_014 });
        assert_eq!(assess(170_005), Version::Leaks { fixed: 170_006 });
        for good in [150_014, 150_018, 160_010, 170_006, 180_000] {
            assert_eq!(assess(good), Version::Good, "{good}");
        }
        assert_eq!(name(150_014), "15.14");
    }
}
