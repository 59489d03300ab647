//! No circle of imports between the files of a crate.
//!
//! An edge leads from a file to the one that defines the imported name, through re-exports. A
//! module and its own descendants make no circle: a `mod.rs` uses its children, and children use
//! what their parent defines for all of them. Between siblings and across folders each circle
//! counts, unless `circles.txt` accepts one of its imports and says why.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::imports::Import;

/// From each file to those it imports from, with the line of the first such import.
type Graph<'a> = BTreeMap<&'a str, BTreeMap<&'a str, usize>>;

/// The file with the accepted imports, and where it lies.
const ACCEPTED: &str = include_str!("circles.txt");
const ACCEPTED_FILE: &str = "xtask/src/house/circles.txt";

/// The shortest circle through each file that is in one.
pub(super) fn findings(imports: &[Vec<Import<'_>>]) -> Vec<String> {
    check(imports, ACCEPTED)
}

fn check(imports: &[Vec<Import<'_>>], accepted: &str) -> Vec<String> {
    let mut findings = BTreeSet::new();
    let mut accepted = Accepted::read(accepted, &mut findings);
    for of_target in imports {
        let mut seen = BTreeSet::new();
        for mut graph in [graph(of_target), graph_of_siblings(of_target)] {
            accepted.remove_from(&mut graph);
            for entry in graph.keys() {
                if let Some(circle) = shortest(&graph, entry) {
                    let members: BTreeSet<&str> = circle.iter().copied().collect();
                    if seen.insert(members) {
                        findings.insert(sentence(&graph, &circle));
                    }
                }
            }
        }
    }
    findings.extend(accepted.stale());
    findings.into_iter().collect()
}

/// Imports that may close a circle.
struct Accepted<'t> {
    /// The line, the two files, and whether there is such an import.
    imports: Vec<(usize, &'t str, &'t str, bool)>,
}

impl<'t> Accepted<'t> {
    fn read(text: &'t str, findings: &mut BTreeSet<String>) -> Self {
        let mut imports = Vec::new();
        let lines = text.lines().zip(1..);
        for (text, line) in lines.filter(|(text, _)| !text.is_empty() && !text.starts_with('#')) {
            let reason = text.split_once('|');
            let reason = reason.filter(|(_, reason)| !reason.trim().is_empty());
            match reason.and_then(|(files, _)| files.split_once("->")) {
                Some((from, to)) => imports.push((line, from.trim(), to.trim(), false)),
                None => {
                    findings.insert(format!(
                        "{ACCEPTED_FILE}:{line}: write `FILE -> FILE | the reason`"
                    ));
                }
            }
        }
        Self { imports }
    }

    fn remove_from(&mut self, graph: &mut Graph<'_>) {
        for (_, from, to, is_there) in &mut self.imports {
            let targets = graph.get_mut(*from);
            *is_there |= targets.is_some_and(|targets| targets.remove(*to).is_some());
        }
    }

    fn stale(&self) -> impl Iterator<Item = String> {
        let stale = self.imports.iter().filter(|(.., is_there)| !is_there);
        stale.map(|(line, from, to, _)| {
            format!("{ACCEPTED_FILE}:{line}: {from} no longer imports {to}; remove the line")
        })
    }
}

fn graph<'a>(imports: &[Import<'a>]) -> Graph<'a> {
    let mut graph = Graph::new();
    for import in imports.iter().filter(|import| !import.is_family) {
        let targets = graph.entry(import.from).or_default();
        let line = targets.entry(import.to).or_insert(import.line);
        *line = import.line.min(*line);
    }
    graph
}

/// From each entry of a folder to those beside it that its files import from.
fn graph_of_siblings<'a>(imports: &[Import<'a>]) -> Graph<'a> {
    let mut graph = Graph::new();
    for import in imports {
        let Some((from, to)) = siblings(import.from, import.to) else {
            continue;
        };
        let targets = graph.entry(from).or_default();
        let line = targets.entry(to).or_insert(import.line);
        *line = import.line.min(*line);
    }
    graph
}

/// The entries of the innermost folder that holds both files; `None` if one is its root file.
fn siblings<'a>(from: &'a str, to: &'a str) -> Option<(&'a str, &'a str)> {
    let same = from.bytes().zip(to.bytes()).take_while(|(a, b)| a == b);
    let folder = from.get(..same.count())?.rfind('/')? + 1;
    let entry = |path: &'a str| {
        let name = path.get(folder..)?.split('/').next()?;
        let is_root = matches!(name, "lib.rs" | "main.rs" | "mod.rs");
        path.get(..folder + name.len()).filter(|_| !is_root)
    };
    Some((entry(from)?, entry(to)?))
}

/// The shortest way from a file back to itself.
fn shortest<'a>(graph: &Graph<'a>, start: &'a str) -> Option<Vec<&'a str>> {
    let mut came_from: BTreeMap<&str, &str> = BTreeMap::new();
    let mut queue = VecDeque::from([start]);
    while let Some(file) = queue.pop_front() {
        for next in graph.get(file).into_iter().flat_map(BTreeMap::keys) {
            if *next == start {
                let mut circle = vec![file];
                let mut at = file;
                while let Some(before) = came_from.get(at) {
                    circle.push(before);
                    at = before;
                }
                circle.reverse();
                return Some(circle);
            }
            if !came_from.contains_key(next) {
                came_from.insert(next, file);
                queue.push_back(next);
            }
        }
    }
    None
}

