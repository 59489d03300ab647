//! A lexer for the part of Rust that the checks read: names, punctuation and comments, with their
//! lines. Literals are passed over, so that nothing inside a string counts as code or as prose.

/// One name, string or punctuation mark.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Token<'a> {
    pub(super) kind: Kind,
    /// The name or mark; the content of a string.
    pub(super) text: &'a str,
    /// Counted from 1.
    pub(super) line: usize,
}

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A name or keyword.
    Name,
    /// One mark, or `::`, `->`, `=>`.
    Mark,
    /// A plain string literal.
    Text,
}

/// One line of a comment, with its marker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Comment<'a> {
    pub(super) text: &'a str,
    /// Counted from 1.
    pub(super) line: usize,
}

/// Splits a source file into tokens and comments.
pub(super) fn lex(text: &str) -> (Vec<Token<'_>>, Vec<Comment<'_>>) {
    let mut lexer = Lexer {
        rest: text,
        line: 1,
        tokens: Vec::new(),
        comments: Vec::new(),
    };
    while lexer.step() {}
    (lexer.tokens, lexer.comments)
}

struct Lexer<'a> {
    rest: &'a str,
    line: usize,
    tokens: Vec<Token<'a>>,
    comments: Vec<Comment<'a>>,
}

impl<'a> Lexer<'a> {
    /// Reads one token, comment or literal; `false` at the end.
    fn step(&mut self) -> bool {
        let Some(first) = self.rest.chars().next() else {
            return false;
        };
        let starts = |prefix: &str| self.rest.starts_with(prefix);
        if starts("//") {
            let end = self.rest.find('\n').unwrap_or(self.rest.len());
            let line = self.line;
            let text = self.take(end);
            self.comments.push(Comment { text, line });
        } else if starts("/*") {
            self.block_comment();
        } else if first == '"' {
            self.string();
        } else if first == '\'' {
            self.quote();
        } else if first.is_alphabetic() || first == '_' {
            self.name();
        } else if first.is_ascii_digit() {
            let end = self.rest.find(|c: char| !c.is_alphanumeric() && c != '_');
            self.take(end.unwrap_or(self.rest.len()));
        } else if first.is_whitespace() {
            let end = self.rest.find(|c: char| !c.is_whitespace());
            self.take(end.unwrap_or(self.rest.len()));
        } else {
            let pair = ["::", "->", "=>"].into_iter().find(|pair| starts(pair));
            let length = pair.map_or(first.len_utf8(), str::len);
            self.token(Kind::Mark, length);
        }
        true
    }

    /// Moves over so many bytes, counting the lines.
    fn take(&mut self, bytes: usize) -> &'a str {
        let (taken, rest) = self.rest.split_at_checked(bytes).unwrap_or((self.rest, ""));
        self.line += taken.matches('\n').count();
        self.rest = rest;
        taken
    }

    fn token(&mut self, kind: Kind, bytes: usize) {
        let line = self.line;
        let text = self.take(bytes);
        self.tokens.push(Token { kind, text, line });
    }

    /// Block comments nest.
    fn block_comment(&mut self) {
        let (mut depth, mut end, mut rest) = (0_usize, 0, self.rest);
        while let Some(at) = rest.find(['/', '*']) {
            let here = rest.get(at..).unwrap_or_default();
            let step = if here.starts_with("/*") {
                depth += 1;
                2
            } else if here.starts_with("*/") {
                depth = depth.saturating_sub(1);
                2
            } else {
                1
            };
            end += at + step;
            rest = here.get(step..).unwrap_or_default();
            if depth == 0 {
                break;
            }
        }
        let line = self.line;
        let end = if depth == 0 { end } else { self.rest.len() };
        for (number, text) in self.take(end).lines().enumerate() {
            let line = line + number;
            self.comments.push(Comment { text, line });
        }
    }

    /// A string with escapes, from its opening quote.
    fn string(&mut self) {
        self.take(1);
        let mut escaped = false;
        let end = self.rest.find(|c: char| {
            let ends = c == '"' && !escaped;
            escaped = c == '\\' && !escaped;
            ends
        });
        self.token(Kind::Text, end.unwrap_or(self.rest.len()));
        self.take(1);
    }

    /// A raw string, from its hashes; not a token, because no check reads one.
    fn raw_string(&mut self, hashes: usize) {
        self.take(hashes + 1);
        let close = format!("\"{}", "#".repeat(hashes));
        let end = self.rest.find(&close).map(|at| at + close.len());
        self.take(end.unwrap_or(self.rest.len()));
    }

    /// A character or a lifetime.
    fn quote(&mut self) {
        let mut after = self.rest.chars().skip(1);
        match (after.next(), after.next()) {
            (Some('\\'), Some(escape)) => {
                self.take(2 + escape.len_utf8());
                let end = self.rest.find('\'').map_or(self.rest.len(), |at| at + 1);
                self.take(end)
            }
            (Some(one), Some('\'')) => self.take(2 + one.len_utf8()),
            _ => {
                self.take(1);
                let end = self.rest.find(|c: char| !c.is_alphanumeric() && c != '_');
                self.take(end.unwrap_or(self.rest.len()))
            }
        };
    }

    /// A name, unless it is the prefix of a literal.
    fn name(&mut self) {
        let end = self.rest.find(|c: char| !c.is_alphanumeric() && c != '_');
        let end = end.unwrap_or(self.rest.len());
        let (name, after) = self.rest.split_at_checked(end).unwrap_or((self.rest, ""));
        let hashes = after.len() - after.trim_start_matches('#').len();
        let quoted = after
            .get(hashes..)
            .is_some_and(|rest| rest.starts_with('"'));
        match name {
            "r" | "br" | "cr" if quoted => {
                self.take(end);
                self.raw_string(hashes);
            }
            "r" if hashes == 1 => {
                self.take(end + 1);
                self.name();
            }
            "b" | "c" if after.starts_with(['"', '\'']) => {
                self.take(end);
            }
            _ => self.token(Kind::Name, end),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<&str> {
        lex(text).0.into_iter().map(|token| token.text).collect()
    }

    #[test]
    fn names_and_marks_are_read_and_literals_are_passed_over() {
        let code =
            "let a = b::c('x', '\\'', b'\"', \"d \\\" e\", r#\"f \" g\"#, 1.5e3) -> &'h r#type;";
        let wanted = "let a = b :: c ( , , , d \\\" e , , . ) -> & type ;";
        assert_eq!(words(code).join(" "), wanted);
    }

    #[test]
    fn comments_are_kept_apart_with_their_lines() {
        let (tokens, comments) = lex("//! one\nuse a; // two\n/* three /* b */\nfour */ mod c;\n");
        assert_eq!(tokens.len(), 6);
        assert_eq!(tokens.last().unwrap().line, 4);
        let comments: Vec<_> = comments.iter().map(|c| (c.line, c.text)).collect();
        let wanted = [
            (1, "//! one"),
            (2, "// two"),
            (3, "/* three /* b */"),
            (4, "four */"),
        ];
        assert_eq!(comments, wanted);
    }

    #[test]
    fn a_comment_marker_inside_a_string_is_no_comment() {
        let (_, comments) = lex("let url = \"http://a\"; let raw = r\"/* b\"; // c");
        assert_eq!(comments.len(), 1);
    }
}
