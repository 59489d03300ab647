//! Who imports from whom: an edge for each path that leads to another file of the same target.

use super::modules::{ModuleId, Modules};
use super::scope::NamePath;
use super::workspace::Workspace;

/// One file imports something from another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Import<'a> {
    /// The importing file.
    pub(super) from: &'a str,
    /// The line of the import.
    pub(super) line: usize,
    /// The path as written.
    pub(super) path: &'a NamePath,
    /// The file that defines the name.
    pub(super) to: &'a str,
    /// The files that the path goes through, `to` included.
    pub(super) through: Vec<&'a str>,
    /// Whether one of the two modules contains the other.
    pub(super) is_family: bool,
    /// Whether it is `use path::*`.
    pub(super) is_glob: bool,
}

/// Every import of the product's code, one list for each target. Code for tests is left out.
pub(super) fn imports(workspace: &Workspace) -> Vec<Vec<Import<'_>>> {
    let roots = workspace.packages.iter().flat_map(|package| &package.roots);
    roots
        .map(|root| of_target(&Modules::read(&workspace.sources, root)))
        .collect()
}

fn of_target<'a>(modules: &Modules<'a>) -> Vec<Import<'a>> {
    let mut all = Vec::new();
    for id in 0..modules.all.len() {
        let Some(module) = modules.all.get(id).filter(|module| !module.only_tests) else {
            continue;
        };
        let scope = module.scope;
        let uses = scope
            .uses
            .iter()
            .map(|import| (&import.path, import.name == "*"));
        for (path, is_glob) in uses.chain(scope.paths.iter().map(|path| (path, false))) {
            let found = import(modules, id, path).filter(|import| import.from != import.to);
            all.extend(found.map(|import| Import { is_glob, ..import }));
        }
    }
    all
}

fn import<'a>(modules: &Modules<'a>, from: ModuleId, path: &'a NamePath) -> Option<Import<'a>> {
    let found = modules.resolve(from, path)?;
    let file = |id: ModuleId| modules.all.get(id).map(|module| module.file);
    let (from_file, to) = (file(from)?, file(found.module)?);
    let mut through: Vec<&str> = found.through.iter().filter_map(|id| file(*id)).collect();
    through.sort_unstable();
    through.dedup();
    let is_family = modules.contains(from, found.module) || modules.contains(found.module, from);
    Some(Import {
        from: from_file,
        line: path.line,
        path,
        to,
        through,
        is_family,
        is_glob: false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(files: &[(&str, &str)]) -> Vec<String> {
        let workspace = Workspace::of(files);
        let all = imports(&workspace);
        let line = |import: &Import<'_>| format!("{}:{} {}", import.from, import.line, import.to);
        all.iter().flatten().map(line).collect()
    }

    #[test]
    fn a_re_exported_name_leads_to_the_file_that_defines_it() {
        let files = [
            ("a/src/lib.rs", "pub mod b;\npub use b::D;"),
            (
                "a/src/b/mod.rs",
                "mod c;\nmod e;\npub use c::{D, helper as help};",
            ),
            ("a/src/b/c.rs", "pub struct D;\npub fn helper() {}"),
            (
                "a/src/b/e.rs",
                "use super::D;\nuse crate::b::help;\nfn f() -> crate::D { D }",
            ),
        ];
        let wanted = |line| format!("a/src/b/e.rs:{line} a/src/b/c.rs");
        let from_e = |line: &String| line.starts_with("a/src/b/e.rs");
        let found: Vec<_> = found(&files).into_iter().filter(from_e).collect();
        assert_eq!(found, [wanted(1), wanted(2), wanted(3)]);
    }

    #[test]
    fn globs_aliases_and_inline_modules_are_followed() {
        let files = [
            (
                "a/src/lib.rs",
                "mod b;\nmod c;\nmod d { pub use crate::c::*; }",
            ),
            (
                "a/src/b.rs",
                "use crate::d as e;\nfn f() { e::g(); super::super::h() }",
            ),
            ("a/src/c.rs", "pub fn g() {}"),
        ];
        let found = found(&files);
        assert!(
            found.contains(&"a/src/b.rs:2 a/src/c.rs".to_owned()),
            "{found:?}"
        );
    }

    #[test]
    fn other_crates_and_code_for_tests_make_no_import() {
        let files = [
            ("a/src/lib.rs", "mod b;\nmod c;\n#[cfg(test)]\nmod tests;"),
            (
                "a/src/b.rs",
                "use std::fmt;\nuse other::c::D;\nfn e() -> fmt::Result { c::f() }",
            ),
            ("a/src/c.rs", "#[cfg(test)]\nmod tests { use crate::b::e; }"),
            ("a/src/tests.rs", "use crate::b::e;"),
        ];
        assert_eq!(found(&files), [""; 0]);
    }

    #[test]
    fn a_circle_of_re_exports_ends() {
        let files = [
            ("a/src/lib.rs", "mod b;\nmod c;\nuse b::*;"),
            ("a/src/b.rs", "pub use crate::c::*;"),
            ("a/src/c.rs", "pub use crate::b::*;\nuse crate::b::Missing;"),
        ];
        assert_eq!(found(&files).len(), 4);
    }
}
