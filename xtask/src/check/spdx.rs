//! Evaluates SPDX licence expressions against a list of accepted licences.

/// Whether the accepted licences satisfy `expression`.
///
/// `OR` needs one side, `AND` binds tighter and needs both. `A WITH B` is looked up as a whole, as
/// cargo-deny does, so each exception is accepted explicitly. `A` satisfies `A+`. The old form
/// `A/B` of crates.io means `A OR B`.
///
/// # Errors
/// An empty or malformed expression; the message says where.
///
/// # References
/// SPDX specification 2.3, annex D "SPDX license expressions".
pub(crate) fn is_satisfied(expression: &str, accepted: &[&str]) -> Result<bool, String> {
    let spaced = ["(", ")", "/"]
        .iter()
        .fold(expression.to_owned(), |text, mark| {
            text.replace(mark, &format!(" {mark} "))
        });
    let mut parser = Parser {
        tokens: spaced.split_whitespace().collect(),
        at: 0,
        accepted,
    };
    let satisfied = parser.either();
    match (satisfied, parser.next()) {
        (Ok(satisfied), None) => Ok(satisfied),
        (Ok(_), Some(token)) => Err(format!("`{token}` is not expected in `{expression}`")),
        (Err(why), _) => Err(format!("{why} in `{expression}`")),
    }
}

struct Parser<'a> {
    tokens: Vec<&'a str>,
    at: usize,
    accepted: &'a [&'a str],
}

impl<'a> Parser<'a> {
    fn next(&mut self) -> Option<&'a str> {
        let token = self.tokens.get(self.at).copied();
        self.at += 1;
        token
    }

    fn accept(&mut self, wanted: &[&str]) -> bool {
        let found = self
            .tokens
            .get(self.at)
            .is_some_and(|token| wanted.contains(token));
        self.at += usize::from(found);
        found
    }

    /// `both (OR both)*`
    fn either(&mut self) -> Result<bool, String> {
        let mut satisfied = self.both()?;
        while self.accept(&["OR", "/"]) {
            // Not `||`: the right side must be parsed in any case.
            satisfied |= self.both()?;
        }
        Ok(satisfied)
    }

    /// `one (AND one)*`
    fn both(&mut self) -> Result<bool, String> {
        let mut satisfied = self.one()?;
        while self.accept(&["AND"]) {
            satisfied &= self.one()?;
        }
        Ok(satisfied)
    }

    /// `( either )`, `licence` or `licence WITH exception`
    fn one(&mut self) -> Result<bool, String> {
        if self.accept(&["("]) {
            let satisfied = self.either()?;
            return match self.next() {
                Some(")") => Ok(satisfied),
                _ => Err("a parenthesis is not closed".to_owned()),
            };
        }
        let licence = self.name("a licence")?;
        if self.accept(&["WITH"]) {
            let exception = self.name("an exception")?;
            let whole = format!("{licence} WITH {exception}");
            return Ok(self.accepted.contains(&whole.as_str()));
        }
        let licence = licence.strip_suffix('+').unwrap_or(licence);
        Ok(self.accepted.contains(&licence))
    }

    fn name(&mut self, what: &str) -> Result<&'a str, String> {
        match self.next() {
            None => Err(format!("{what} is missing at the end")),
            Some(token @ ("(" | ")" | "/" | "OR" | "AND" | "WITH")) => {
                Err(format!("{what} is missing before `{token}`"))
            }
            Some(name) => Ok(name),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::is_satisfied;

    const ACCEPTED: &[&str] = &[
        "MIT",
        "Apache-2.0",
        "Unicode-3.0",
        "Apache-2.0 WITH LLVM-exception",
    ];

    fn check(expression: &str) -> bool {
        is_satisfied(expression, ACCEPTED).unwrap()
    }

    #[test]
    fn or_needs_one_side() {
        assert!(check("MIT"));
        assert!(check("GPL-3.0-only OR MIT"));
        assert!(check("MIT OR GPL-3.0-only"));
        assert!(!check("GPL-3.0-only OR MPL-2.0"));
    }

    #[test]
    fn and_needs_both_sides() {
        assert!(check("MIT AND Apache-2.0"));
        assert!(!check("MIT AND OpenSSL"));
        assert!(!check("OpenSSL AND MIT"));
    }

    #[test]
    fn and_binds_tighter_than_or() {
        assert!(check("MIT OR GPL-3.0-only AND OpenSSL"));
        assert!(check("GPL-3.0-only AND OpenSSL OR MIT"));
        assert!(!check("GPL-3.0-only OR MIT AND OpenSSL"));
    }

    #[test]
    fn parentheses_change_the_order() {
        assert!(check("(MIT OR Apache-2.0) AND Unicode-3.0"));
        assert!(!check("(MIT OR GPL-3.0-only) AND OpenSSL"));
        assert!(check("((GPL-3.0-only OR (MIT)))AND(Apache-2.0)"));
    }

    #[test]
    fn an_exception_is_accepted_only_with_its_licence() {
        assert!(check("Apache-2.0 WITH LLVM-exception"));
        assert!(check(
            "GPL-2.0-only OR Apache-2.0 WITH LLVM-exception OR OpenSSL"
        ));
        assert!(!check("GPL-2.0-only WITH Classpath-exception-2.0"));
        assert!(!check("MIT WITH LLVM-exception"));
    }

    #[test]
    fn the_old_slash_means_or() {
        assert!(check("MIT/Apache-2.0"));
        assert!(check("GPL-3.0-only / MIT"));
        assert!(!check("GPL-3.0-only/MPL-2.0"));
    }

    #[test]
    fn or_later_is_satisfied_by_the_version_itself() {
        assert!(check("Apache-2.0+"));
        assert!(!check("GPL-2.0+"));
    }

    #[test]
    fn a_name_is_compared_as_a_whole() {
        assert!(!check("MITNFA"));
        assert!(!check("Apache-2"));
    }

    #[test]
    fn a_malformed_expression_is_refused_and_says_why() {
        for (expression, why) in [
            ("", "a licence is missing at the end"),
            ("MIT OR", "a licence is missing at the end"),
            ("OR MIT", "a licence is missing before `OR`"),
            ("(MIT", "a parenthesis is not closed"),
            ("MIT)", "`)` is not expected"),
            ("MIT Apache-2.0", "`Apache-2.0` is not expected"),
            ("MIT WITH", "an exception is missing at the end"),
            ("()", "a licence is missing before `)`"),
        ] {
            let error = is_satisfied(expression, ACCEPTED).unwrap_err();
            assert!(error.contains(why), "{expression:?}: {error}");
        }
    }
}
