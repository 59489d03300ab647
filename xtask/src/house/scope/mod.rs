//! What one module says about names: the modules it declares, the items it defines, its `use` lines
//! and the other paths in its code. Code that is compiled only for tests is left out.

mod attributes;
mod names;
mod reader;
mod uses;

pub(super) use names::{ModuleItem, NamePath, Scope};
pub(super) use reader::read;

#[cfg(test)]
mod tests {
    use super::super::lexer::lex;
    use super::names::Use;
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
