//! The tokens of a JSON text without escapes, exponents and other rarities. `None` is not an error:
//! the general reader decides.

use super::{
    key::QuotedKey,
    number::{MAX_EXACT, Number},
};

/// Words whose bytes are all 1, or all 0x80.
const ONES: u64 = u64::from_le_bytes([1; 8]);
const HIGHS: u64 = u64::from_le_bytes([0x80; 8]);

/// Powers of ten that a float holds exactly (5^22 < 2^53).
const TENS: [f64; 23] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16,
    1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
];

/// A record, and how far it has been read.
///
/// The position is never computed from the bytes, only advanced under branches on them. So the
/// processor can predict it and start on the next values while this one is still being read, which
/// gains more than fewer instructions would.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scan<'a> {
    text: &'a str,
    /// At most the length, and always on a character boundary where a text is cut.
    at: usize,
}

impl<'a> Scan<'a> {
    pub(super) fn new(record: &'a str) -> Self {
        Self {
            text: record,
            at: 0,
        }
    }

    /// The remaining bytes.
    #[inline]
    fn rest(&self) -> &'a [u8] {
        self.text.as_bytes().get(self.at..).unwrap_or_default()
    }

    /// Skips this text if it comes next.
    #[inline]
    pub(super) fn skip(&mut self, text: &str) -> bool {
        let found = self.rest().starts_with(text.as_bytes());
        if found {
            self.at += text.len();
        }
        found
    }

    /// Skips a key and its colon if they come next.
    #[inline]
    pub(super) fn key(&mut self, quoted: &QuotedKey) -> bool {
        // Two words, which may overlap, compare most keys without a call.
        let Some((first, last)) = quoted.words else {
            return self.skip(quoted.text);
        };
        let (rest, length) = (self.rest(), quoted.text.len());
        let same = word(rest) == Some(first) && rest.get(length - 8..).and_then(word) == Some(last);
        if same {
            self.at += length;
        }
        same
    }

    /// Skips 0 or 1 spaces; Python's `json.dumps` writes one after each comma and colon.
    #[inline]
    pub(super) fn skip_spaces(&mut self, gap: usize) -> Option<()> {
        if gap > 0 && self.peek() != Some(b' ') {
            return None;
        }
        self.at += gap;
        Some(())
    }

    /// Skips the ASCII byte that `peek` returned.
    #[inline]
    pub(super) fn advance(&mut self) {
        self.at += 1;
    }

    /// Skips this ASCII byte if it comes next.
    #[inline]
    pub(super) fn byte(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found
    }

    #[inline]
    pub(super) fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    /// Whether only white space is left.
    #[inline]
    pub(super) fn at_end(&self) -> bool {
        self.rest()
            .iter()
            .all(|byte| matches!(byte, b' ' | b'\t' | b'\n' | b'\r'))
    }

    /// Returns where the next line begins, if only white space is left in this one.
    #[inline]
    pub(super) fn line_end(mut self) -> Option<usize> {
        loop {
            match self.peek() {
                None => return Some(self.at),
                Some(b'\n') => return Some(self.at + 1),
                Some(b' ' | b'\t' | b'\r') => self.at += 1,
                Some(_) => return None,
            }
        }
    }

    /// Reads a string without escapes.
    #[inline]
    pub(super) fn string(&mut self) -> Option<&'a str> {
        let [b'"', rest @ ..] = self.rest() else {
            return None;
        };
        let from = self.at + 1;
        let end = from + plain_length(rest)?;
        self.at = end + 1;
        self.text.get(from..end)
    }

    /// Reads a number without an exponent, correctly rounded: a mantissa up to 2^53 and a power of
    /// ten up to 10^22 are exact floats, so the division is the only rounding.
    ///
    /// # References
    /// W. D. Clinger, How to read floating point numbers accurately, 1990.
    #[inline]
    pub(super) fn number(&mut self) -> Option<Number> {
        if self.peek() == Some(b'-') {
            self.at += 1;
            let number = self.signed::<true>();
            if number.is_none() {
                self.at -= 1;
            }
            number
        } else {
            self.signed::<false>()
        }
    }

    /// Reads the number after its sign.
    #[inline]
    fn signed<const NEGATIVE: bool>(&mut self) -> Option<Number> {
        let unsigned = self.rest();
        let (mut mantissa, whole) = digits(unsigned, 0);
        // JSON allows neither 007 nor .5.
        if whole == 0 || whole > 1 && unsigned.first() == Some(&b'0') {
            return None;
        }
        let (mut decimals, mut end) = (0, whole);
        let integer = unsigned.get(whole) != Some(&b'.');
        if !integer {
            (mantissa, decimals) = digits(unsigned.get(whole + 1..)?, mantissa);
            if decimals == 0 {
                return None;
            }
            end += 1 + decimals;
        }
        // The general reader takes -0 for a float; more than 19 digits may have overflowed.
        let minus_zero = integer && NEGATIVE && mantissa == 0;
        if whole + decimals > 19 || mantissa > MAX_EXACT || minus_zero {
            return None;
        }
        let value = mantissa as f64 / TENS.get(decimals)?;
        self.at += end;
        Some(Number {
            value: if NEGATIVE { -value } else { value },
            integer,
        })
    }
}

