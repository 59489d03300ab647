//! Makes any text storable in PostgreSQL.

use std::borrow::Cow;

/// Replaces each NUL, which PostgreSQL refuses, by its symbol `␀`.
///
/// For texts that must always be stored, such as the reason of a dead letter. Texts of rows are not
/// changed: a row with NUL is refused.
pub(super) fn storable(text: &str) -> Cow<'_, str> {
    if text.contains('\0') {
        return Cow::Owned(text.replace('\0', "\u{2400}"));
    }
    Cow::Borrowed(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_nul_is_replaced() {
        assert_eq!(storable("a\0b\u{1}ä"), "a␀b\u{1}ä");
        assert!(matches!(storable("plain"), Cow::Borrowed("plain")));
    }
}