/// The circle from its first file in the order of names.
fn sentence(graph: &Graph<'_>, circle: &[&str]) -> String {
    let first = circle.iter().enumerate().min_by_key(|(_, file)| **file);
    let first = first.map_or(0, |(place, _)| place);
    let around = circle.iter().cycle().skip(first);
    let steps: Vec<String> = around
        .clone()
        .zip(around.clone().skip(1))
        .take(circle.len())
        .map(|(from, to)| {
            let line = graph.get(from).and_then(|to_lines| to_lines.get(to));
            format!("{from}:{}: imports {to}", line.copied().unwrap_or_default())
        })
        .collect();
    let steps = steps.join("; ");
    format!("{steps}: a circle; move what they share into a file that imports none of them")
}

#[cfg(test)]
mod tests {
    use super::super::imports::imports;
    use super::super::workspace::Workspace;
    use super::*;

    fn found(files: &[(&str, &str)]) -> Vec<String> {
        let workspace = Workspace::of(files);
        findings(&imports(&workspace))
    }

    #[test]
    fn two_files_that_import_each_other_are_a_circle() {
        let files = [
            ("a/src/lib.rs", "mod b;\nmod c;"),
            ("a/src/b.rs", "//! b\nuse crate::c::C;\npub struct B;"),
            (
                "a/src/c.rs",
                "pub struct C;\nfn d() -> super::b::B { super::b::B }",
            ),
        ];
        assert_eq!(
            found(&files),
            [
                "a/src/b.rs:2: imports a/src/c.rs; a/src/c.rs:2: imports a/src/b.rs: a circle; move \
                 what they share into a file that imports none of them"
            ]
        );
    }

    #[test]
    fn a_file_and_a_folder_that_import_each_other_are_a_circle() {
        let files = [
            ("a/src/lib.rs", "mod b;\nmod c;"),
            ("a/src/b.rs", "use crate::c::C;\npub struct B;"),
            ("a/src/c/mod.rs", "mod d;\npub struct C;"),
            ("a/src/c/d.rs", "use crate::b::B;"),
        ];
        let found = found(&files);
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found.concat().starts_with("a/src/b.rs:1: imports a/src/c"));
    }

    #[test]
    fn a_circle_through_re_exports_of_the_folder_is_found() {
        let files = [
            ("a/src/lib.rs", "mod b;"),
            (
                "a/src/b/mod.rs",
                "mod c;\nmod d;\nmod e;\npub use c::C;\nuse d::D;\nuse e::E;",
            ),
            ("a/src/b/c.rs", "use super::D;\npub struct C;"),
            ("a/src/b/d.rs", "use super::E;\npub struct D;"),
            ("a/src/b/e.rs", "use super::C;\npub struct E;"),
        ];
        let found = found(&files);
        assert_eq!(found.len(), 1, "{found:?}");
        let steps = [
            "c.rs:1: imports a/src/b/d.rs",
            "d.rs:1: imports a/src/b/e.rs",
            "e.rs:1",
        ];
        assert!(
            found
                .iter()
                .all(|circle| steps.iter().all(|step| circle.contains(step)))
        );
    }

    #[test]
    fn a_module_and_its_children_are_no_circle() {
        let files = [
            ("a/src/lib.rs", "mod b;"),
            ("a/src/b/mod.rs", "mod c;\nuse c::C;\npub struct B(C);"),
            ("a/src/b/c.rs", "use super::B;\npub struct C;"),
        ];
        assert_eq!(found(&files), [""; 0]);
    }

    #[test]
    fn tests_close_no_circle() {
        let files = [
            ("a/src/lib.rs", "mod b;\nmod c;"),
            ("a/src/b.rs", "use crate::c::C;\npub struct B;"),
            (
                "a/src/c.rs",
                "pub struct C;\n#[cfg(test)]\nmod tests { use crate::b::B; }",
            ),
        ];
        assert_eq!(found(&files), [""; 0]);
    }

    #[test]
    fn an_accepted_import_closes_no_circle_and_a_stale_line_is_named() {
        let files = [
            ("a/src/lib.rs", "mod b;\nmod c;"),
            ("a/src/b.rs", "use crate::c::C;\npub struct B;"),
            ("a/src/c.rs", "use crate::b::B;\npub struct C;"),
        ];
        let workspace = Workspace::of(&files);
        let found = |accepted| check(&imports(&workspace), accepted);
        assert_eq!(found("").len(), 1);
        assert_eq!(
            found("# why\na/src/b.rs -> a/src/c.rs | one thing"),
            [""; 0]
        );
        let stale = found("a/src/b.rs -> a/src/c.rs | one thing\na/src/d.rs -> a/src/b.rs | gone");
        let wanted = "circles.txt:2: a/src/d.rs no longer imports a/src/b.rs; remove the line";
        assert!(stale.concat().ends_with(wanted), "{stale:?}");
        assert!(
            found("a/src/b.rs -> a/src/c.rs |")
                .concat()
                .contains("circles.txt:1: write")
        );
    }
}
