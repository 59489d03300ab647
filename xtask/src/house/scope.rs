//! What one module says about names: the modules it declares, the items it defines, its `use` lines
//! and the other paths in its code. Code that is compiled only for tests is left out.

use super::lexer::{Kind, Token};

/// The names of one module.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Scope {
    pub(super) modules: Vec<ModuleItem>,
    /// The names of the items that are defined here.
    pub(super) items: Vec<String>,
    pub(super) uses: Vec<Use>,
    /// Paths of two or more names outside `use` lines.
    pub(super) paths: Vec<NamePath>,
    /// Set by `#![cfg(test)]`.
    pub(super) only_tests: bool,
}

/// `mod name;` or `mod name { .. }`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ModuleItem {
    pub(super) name: String,
    /// Where the item begins, attributes included.
    pub(super) line: usize,
    pub(super) only_tests: bool,
    /// The content, if it stands in the same file.
    pub(super) inline: Option<Scope>,
}

/// One name or module that a `use` line brings into scope.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Use {
    pub(super) path: NamePath,
    /// The name that it has here; `*` for every name of a module.
    pub(super) name: String,
}

/// A path as written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct NamePath {
    pub(super) names: Vec<String>,
    pub(super) line: usize,
}

/// Reads the tokens of a file.
pub(super) fn read(tokens: &[Token<'_>]) -> Scope {
    Reader { tokens, at: 0 }.scope()
}

/// The keywords before the name of an item.
const ITEMS: &[&str] = &["const", "enum", "fn", "static", "struct", "trait", "type"];

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

struct Reader<'a> {
    tokens: &'a [Token<'a>],
    at: usize,
}

impl<'a> Reader<'a> {
    /// The text of a token ahead, or behind; empty beyond the ends.
    fn text(&self, offset: isize) -> &'a str {
        let at = self.at.checked_add_signed(offset);
        at.and_then(|at| self.tokens.get(at))
            .filter(|token| token.kind != Kind::Text)
            .map_or("", |token| token.text)
    }

    fn line(&self) -> usize {
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

    /// `#[..]` or `#![..]`; with `cfg(test)` the item after it is passed over.
    fn attribute(&mut self, scope: &mut Scope) {
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

    fn module(&mut self, line: usize, only_tests: bool, scope: &mut Scope) {
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

    fn use_item(&mut self, scope: &mut Scope) {
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

/// `#[test]`, `#[cfg(test)]` and `#[cfg(all(test, ..))]`: what such an attribute marks is never
/// part of the product. `any(test, ..)` may be.
fn asks_for_test(attribute: &[Token<'_>]) -> bool {
    let words: Vec<&str> = attribute.iter().map(|token| token.text).collect();
    match words.as_slice() {
        ["[", "test", "]"] | ["[", "cfg", "(", "test", ..] => true,
        ["[", "cfg", "(", "all", "(", inside @ ..] => {
            let negated = inside.windows(3).any(|three| three == ["not", "(", "test"]);
            inside.contains(&"test") && !negated
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::super::lexer::lex;
    use super::*;

    fn scope(code: &str) -> Scope {
        read(&lex(code).0)
    }

    fn uses(code: &str) -> Vec<String> {
        let uses = scope(code).uses;
        let line = |one: &Use| format!("{} as {}", one.path.names.join("::"), one.name);
        uses.iter().map(line).collect()
    }

    #[test]
    fn every_name_of_a_use_tree_is_read() {
        assert_eq!(
            uses("pub(crate) use super::{a, b::{self, C as D}, e::*};\nuse ::f::G;"),
            [
                "super::a as a",
                "super::b as b",
                "super::b::C as D",
                "super::e as *",
                "f::G as G"
            ]
        );
        assert_eq!(uses("use self::a as b;"), ["self::a as b"]);
    }

    #[test]
    fn items_are_those_of_the_module_and_not_of_its_blocks() {
        let code = "pub struct A<T>(T); pub const fn b() { fn inner() {} } static mut C: u8 = 0;\n\
                    impl A { fn method() {} const D: u8 = 0; } macro_rules! e { () => {} }\n\
                    pub(crate) unsafe trait F {} type G = u8; const H: u8 = 0; enum I {}";
        assert_eq!(scope(code).items, ["A", "b", "C", "e", "F", "G", "H", "I"]);
    }

    #[test]
    fn paths_in_code_are_read_with_their_lines() {
        let code = "fn a() -> crate::b::C {\n    let d = super::e::<F>(g::h());\n}\n\
                    pub(in crate::i) fn j() { k.l::<M>(); <N as $crate::O>::P }";
        let paths: Vec<_> = scope(code).paths;
        let found: Vec<_> = paths.iter().map(|p| (p.names.join("::"), p.line)).collect();
        let wanted = [
            ("crate::b::C", 1),
            ("super::e", 2),
            ("g::h", 2),
            ("crate::O", 4),
        ];
        assert_eq!(found, wanted.map(|(path, line)| (path.to_owned(), line)));
    }

    #[test]
    fn code_of_tests_is_left_out() {
        let code = "use a::B;\n#[cfg(test)]\nuse c::D;\n#[cfg(test)]\nfn e() -> F<G, H> { i::j() }\n\
                    struct K { #[cfg(test)] l: m::N, o: p::Q }\n\
                    #[cfg(any(test, feature = \"r\"))]\nuse s::T;\n\
                    #[cfg(test)]\nmod tests { use u::V; }\n#[cfg(test)]\npub(crate) mod w;";
        let scope = scope(code);
        let names: Vec<_> = scope.uses.iter().map(|one| one.name.as_str()).collect();
        assert_eq!(names, ["B", "T"]);
        let paths: Vec<_> = scope
            .paths
            .iter()
            .map(|path| path.names.join("::"))
            .collect();
        assert_eq!(paths, ["p::Q"]);
        let modules = scope
            .modules
            .iter()
            .map(|module| (module.name.as_str(), module.line));
        assert_eq!(modules.collect::<Vec<_>>(), [("tests", 9), ("w", 11)]);
        assert!(scope.modules.iter().all(|module| module.only_tests));
    }

    #[test]
    fn a_module_in_the_same_file_has_a_scope_beneath() {
        let scope = scope("mod a { use super::B; pub fn c() {} } mod d;");
        let [a, d] = scope.modules.as_slice() else {
            panic!("two modules");
        };
        assert_eq!(a.inline.as_ref().unwrap().items, ["c"]);
        assert_eq!(d.inline, None);
        assert!(scope.uses.is_empty());
    }
}
