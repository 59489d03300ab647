//! Reads `use` lines: one entry for each name that a line brings into scope.

use super::names::{NamePath, Scope, Use};
use super::reader::Reader;

impl Reader<'_> {
    /// Reads a `use` line, from its keyword.
    pub(super) fn use_item(&mut self, scope: &mut Scope) {
        self.at += 1;
        if self.text(0) == "::" {
            self.at += 1;
        }
        self.use_tree(&[], scope);
        self.at += 1;
    }

    /// `a::b`, `a as b`, `a::*` or `a::{..}`, behind `prefix`.
    fn use_tree(&mut self, prefix: &[String], scope: &mut Scope) {
        let mut names = prefix.to_vec();
        loop {
            match self.text(0) {
                "{" => {
                    self.at += 1;
                    while !matches!(self.text(0), "}" | "") {
                        self.use_tree(&names, scope);
                        if self.text(0) == "," {
                            self.at += 1;
                        }
                    }
                    self.at += 1;
                    return;
                }
                "*" => {
                    let path = NamePath {
                        names,
                        line: self.line(),
                    };
                    scope.uses.push(Use {
                        path,
                        name: "*".to_owned(),
                    });
                    self.at += 1;
                    return;
                }
                // `a::{self}` is `a`.
                "self" if !names.is_empty() => {}
                name => names.push(name.to_owned()),
            }
            let line = self.line();
            self.at += 1;
            if self.text(0) == "::" {
                self.at += 1;
                continue;
            }
            let mut name = names.last().cloned().unwrap_or_default();
            if self.text(0) == "as" {
                self.text(1).clone_into(&mut name);
                self.at += 2;
            }
            let path = NamePath { names, line };
            scope.uses.push(Use { path, name });
            return;
        }
    }
}
