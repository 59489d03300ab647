//! The modules of one library or program, as its files and `mod` lines say.

use std::collections::BTreeMap;

use super::scope::{ModuleItem, Scope};
use super::source::SourceFile;

/// The modules of one target; the first is its root.
#[derive(Debug)]
pub(super) struct Modules<'a> {
    pub(super) all: Vec<Module<'a>>,
}

/// A place in [`Modules::all`].
pub(super) type ModuleId = usize;

/// One module.
#[derive(Debug)]
pub(super) struct Module<'a> {
    /// The path of its file.
    pub(super) file: &'a str,
    pub(super) scope: &'a Scope,
    pub(super) parent: Option<ModuleId>,
    pub(super) children: BTreeMap<&'a str, ModuleId>,
    /// Compiled only for tests.
    pub(super) only_tests: bool,
}

impl<'a> Modules<'a> {
    /// Follows the `mod` lines from the root file.
    pub(super) fn read(sources: &'a BTreeMap<String, SourceFile>, root: &str) -> Self {
        let mut modules = Self { all: Vec::new() };
        if let Some(file) = sources.get(root) {
            let id = modules.add(&file.path, &file.scope, None, false);
            let folder = folder_of(root);
            modules.read_children(sources, id, folder);
        }
        modules
    }

    fn add(
        &mut self,
        file: &'a str,
        scope: &'a Scope,
        parent: Option<ModuleId>,
        only_tests: bool,
    ) -> ModuleId {
        self.all.push(Module {
            file,
            scope,
            parent,
            children: BTreeMap::new(),
            only_tests: only_tests || scope.only_tests,
        });
        self.all.len() - 1
    }

    /// Reads the children of a module whose children lie in `folder`.
    fn read_children(
        &mut self,
        sources: &'a BTreeMap<String, SourceFile>,
        parent: ModuleId,
        folder: &str,
    ) {
        let Some(module) = self.all.get(parent) else {
            return;
        };
        let (file, scope, in_tests) = (module.file, module.scope, module.only_tests);
        for item in &scope.modules {
            let only_tests = in_tests || item.only_tests;
            let beneath = format!("{folder}/{}", item.name);
            let id = match &item.inline {
                Some(inline) => self.add(file, inline, Some(parent), only_tests),
                // A file that is missing is the compiler's to name.
                None => match file_of(sources, &beneath) {
                    Some(file) => self.add(&file.path, &file.scope, Some(parent), only_tests),
                    None => continue,
                },
            };
            self.name_child(parent, item, id);
            self.read_children(sources, id, &beneath);
        }
    }

    fn name_child(&mut self, parent: ModuleId, item: &'a ModuleItem, id: ModuleId) {
        if let Some(module) = self.all.get_mut(parent) {
            module.children.insert(&item.name, id);
        }
    }

    /// Whether one module is the other or contains it.
    pub(super) fn contains(&self, outer: ModuleId, inner: ModuleId) -> bool {
        let mut at = Some(inner);
        while let Some(id) = at {
            if id == outer {
                return true;
            }
            at = self.all.get(id).and_then(|module| module.parent);
        }
        false
    }
}

fn folder_of(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

fn file_of<'a>(sources: &'a BTreeMap<String, SourceFile>, beneath: &str) -> Option<&'a SourceFile> {
    let file = sources.get(&format!("{beneath}.rs"));
    file.or_else(|| sources.get(&format!("{beneath}/mod.rs")))
}
