//! Every package of the workspace takes the workspace's lint table.

use std::fs;

use crate::run::{Metadata, StepOutcome};

/// `[lints] workspace = true` is opt-in for each package and easily forgotten.
pub(crate) fn check(metadata: &Metadata) -> StepOutcome {
    let mut findings = Vec::new();
    for member in metadata.members() {
        match fs::read_to_string(&member.manifest_path) {
            Ok(manifest) if takes_workspace_lints(&manifest) => {}
            Ok(_) => findings.push(format!(
                "{}: add `[lints]` with `workspace = true` to its Cargo.toml",
                member.name
            )),
            Err(error) => findings.push(format!(
                "{}: cannot read its manifest: {error}",
                member.name
            )),
        }
    }
    StepOutcome::from_findings(findings)
}

fn takes_workspace_lints(manifest: &str) -> bool {
    let mut table = "";
    manifest
        .lines()
        .map(|line| line.split('#').next().unwrap_or_default().trim())
        .any(|line| {
            if line.starts_with('[') {
                table = line;
            }
            let key: String = line.split_whitespace().collect();
            (table == "[lints]" && key == "workspace=true")
                || (table.is_empty() && key == "lints.workspace=true")
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn workspace_lints_are_recognised_in_both_spellings() {
        assert!(takes_workspace_lints(
            "[package]\nname = \"a\"\n\n[lints]\nworkspace = true\n"
        ));
        assert!(takes_workspace_lints(
            "lints.workspace = true\n[package]\nname = \"a\"\n"
        ));
        assert!(takes_workspace_lints(
            "[lints] # ours\nworkspace=true # all\n"
        ));
    }

    #[test]
    fn another_tables_workspace_key_does_not_count() {
        assert!(!takes_workspace_lints("[package]\nname = \"a\"\n"));
        assert!(!takes_workspace_lints(
            "[lints]\n[dependencies.serde]\nworkspace = true\n"
        ));
        assert!(!takes_workspace_lints("[lints]\n# workspace = true\n"));
        assert!(!takes_workspace_lints("[lints]\nworkspace = false\n"));
    }
}
