//! Tests that skip themselves report it, so that `cargo xtask test` can list them.

use super::workspace::Workspace;

/// The folder of the crate that prints the reports.
const REPORTER: &str = "xtask/";

/// Places that print a skip by themselves: the test harness hides what a passing test prints.
pub(super) fn findings(workspace: &Workspace) -> Vec<String> {
    let files = workspace.sources.values();
    let others = files.filter(|file| !file.path.starts_with(REPORTER));
    let lines = others.flat_map(|file| file.printed_skips.iter().map(|line| (&file.path, line)));
    lines
        .map(|(path, line)| {
            format!(
                "{path}:{line}: a skipped test that `cargo xtask test` cannot list; call \
                 `xtask::skip::skip_test` with the reason instead"
            )
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_test_that_only_prints_its_skip_is_named() {
        let code =
            "//! A test.\n#[test]\nfn a() {\n    eprintln!(\n        \"skipped: no {}\", 1);\n}";
        let files = [
            ("a/tests/b.rs", code),
            ("xtask/src/skip.rs", code),
            (
                "a/src/lib.rs",
                "//! Rows that are skipped: none.\nconst A: &str = \"skipped\";",
            ),
        ];
        assert_eq!(
            findings(&Workspace::of(&files)),
            [
                "a/tests/b.rs:5: a skipped test that `cargo xtask test` cannot list; call \
                 `xtask::skip::skip_test` with the reason instead"
            ]
        );
    }
}
