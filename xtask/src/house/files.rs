//! The shape of source files: a first line that says what the file holds, few lines, and comments
//! that fit the width.

use std::collections::BTreeSet;

use super::modules::Modules;
use super::source::SourceFile;
use super::workspace::{Package, Workspace};

/// STYLE: no file has more lines, tests included.
const MOST_LINES: usize = 500;

/// STYLE: half of a crate's files have at most so many lines, their tests left out.
const MOST_MEDIAN: usize = 120;

/// The width of code, from `rustfmt.toml`, is the width of comments too.
const WIDTH: usize = 100;

/// A word of this length (a link) may stand on a line that is too wide.
const LONG_WORD: usize = 60;

/// Files that do not begin with a `//!` line.
pub(super) fn without_first_line(workspace: &Workspace) -> Vec<String> {
    let bare = workspace.sources.values().filter(|file| {
        let first = file.text.lines().next().unwrap_or_default();
        first
            .strip_prefix("//! ")
            .is_none_or(|says| says.trim().is_empty())
    });
    bare.map(|file| {
        format!(
            "{}:1: begin with a `//!` line that says what the file holds",
            file.path
        )
    })
    .collect()
}

/// Files with too many lines, and crates with too many long files.
pub(super) fn too_long(workspace: &Workspace) -> Vec<String> {
    let mut findings = Vec::new();
    for file in workspace.sources.values() {
        let lines = file.text.lines().count();
        if lines > MOST_LINES {
            findings.push(format!(
                "{}:{lines}: {lines} lines, more than {MOST_LINES}; split the file by what its \
                 parts do",
                file.path
            ));
        }
    }
    findings.extend(workspace.packages.iter().filter_map(|package| {
        let (median, path) = median(workspace, package)?;
        (median > MOST_MEDIAN).then(|| {
            format!(
                "{path}:{median}: half of the files of {} have {median} lines or more without \
                 their tests, and {MOST_MEDIAN} is the limit; split the longest",
                package.name
            )
        })
    }));
    findings
}

/// The file in the middle when those of a package are sorted by length.
fn median<'w>(workspace: &'w Workspace, package: &Package) -> Option<(usize, &'w str)> {
    let in_tests = files_for_tests(workspace, package);
    let inside = format!("{}/", package.folder);
    let files = workspace.sources.values();
    let mut lengths: Vec<(usize, &str)> = files
        .filter(|file| file.path.starts_with(&inside))
        .filter(|file| !file.is_test_by_path() && !in_tests.contains(file.path.as_str()))
        .map(|file| (length_without_tests(file), file.path.as_str()))
        .collect();
    lengths.sort_unstable();
    lengths.get(lengths.len() / 2).copied()
}

/// The files that are compiled only for tests.
fn files_for_tests<'w>(workspace: &'w Workspace, package: &Package) -> BTreeSet<&'w str> {
    let roots = package.roots.iter();
    let modules = roots.flat_map(|root| Modules::read(&workspace.sources, root).all);
    let (tests, code): (Vec<_>, Vec<_>) = modules.partition(|module| module.only_tests);
    let code: BTreeSet<&str> = code.into_iter().map(|module| module.file).collect();
    let tests = tests.into_iter().map(|module| module.file);
    tests.filter(|file| !code.contains(file)).collect()
}

fn length_without_tests(file: &SourceFile) -> usize {
    let inline = |only_tests, has_body| only_tests && has_body;
    let mut modules = file.scope.modules.iter();
    let tests = modules.find(|module| inline(module.only_tests, module.inline.is_some()));
    let all = file.text.lines().count();
    tests.map_or(all, |tests| {
        let before = file.text.lines().take(tests.line.saturating_sub(1));
        let blank = before.clone().collect::<Vec<_>>();
        blank
            .iter()
            .rposition(|line| !line.trim().is_empty())
            .map_or(0, |last| last + 1)
    })
}

