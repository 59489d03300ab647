//! What a text must be for PostgreSQL to hold it.

use std::borrow::Cow;

/// The text with each NUL, which PostgreSQL refuses, as its picture `␀`.
///
/// For what must be kept whatever it holds, such as the reason of a dead letter. A row's own text is not
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
