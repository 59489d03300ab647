//! The encodings of CSV files.

use std::borrow::Cow;

/// The encoding of a file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Encoding {
    #[default]
    Utf8,
    Windows1252,
}

/// The names of the encodings.
pub(super) const ENCODINGS: &[(&str, Encoding)] = &[
    ("utf-8", Encoding::Utf8),
    ("windows-1252", Encoding::Windows1252),
];

/// The characters of Windows-1252 from 0x80 to 0x9f; all others equal those of Unicode.
const HIGH: [char; 32] = [
    '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8d}', 'Ž', '\u{8f}',
    '\u{90}', '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9d}', 'ž', 'Ÿ',
];

impl Encoding {
    /// Decodes bytes, or returns `None` if they are not text.
    pub(super) fn read(self, bytes: &[u8]) -> Option<Cow<'_, str>> {
        match (std::str::from_utf8(bytes), self) {
            (Ok(text), Self::Utf8) => Some(text.into()),
            (Ok(text), Self::Windows1252) if text.is_ascii() => Some(text.into()),
            (Err(_), Self::Utf8) => None,
            (_, Self::Windows1252) => Some(bytes.iter().map(|byte| character(*byte)).collect()),
        }
    }
}

fn character(byte: u8) -> char {
    let high = byte
        .checked_sub(0x80)
        .and_then(|at| HIGH.get(usize::from(at)));
    high.copied().unwrap_or(char::from(byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_encoding_decides_what_bytes_mean() {
        let bytes = b"driver\x92s caf\xe9";
        assert_eq!(Encoding::Utf8.read(bytes), None);
        assert_eq!(
            Encoding::Windows1252.read(bytes).as_deref(),
            Some("driver’s café")
        );
        let bytes = "café".as_bytes();
        assert_eq!(Encoding::Utf8.read(bytes).as_deref(), Some("café"));
        assert_eq!(Encoding::Windows1252.read(bytes).as_deref(), Some("cafÃ©"));
    }
}
