//! The names of one module, as its source file gives them.

/// The names of one module.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Scope {
    pub(crate) modules: Vec<ModuleItem>,
    /// The names of the items that are defined here.
    pub(crate) items: Vec<String>,
    pub(crate) uses: Vec<Use>,
    /// Paths of two or more names outside `use` lines.
    pub(crate) paths: Vec<NamePath>,
    /// Set by `#![cfg(test)]`.
    pub(crate) only_tests: bool,
}

/// `mod name;` or `mod name { .. }`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ModuleItem {
    pub(crate) name: String,
    /// Where the item begins, attributes included.
    pub(crate) line: usize,
    pub(crate) only_tests: bool,
    /// The content, if it stands in the same file.
    pub(crate) inline: Option<Scope>,
}

/// One name or module that a `use` line brings into scope.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Use {
    pub(crate) path: NamePath,
    /// The name that it has here; `*` for every name of a module.
    pub(crate) name: String,
}

/// A path as written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NamePath {
    pub(crate) names: Vec<String>,
    pub(crate) line: usize,
}