/// Returns the first eight bytes.
#[inline]
fn word(bytes: &[u8]) -> Option<u64> {
    bytes.first_chunk().map(|word| u64::from_le_bytes(*word))
}

/// Appends decimal digits to a mantissa, and returns it with their count. The mantissa is
/// meaningless beyond 19 digits in all.
///
/// One digit at a time: eight at a time are fewer instructions, but then everything after them
/// waits for the count, which the processor can predict here. Measured on F1: 30 ns per event.
#[inline]
fn digits(bytes: &[u8], from: u64) -> (u64, usize) {
    let (mut value, mut count) = (from, 0);
    for byte in bytes {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            break;
        }
        value = value.wrapping_mul(10).wrapping_add(u64::from(digit));
        count += 1;
    }
    (value, count)
}

/// Returns the length of a string without escapes up to its closing quote, eight bytes at a time.
#[inline]
#[expect(
    clippy::verbose_bit_mask,
    reason = "a loop of branches can be predicted"
)]
fn plain_length(bytes: &[u8]) -> Option<usize> {
    let (mut at, mut rest) = (0, bytes);
    while let Some((word, tail)) = rest.split_first_chunk() {
        let word = u64::from_le_bytes(*word);
        // Finds quotes, backslashes and control characters: ASCII bytes that are below 1, below 1
        // and below 0x20 after these operations.
        let (quotes, slashes) = (word ^ (ONES * 0x22), word ^ (ONES * 0x5c));
        let below = quotes.wrapping_sub(ONES) | slashes.wrapping_sub(ONES);
        let stops = (below | word.wrapping_sub(ONES * 0x20)) & !word & HIGHS;
        if stops != 0 {
            // Only the lowest mark is exact; those above it may be carries. A loop counts up to it,
            // so that the processor can predict the length and read on.
            let mut marks = stops;
            while marks & 0xff == 0 {
                marks >>= 8;
                at += 1;
            }
            return quote(bytes, at);
        }
        (at, rest) = (at + 8, tail);
    }
    let stop = rest
        .iter()
        .position(|byte| matches!(byte, b'"' | b'\\' | ..0x20))?;
    quote(bytes, at + stop)
}

#[inline]
fn quote(bytes: &[u8], at: usize) -> Option<usize> {
    (bytes.get(at) == Some(&b'"')).then_some(at)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(text: &str) -> Option<Number> {
        Scan::new(text).number()
    }

    #[test]
    fn plain_numbers_are_read_exactly_and_others_left() {
        for text in [
            "0",
            "-1",
            "42",
            "42.0",
            "0.1",
            "-74.0721",
            "9007199254740992",
            "1.5",
            "12345.67",
            "1234567",
            "12345678",
            "123456.78",
            "0.0",
            "-0.0",
            "90.000001",
        ] {
            let value: f64 = text.parse().unwrap();
            let integer = !text.contains('.');
            // Alone, and with what can follow it in a record.
            for end in [
                "",
                ",",
                "}",
                ",\"key\":1.5",
                " ,\"key\":1.5",
                "e5 and so on",
            ] {
                let found = number(&format!("{text}{end}"));
                assert_eq!(found, Some(Number { value, integer }), "{text}{end}");
                let sign = found.map(|number| number.value.is_sign_negative());
                assert_eq!(sign, Some(text.starts_with('-')), "{text}{end}");
            }
        }
        for text in [
            "",
            "-",
            "00",
            "01",
            "-01.5",
            ".5",
            "5.",
            "-0",
            "9007199254740993",
            "0.30000000000000004",
            "NaN",
            "0.00000000000000000000001",
        ] {
            for end in ["", ",", "}", ",\"key\":1.5", " ,\"key\":1.5"] {
                assert_eq!(number(&format!("{text}{end}")), None, "{text}{end}");
            }
        }
        // The caller looks at what follows the number.
        assert_eq!(number("1e5"), number("1"));
    }

    #[test]
    fn a_string_ends_at_its_quote_wherever_it_lies() {
        for length in 0..40 {
            let text = "ä".repeat(length / 2) + &"x".repeat(length % 2);
            let mut scan_text = format!("\"{text}\",\"more\"");
            assert_eq!(Scan::new(&scan_text).string(), Some(text.as_str()));
            for stop in ["\\", "\u{1f}", "\n", "\0"] {
                scan_text = format!("\"{text}{stop}abcdefgh\"");
                assert_eq!(Scan::new(&scan_text).string(), None);
            }
            assert_eq!(Scan::new(&format!("\"{text}")).string(), None);
        }
    }
}
