//! Lower layers never import higher ones, inside each listed folder; and each list names exactly
//! the entries of its folder.

use std::collections::BTreeSet;

use super::blocks::{Block, Entry, FILE, is_root_file, read};
use super::imports::Import;
use super::workspace::Workspace;

/// The folders that must be listed.
const LISTED: &[&str] = &[
    "fleet-core/src",
    "fleet-core/src/engine",
    "fleet-sources/src/files",
    "fleet-sinks/src",
    "fleet-sinks/src/postgres",
    "examples/src/fleet",
    "xtask/src",
];

/// What breaks the order of the layers.
pub(super) fn findings(workspace: &Workspace, imports: &[Vec<Import<'_>>]) -> Vec<String> {
    check(workspace, imports, LISTED)
}

fn check(workspace: &Workspace, imports: &[Vec<Import<'_>>], listed: &[&str]) -> Vec<String> {
    let document = workspace.documents.get(FILE).map_or("", String::as_str);
    let (blocks, mut findings) = read(document);
    for folder in listed {
        if !blocks.iter().any(|block| block.folder == *folder) {
            findings.push(format!(
                "{FILE}:1: the layers of {folder} are missing; list its entries in a fenced block \
                 that begins with ```text layers"
            ));
        }
    }
    for block in &blocks {
        findings.extend(unlisted(block, workspace));
        let mut upward: Vec<String> = imports
            .iter()
            .flatten()
            .filter_map(|import| refusal(block, import))
            .collect();
        upward.sort();
        upward.dedup();
        findings.extend(upward);
    }
    findings
}

/// Entries of the folder that the list lacks, and the other way round.
fn unlisted(block: &Block, workspace: &Workspace) -> Vec<String> {
    let (folder, line) = (&block.folder, block.line);
    let paths = workspace.sources.keys();
    let there: BTreeSet<&str> = paths.filter_map(|path| entry_name(folder, path)).collect();
    let is_listed = |name: &str| block.entries.iter().any(|entry| entry.name == name);
    let needs_none = |name: &str| is_root_file(name) || matches!(name, "tests" | "tests.rs");
    let missing = there
        .iter()
        .filter(|name| !is_listed(name) && !needs_none(name));
    let mut findings: Vec<String> = missing
        .map(|name| {
            format!(
                "{FILE}:{line}: {folder}/{name} is not listed; add `RANK {name} one line about it`"
            )
        })
        .collect();
    let gone = block
        .entries
        .iter()
        .filter(|entry| !there.contains(entry.name.as_str()));
    findings.extend(gone.map(|entry| {
        let Entry { name, line, .. } = entry;
        format!("{FILE}:{line}: {folder}/{name} does not exist; remove the line or rename it")
    }));
    findings
}

/// Why an import is against the order.
fn refusal(block: &Block, import: &Import<'_>) -> Option<String> {
    let from = entry(block, import.from)?;
    let rank = from.rank?;
    let root = import
        .to
        .strip_prefix(&*block.folder)
        .is_some_and(|name| is_root_file(name.trim_start_matches('/')));
    if root && import.is_glob {
        return Some(format!(
            "{}:{}: a glob of {} hides its layers; name what you import",
            import.from, import.line, import.to
        ));
    }
    let mut others = import.through.iter().filter_map(|path| entry(block, path));
    let above = others
        .find(|other| other.name != from.name && other.rank.is_some_and(|other| other >= rank))?;
    let place = format!("{}:{}", import.from, import.line);
    let path = import.path.names.join("::");
    let (lower, higher) = (&from.name, &above.name);
    let relation = if above.rank == Some(rank) {
        "on one rank with"
    } else {
        "below"
    };
    Some(format!(
        "{place}: `{path}` reaches {higher}, but {lower} is {relation} {higher}; move what both \
         need into a lower layer, or pass it in as a value or a trait"
    ))
}

fn entry<'b>(block: &'b Block, path: &str) -> Option<&'b Entry> {
    let name = entry_name(&block.folder, path)?;
    block.entries.iter().find(|entry| entry.name == name)
}

/// The entry of a folder that is or holds a file.
fn entry_name<'p>(folder: &str, path: &'p str) -> Option<&'p str> {
    path.strip_prefix(folder)?
        .strip_prefix('/')?
        .split('/')
        .next()
}

#[cfg(test)]
mod tests {
    use super::super::imports::imports;
    use super::*;

    const MAP: &str = "```text layers\na/src\n  0 switches.rs  for tests\n  1 data  values\n  \
                       2 engine  work\n  2 window.rs  sums\n  - lib.rs  the root\n```\n";

