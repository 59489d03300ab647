//! Which servers are good enough.

/// Versions with the fix of CVE-2025-8713, by which statistics show rows that a policy or a view hides
/// (<https://www.postgresql.org/support/security/CVE-2025-8713/>), as `server_version_num` counts.
const FIXED: [(u32, u32); 3] = [(15, 150_014), (16, 160_010), (17, 170_006)];
/// The oldest that works: views that act for their caller (`security_invoker`) came with it.
const OLDEST: u32 = 150_000;

/// What to think of a server by its `server_version_num`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Version {
    Good,
    /// It works, but lets statistics tell of rows that are hidden.
    Leaks {
        fixed: u32,
    },
    TooOld,
}

pub(super) fn judge(number: u32) -> Version {
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
    fn servers_are_judged_by_their_branch() {
        assert_eq!(judge(140_019), Version::TooOld);
        assert_eq!(judge(150_013), Version::Leaks { fixed: 150_014 });
        assert_eq!(judge(170_005), Version::Leaks { fixed: 170_006 });
        for good in [150_014, 150_018, 160_010, 170_006, 180_000] {
            assert_eq!(judge(good), Version::Good, "{good}");
        }
        assert_eq!(name(150_014), "15.14");
    }
}
