//! What holds for every package of ours: it takes the workspace's lints, and its files stay small.

use std::fs;
use std::path::{Path, PathBuf};

use crate::metadata::Metadata;
use crate::report::Verdict;

/// Files above this are named; our choice: twice what STYLE asks of code without its tests.
const MAX_LINES: usize = 600;

/// `[lints] workspace = true` is opt-in for each package and easily forgotten.
pub(crate) fn check_lints(metadata: &Metadata) -> Verdict {
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
    Verdict::from_findings(findings)
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

/// Long files are worth splitting; a warning, because a long table has its reasons.
pub(crate) fn check_sizes(metadata: &Metadata) -> Verdict {
    let mut files = Vec::new();
    for member in metadata.members() {
        if let Some(folder) = member.manifest_path.parent()
            && let Err(error) = rust_files(folder, &mut files)
        {
            return Verdict::failed(format!("cannot list {}: {error}", folder.display()));
        }
    }
    let mut long = Vec::new();
    for path in files {
        match fs::read_to_string(&path) {
            Ok(text) => long.extend(too_long(&path, text.lines().count())),
            Err(error) => {
                return Verdict::failed(format!("cannot read {}: {error}", path.display()));
            }
        }
    }
    if long.is_empty() {
        Verdict::Passed
    } else {
        Verdict::Warned(long)
    }
}

fn too_long(path: &Path, lines: usize) -> Option<String> {
    (lines > MAX_LINES).then(|| {
        format!(
            "{} has {lines} lines, more than {MAX_LINES}: split it",
            path.display()
        )
    })
}

fn rust_files(folder: &Path, found: &mut Vec<PathBuf>) -> std::io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            if path.file_name().is_some_and(|name| name != "target") {
                rust_files(&path, found)?;
            }
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    Ok(())
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

    #[test]
    fn a_file_is_too_long_only_above_the_limit() {
        let path = Path::new("a.rs");
        assert_eq!(too_long(path, MAX_LINES), None);
        assert!(too_long(path, MAX_LINES + 1).is_some());
    }
}
