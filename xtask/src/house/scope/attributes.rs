//! Reads attributes, and passes over what they mark as code for tests.

use super::super::lexer::Token;
use super::names::Scope;
use super::reader::Reader;

/// Keywords that begin an item or statement: a comma does not end one of these.
const LONG_ITEMS: &[&str] = &[
    "async",
    "const",
    "enum",
    "extern",
    "fn",
    "impl",
    "let",
    "macro_rules",
    "mod",
    "static",
    "struct",
    "trait",
    "type",
    "unsafe",
    "use",
];

impl Reader<'_> {
    /// `#[..]` or `#![..]`; with `cfg(test)` the item after it is passed over.
    pub(super) fn attribute(&mut self, scope: &mut Scope) {
        let (line, inner) = (self.line(), self.text(1) == "!");
        self.at += if inner { 2 } else { 1 };
        let first = self.at;
        self.group();
        let inside = self.tokens.get(first..self.at).unwrap_or_default();
        if !asks_for_test(inside) {
            return;
        }
        if inner {
            scope.only_tests = true;
        } else {
            self.test_item(line, scope);
        }
    }

    /// Moves behind the group that opens here.
    fn group(&mut self) {
        let mut depth = 0_usize;
        while self.at < self.tokens.len() {
            match self.text(0) {
                "(" | "[" | "{" => depth += 1,
                ")" | "]" | "}" => depth = depth.saturating_sub(1),
                _ => {}
            }
            self.at += 1;
            if depth == 0 {
                break;
            }
        }
    }

    /// Passes over an item; only a module leaves its name.
    fn test_item(&mut self, line: usize, scope: &mut Scope) {
        while self.text(0) == "#" {
            self.at += 1;
            self.group();
        }
        if self.text(0) == "pub" {
            self.at += 1;
            if self.text(0) == "(" {
                self.group();
            }
        }
        if self.text(0) == "mod" {
            return self.module(line, true, scope);
        }
        let is_long = LONG_ITEMS.contains(&self.text(0));
        while self.at < self.tokens.len() {
            match self.text(0) {
                ";" => break,
                "," if !is_long => break,
                "}" => return,
                "{" => return self.group(),
                "(" | "[" => self.group(),
                _ => self.at += 1,
            }
        }
        self.at += 1;
    }
}

/// `#[test]`, `#[cfg(test)]` and `#[cfg(all(test, ..))]`: what such an attribute marks is never
/// part of the product. `any(test, ..)` may be.
fn asks_for_test(attribute: &[Token<'_>]) -> bool {
    let words: Vec<&str> = attribute.iter().map(|token| token.text).collect();
    match words.as_slice() {
        ["[", "test", "]"] | ["[", "cfg", "(", "test", ..] => true,
        ["[", "cfg", "(", "all", "(", inside @ ..] => {
            let mut depth = 0_i32;
            inside.iter().any(|word| {
                depth += i32::from(*word == "(") - i32::from(*word == ")");
                depth == 0 && *word == "test"
            })
        }
        _ => false,
    }
}
