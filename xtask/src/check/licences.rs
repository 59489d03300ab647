//! Every dependency may be used under a permissive licence.

use super::spdx;
use crate::run::{Metadata, Package, StepOutcome};

/// The accepted licences, which require no more than a notice. Weak copyleft (MPL, LGPL) is left
/// out, because it would put conditions on programs that link the libraries statically. `deny.toml`
/// holds the same list for cargo-deny, and a test compares them.
const ACCEPTED: &[&str] = &[
    "0BSD",
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSL-1.0",
    "CC0-1.0",
    "ISC",
    "MIT",
    "Unicode-3.0",
    "Unlicense",
    "Zlib",
];

/// Checks every package of the resolved tree, on every platform and with every feature.
pub(crate) fn check(metadata: &Metadata) -> StepOutcome {
    StepOutcome::from_findings(metadata.packages.iter().filter_map(finding).collect())
}

fn finding(package: &Package) -> Option<String> {
    let why = refusal(package.license.as_deref())?;
    Some(format!("{} {}: {why}", package.name, package.version))
}

fn refusal(licence: Option<&str>) -> Option<String> {
    let Some(expression) = licence else {
        return Some("no licence expression; read its licence file and choose another".to_owned());
    };
    match spdx::is_satisfied(expression, ACCEPTED) {
        Ok(true) => None,
        Ok(false) => Some(format!(
            "`{expression}` needs a licence that is not accepted"
        )),
        Err(why) => Some(why),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_package_without_a_permissive_choice_is_refused() {
        assert_eq!(refusal(Some("MIT OR Apache-2.0")), None);
        for licence in [
            "MPL-2.0",
            "GPL-3.0-or-later",
            "LGPL-3.0-only",
            "AGPL-3.0-only",
        ] {
            assert!(refusal(Some(licence)).is_some(), "{licence}");
        }
        assert!(refusal(Some("")).is_some());
        assert!(refusal(None).is_some());
    }

    #[test]
    fn cargo_deny_accepts_the_same_licences() {
        let text = include_str!("../../../deny.toml");
        let list = text
            .split("allow = [")
            .nth(1)
            .unwrap()
            .split(']')
            .next()
            .unwrap();
        let allowed: Vec<&str> = list.split('"').skip(1).step_by(2).collect();
        assert_eq!(allowed, ACCEPTED);
    }
}