    const HOUSE: &[(&str, &str)] = &[
        ("ARCHITECTURE.md", MAP),
        (
            "a/src/lib.rs",
            "mod data;\nmod engine;\nmod switches;\nmod window;\npub use engine::Task;",
        ),
        ("a/src/switches.rs", "pub fn on() -> bool { false }"),
        (
            "a/src/data/mod.rs",
            "pub(crate) mod time;\npub(crate) use time::Time;",
        ),
        (
            "a/src/data/time.rs",
            "pub struct Time;\nfn a() { crate::switches::on(); }",
        ),
        (
            "a/src/engine/mod.rs",
            "mod task;\npub use task::Task;\nuse crate::data::Time;",
        ),
        ("a/src/engine/task.rs", "pub struct Task;"),
        (
            "a/src/window.rs",
            "use crate::data::time::Time;\npub struct Sum;",
        ),
    ];

    fn found(changes: &[(&str, &str)]) -> Vec<String> {
        let all: Vec<_> = HOUSE.iter().chain(changes).copied().collect();
        let workspace = Workspace::of(&all);
        check(&workspace, &imports(&workspace), &["a/src"])
    }

    fn one(changes: &[(&str, &str)]) -> String {
        let found = found(changes);
        assert_eq!(found.len(), 1, "{found:?}");
        found.concat()
    }

    #[test]
    fn imports_of_lower_layers_are_right() {
        assert_eq!(found(&[]), [""; 0]);
    }

    #[test]
    fn an_upward_use_is_named_with_its_line() {
        let found = one(&[("a/src/data/time.rs", "//! a\n\nuse crate::engine::Task;")]);
        assert_eq!(
            found,
            "a/src/data/time.rs:3: `crate::engine::Task` reaches engine, but data is below engine; \
             move what both need into a lower layer, or pass it in as a value or a trait"
        );
    }

    #[test]
    fn an_upward_path_in_code_or_through_super_or_the_root_is_found() {
        for code in [
            "fn b() { crate::engine::Task; }",
            "use super::super::engine::Task;",
            "use crate::Task;",
            "use crate::engine;",
        ] {
            let found = one(&[("a/src/data/time.rs", code)]);
            assert!(found.contains("data is below engine"), "{code}: {found}");
        }
    }

    #[test]
    fn a_name_of_a_lower_layer_is_not_imported_through_a_higher_one() {
        let change = [
            (
                "a/src/engine/mod.rs",
                "pub use crate::data::time::Time;\nmod task;\npub use task::Task;",
            ),
            ("a/src/data/mod.rs", "mod time;\nmod zone;"),
            ("a/src/data/zone.rs", "use crate::engine::Time;"),
        ];
        assert!(one(&change).starts_with("a/src/data/zone.rs:1: `crate::engine::Time`"));
    }

    #[test]
    fn entries_of_one_rank_do_not_import_each_other() {
        let found = one(&[("a/src/window.rs", "use crate::engine::Task;")]);
        assert!(
            found.contains("window.rs is on one rank with engine"),
            "{found}"
        );
    }

    #[test]
    fn a_glob_of_the_root_is_refused_because_it_hides_layers() {
        let found = one(&[("a/src/data/time.rs", "use crate::*;")]);
        assert!(found.contains("a glob of a/src/lib.rs"), "{found}");
    }

    #[test]
    fn code_that_is_also_built_without_tests_is_product_code() {
        let code =
            "#[cfg(all(feature = \"x\", any(test, feature = \"y\")))]\nuse crate::engine::Task;";
        let found = one(&[("a/src/data/time.rs", code)]);
        assert!(found.contains("data is below engine"), "{found}");
    }

    #[test]
    fn tests_may_use_every_layer() {
        let test = "#[cfg(test)]\nmod tests { use crate::engine::Task; }";
        assert_eq!(found(&[("a/src/data/time.rs", test)]), [""; 0]);
    }

    #[test]
    fn a_missing_entry_is_named() {
        let found = one(&[("a/src/extra/mod.rs", "//! a")]);
        assert!(
            found.starts_with("ARCHITECTURE.md:2: a/src/extra is not listed; add"),
            "{found}"
        );
    }

    #[test]
    fn an_entry_that_is_gone_is_named() {
        let map = MAP
            .replace("```\n", "")
            .replace("  - lib", "  3 gone  a\n  - lib");
        let found = one(&[(
            "ARCHITECTURE.md",
            &format!(
                "```text layers\n{}",
                map.trim_start_matches("```text layers\n")
            ),
        )]);
        assert!(
            found.starts_with("ARCHITECTURE.md:7: a/src/gone does not exist"),
            "{found}"
        );
    }

    #[test]
    fn a_missing_list_is_named() {
        let found = one(&[("ARCHITECTURE.md", "# Map\n")]);
        assert!(found.contains("the layers of a/src are missing"), "{found}");
    }
}
