//! Reads the tokens of a module: items, nested modules and paths.

use super::super::lexer::{Kind, Token};
use super::names::{ModuleItem, NamePath, Scope};

/// Reads the tokens of a file.
pub(crate) fn read(tokens: &[Token<'_>]) -> Scope {
    Reader { tokens, at: 0 }.scope()
}

/// The keywords before the name of an item.
const ITEMS: &[&str] = &["const", "enum", "fn", "static", "struct", "trait", "type"];

/// A position in the tokens of a file.
pub(super) struct Reader<'a> {
    pub(super) tokens: &'a [Token<'a>],
    pub(super) at: usize,
}

impl<'a> Reader<'a> {
    /// The text of a token ahead, or behind; empty beyond the ends.
    pub(super) fn text(&self, offset: isize) -> &'a str {
        let at = self.at.checked_add_signed(offset);
        at.and_then(|at| self.tokens.get(at))
            .filter(|token| token.kind != Kind::Text)
            .map_or("", |token| token.text)
    }

    pub(super) fn line(&self) -> usize {
        self.tokens.get(self.at).map_or(0, |token| token.line)
    }

    fn is_name(&self, offset: isize) -> bool {
        let at = self.at.checked_add_signed(offset);
        at.and_then(|at| self.tokens.get(at))
            .is_some_and(|token| token.kind == Kind::Name)
    }

    /// Whether the keyword here is the last one before the name of an item.
    fn names_item(&self) -> bool {
        let next = self.text(1);
        let is_keyword = ITEMS.contains(&next) || matches!(next, "async" | "extern" | "unsafe");
        self.is_name(1) && !is_keyword
    }

    /// Reads up to the brace that closes the module, or to the end of the file.
    fn scope(&mut self) -> Scope {
        let mut scope = Scope::default();
        let mut depth = 0_usize;
        while self.at < self.tokens.len() {
            match self.text(0) {
                "{" => depth += 1,
                "}" if depth == 0 => break,
                "}" => depth -= 1,
                "#" => {
                    self.attribute(&mut scope);
                    continue;
                }
                "use" if self.text(1) != "<" => {
                    self.use_item(&mut scope);
                    continue;
                }
                "mod" if self.is_name(1) => {
                    let line = self.line();
                    self.module(line, false, &mut scope);
                    continue;
                }
                "macro_rules" if depth == 0 && self.text(1) == "!" => {
                    scope.items.push(self.text(2).to_owned());
                }
                word if depth == 0 && ITEMS.contains(&word) && self.names_item() => {
                    let name = if self.text(1) == "mut" { 2 } else { 1 };
                    scope.items.push(self.text(name).to_owned());
                }
                _ if self.begins_path() => {
                    scope.paths.push(self.path());
                    continue;
                }
                _ => {}
            }
            self.at += 1;
        }
        scope
    }

    pub(super) fn module(&mut self, line: usize, only_tests: bool, scope: &mut Scope) {
        let name = self.text(1).to_owned();
        self.at += 2;
        let inline = (self.text(0) == "{").then(|| {
            self.at += 1;
            self.scope()
        });
        self.at += 1;
        let only_tests = only_tests || inline.as_ref().is_some_and(|inline| inline.only_tests);
        scope.modules.push(ModuleItem {
            name,
            line,
            only_tests,
            inline,
        });
    }

    /// Whether a path of two names or more begins here. `pub(in a::b)` only limits who may use an
    /// item, and a name after a dot is a method.
    fn begins_path(&self) -> bool {
        let visibility = self.text(-1) == "in" && self.text(-2) == "(" && self.text(-3) == "pub";
        self.is_name(0)
            && self.text(1) == "::"
            && !visibility
            && !matches!(self.text(-1), "::" | ".")
    }

    fn path(&mut self) -> NamePath {
        let line = self.line();
        let mut names = vec![self.text(0).to_owned()];
        self.at += 1;
        while self.text(0) == "::" && self.is_name(1) {
            names.push(self.text(1).to_owned());
            self.at += 2;
        }
        NamePath { names, line }
    }
}