/// Lines with a comment that are too wide.
pub(super) fn too_wide(workspace: &Workspace) -> Vec<String> {
    let mut findings = Vec::new();
    for file in workspace.sources.values() {
        let mut lines = file.text.lines().zip(1..);
        for (number, comment) in &file.comments {
            let Some((line, _)) = lines.find(|(_, line)| line == number) else {
                continue;
            };
            let width = line.chars().count();
            if width > WIDTH && !may_be_wide(comment) {
                findings.push(format!(
                    "{}:{number}: a comment line of {width} columns; wrap it at {WIDTH}",
                    file.path
                ));
            }
        }
    }
    findings
}

/// Rows of tables, and lines that hold little but one long word, cannot be wrapped.
fn may_be_wide(comment: &str) -> bool {
    let content = comment.trim_start_matches(['/', '!', '*', ' ']);
    let mut words = content.split_whitespace();
    let is_reference = content.starts_with('[') && content.contains("]: ");
    content.starts_with('|')
        || is_reference
        || content.split_whitespace().count() <= 1
        || words.any(|word| word.chars().count() >= LONG_WORD)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_without_a_first_line_is_named() {
        let files = [
            ("a/src/lib.rs", "//! A crate.\nmod b;"),
            ("a/src/b.rs", "use std::fmt;\n"),
            ("a/tests/c.rs", "//!\nfn d() {}"),
        ];
        let found = without_first_line(&Workspace::of(&files));
        assert_eq!(
            found,
            [
                "a/src/b.rs:1: begin with a `//!` line that says what the file holds",
                "a/tests/c.rs:1: begin with a `//!` line that says what the file holds"
            ]
        );
    }

    #[test]
    fn a_file_is_too_long_only_above_the_limit() {
        let (most, more) = ("//\n".repeat(MOST_LINES), "//\n".repeat(MOST_LINES + 1));
        let short = "//! A crate.\n";
        let files = [
            ("a/src/lib.rs", short),
            ("a/src/b.rs", short),
            ("a/tests/c.rs", &most),
        ];
        assert_eq!(too_long(&Workspace::of(&files)), [""; 0]);
        let files = [
            ("a/src/lib.rs", short),
            ("a/src/b.rs", short),
            ("a/tests/c.rs", &more),
        ];
        assert_eq!(
            too_long(&Workspace::of(&files)),
            ["a/tests/c.rs:501: 501 lines, more than 500; split the file by what its parts do"]
        );
    }

    #[test]
    fn the_median_leaves_tests_out() {
        let code = "//\n".repeat(MOST_MEDIAN);
        let tests = "//\n".repeat(100);
        let tested = format!("{code}\n#[cfg(test)]\nmod tests {{\n{tests}}}\n");
        let long = format!("//\n{code}");
        let root = ("a/src/lib.rs", "mod b;\nmod c;\n#[cfg(test)]\nmod d;");
        let files = [
            root,
            ("a/src/b.rs", &tested),
            ("a/src/c.rs", &long),
            ("a/src/d.rs", &long),
        ];
        assert_eq!(too_long(&Workspace::of(&files)), [""; 0]);
        let files = [root, ("a/src/b.rs", &long), ("a/src/c.rs", &long)];
        let found = too_long(&Workspace::of(&files)).concat();
        assert!(
            found.starts_with("a/src/b.rs:121: half of the files of a have 121"),
            "{found}"
        );
    }

    #[test]
    fn a_wide_comment_is_named_unless_it_cannot_be_wrapped() {
        let words = "word ".repeat(21);
        let link = format!("//! see <https://{}>", "a".repeat(100));
        let row = format!("//! | {words} |");
        let code = format!("let a = \"// {words}\";");
        let text = format!("//! Short.\n{link}\n{row}\n{code}\nlet b = 1; // {words}\n");
        let found = too_wide(&Workspace::of(&[("a/src/lib.rs", &text)]));
        assert_eq!(
            found,
            ["a/src/lib.rs:5: a comment line of 119 columns; wrap it at 100"]
        );
    }
}
