//! One source file, read once for every check.

use super::lexer::{Comment, Kind, lex};
use super::scope::{self, Scope};

/// A file with the facts that the checks ask for.
#[derive(Clone, Debug)]
pub(super) struct SourceFile {
    /// From the root of the workspace, with `/`.
    pub(super) path: String,
    pub(super) text: String,
    /// Its names, as far as they are part of the product.
    pub(super) scope: Scope,
    /// The comments: the number of the line and its text, with the marker.
    pub(super) comments: Vec<(usize, String)>,
    /// The lines with a string that begins with `skipped: `.
    pub(super) printed_skips: Vec<usize>,
}

impl SourceFile {
    /// Reads the text of a file.
    pub(super) fn new(path: String, text: String) -> Self {
        let (tokens, comments) = lex(&text);
        let owned = |comment: Comment<'_>| (comment.line, comment.text.to_owned());
        let comments = comments.into_iter().map(owned).collect();
        let scope = scope::read(&tokens);
        let texts = tokens.iter().filter(|token| token.kind == Kind::Text);
        let skips = texts.filter(|token| token.text.starts_with("skipped: "));
        let printed_skips = skips.map(|token| token.line).collect();
        Self {
            path,
            text,
            scope,
            comments,
            printed_skips,
        }
    }

    /// Whether its path shows that it holds tests.
    pub(super) fn is_test_by_path(&self) -> bool {
        let mut parts = self.path.split('/');
        parts.any(|part| matches!(part, "tests" | "tests.rs"))
    }
}
