//! Where a path leads: to the module that defines the name, through every re-export on the way.

use super::modules::{ModuleId, Modules};
use super::scope::NamePath;

/// How many re-exports may follow one another; more are a circle of re-exports.
const MOST_STEPS: usize = 32;

/// Where a path leads within its own target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Found {
    /// The module that defines the name, or the module that is named.
    pub(super) module: ModuleId,
    /// Whether the path names the module as a whole.
    pub(super) whole: bool,
    /// The modules that the path goes through, this one included: each is imported from.
    pub(super) through: Vec<ModuleId>,
}

impl Found {
    fn item(module: ModuleId) -> Self {
        Self {
            module,
            whole: false,
            through: Vec::new(),
        }
    }

    fn module(module: ModuleId) -> Self {
        Self {
            module,
            whole: true,
            through: vec![module],
        }
    }

    fn after(mut self, through: Vec<ModuleId>) -> Self {
        self.through.extend(through);
        self
    }
}

impl Modules<'_> {
    /// Follows a path that stands in `from`; `None` if it leads to another crate.
    pub(super) fn resolve(&self, from: ModuleId, path: &NamePath) -> Option<Found> {
        let names: Vec<&str> = path.names.iter().map(String::as_str).collect();
        self.start(from, &names, MOST_STEPS)
    }

    fn start(&self, from: ModuleId, names: &[&str], steps: usize) -> Option<Found> {
        let steps = steps.checked_sub(1)?;
        match names {
            ["crate", rest @ ..] => self.walk(0, rest, steps),
            ["self", rest @ ..] => self.walk(from, rest, steps),
            ["super", rest @ ..] => {
                let parent = self.all.get(from)?.parent?;
                match rest {
                    ["super", ..] => self.start(parent, rest, steps),
                    _ => self.walk(parent, rest, steps),
                }
            }
            [name, rest @ ..] => {
                let first = self.lookup(from, name, steps)?;
                self.go_on(first, rest, steps)
            }
            [] => None,
        }
    }

    /// Follows the rest of a path inside a module.
    fn walk(&self, module: ModuleId, names: &[&str], steps: usize) -> Option<Found> {
        let [name, rest @ ..] = names else {
            return Some(Found::module(module));
        };
        let found = match self.lookup(module, name, steps) {
            Some(first) => self.go_on(first, rest, steps)?,
            // It re-exports a name of another crate.
            None if self.is_imported(module, name) => return None,
            // No item that we read has the name: a macro made it.
            None => Found::item(module),
        };
        Some(found.after(vec![module]))
    }

    fn go_on(&self, first: Found, rest: &[&str], steps: usize) -> Option<Found> {
        if rest.is_empty() || !first.whole {
            return Some(first);
        }
        let found = self.walk(first.module, rest, steps)?;
        Some(found.after(first.through))
    }

    /// Finds a name in a module: a child, an item, or what a `use` line brings.
    fn lookup(&self, module: ModuleId, name: &str, steps: usize) -> Option<Found> {
        let steps = steps.checked_sub(1)?;
        let inside = self.all.get(module)?;
        if let Some(child) = inside.children.get(name) {
            return Some(Found::module(*child));
        }
        if inside.scope.items.iter().any(|item| item == name) {
            return Some(Found::item(module).after(vec![module]));
        }
        let mut uses = inside.scope.uses.iter();
        if let Some(import) = uses.find(|import| import.name == name) {
            // `use name::..` names another crate unless a child has that name, which it has not.
            let names: Vec<&str> = import.path.names.iter().map(String::as_str).collect();
            if names.first() == Some(&name) {
                return None;
            }
            return self.start(module, &names, steps);
        }
        let globs = inside.scope.uses.iter().filter(|import| import.name == "*");
        globs.into_iter().find_map(|glob| {
            let names: Vec<&str> = glob.path.names.iter().map(String::as_str).collect();
            // A glob cannot lead to itself through its first name.
            if names.first() == Some(&name) {
                return None;
            }
            let found = self.start(module, &names, steps)?;
            let defined = (found.whole && found.module != module)
                .then(|| self.lookup(found.module, name, steps))??;
            Some(defined.after(found.through))
        })
    }

    fn is_imported(&self, module: ModuleId, name: &str) -> bool {
        let imports = self.all.get(module).map(|inside| inside.scope.uses.iter());
        imports.is_some_and(|mut uses| uses.any(|import| import.name == name))
    }
}
