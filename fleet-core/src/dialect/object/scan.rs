//! The next piece of a JSON text that is written plainly. `None` is not an error: the general reader decides.

use super::shape::Head;

/// Every byte of a word is 1, or 0x80.
const ONES: u64 = u64::from_le_bytes([1; 8]);
const HIGHS: u64 = u64::from_le_bytes([0x80; 8]);

/// Powers of ten that a float holds exactly (5^22 < 2^53).
const TENS: [f64; 23] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16,
    1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
];

/// A record and how far it is read.
///
/// How far, is never computed from the bytes, only counted under branches on them: then the processor foresees
/// it and works on the next values while it still looks at this one. Reading several fields at once so is worth
/// more than saving steps.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scan<'a> {
    text: &'a str,
    /// Never more than the length; where a text is cut, between two characters.
    at: usize,
}

/// A number and whether it was written as a whole one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Number {
    pub(crate) value: f64,
    pub(crate) integer: bool,
}

impl<'a> Scan<'a> {
    pub(super) fn new(record: &'a str) -> Self {
        Self {
            text: record,
            at: 0,
        }
    }

    /// The bytes that are left.
    #[inline]
    fn rest(&self) -> &'a [u8] {
        self.text.as_bytes().get(self.at..).unwrap_or_default()
    }

    /// Skips exactly this text, if it comes next.
    #[inline]
    pub(super) fn skip(&mut self, text: &str) -> bool {
        let found = self.rest().starts_with(text.as_bytes());
        if found {
            self.at += text.len();
        }
        found
    }

    /// Skips a key and its colon, if they come next.
    #[inline]
    pub(super) fn head(&mut self, head: &Head) -> bool {
        // Two words cover most keys without a call; they overlap in the middle.
        let Some((first, last)) = head.words else {
            return self.skip(head.text);
        };
        let (rest, length) = (self.rest(), head.text.len());
        let same = word(rest) == Some(first) && rest.get(length - 8..).and_then(word) == Some(last);
        if same {
            self.at += length;
        }
        same
    }

    /// Skips so many spaces, 0 or 1: Python's `json.dumps` puts one after a comma and a colon.
    #[inline]
    pub(super) fn skip_spaces(&mut self, gap: usize) -> Option<()> {
        if gap > 0 && self.peek() != Some(b' ') {
            return None;
        }
        self.at += gap;
        Some(())
    }

    /// Skips the byte of ASCII that was peeked at.
    #[inline]
    pub(super) fn advance(&mut self) {
        self.at += 1;
    }

    /// Skips this byte of ASCII, if it comes next.
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

    /// Whether nothing but white space is left.
    #[inline]
    pub(super) fn at_end(&self) -> bool {
        self.rest()
            .iter()
            .all(|byte| matches!(byte, b' ' | b'\t' | b'\n' | b'\r'))
    }

    /// Where the next line begins, if nothing but white space is left of this one.
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

    /// The text of a string without escapes; the opening quote comes next.
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

    /// A number without an exponent, exactly as correctly rounded decimal conversion gives it: a mantissa up to
    /// 2^53 and a power of ten up to 10^22 are exact floats, so one division rounds once.
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

    /// What follows the sign of a number.
    #[inline]
    fn signed<const NEGATIVE: bool>(&mut self) -> Option<Number> {
        let unsigned = self.rest();
        let (mut mantissa, whole) = digits(unsigned, 0);
        // JSON has no 007 and no .5.
        if whole == 0 || whole > 1 && unsigned.first() == Some(&b'0') {
            return None;
        }
        let (mut places, mut end) = (0, whole);
        let integer = unsigned.get(whole) != Some(&b'.');
        if !integer {
            (mantissa, places) = digits(unsigned.get(whole + 1..)?, mantissa);
            if places == 0 {
                return None;
            }
            end += 1 + places;
        }
        // -0 is a float for the general reader; more than 19 digits would have wrapped.
        let minus_zero = integer && NEGATIVE && mantissa == 0;
        if whole + places > 19 || mantissa > super::draft::MAX_EXACT || minus_zero {
            return None;
        }
        let value = mantissa as f64 / TENS.get(places)?;
        self.at += end;
        Some(Number {
            value: if NEGATIVE { -value } else { value },
            integer,
        })
    }
}

/// The first eight bytes.
#[inline]
fn word(bytes: &[u8]) -> Option<u64> {
    bytes.first_chunk().map(|word| u64::from_le_bytes(*word))
}

/// Appends decimal digits to a mantissa; how many there were. Past 19 in all the mantissa is meaningless.
///
/// Digit by digit: eight at once are fewer steps, but what follows waits for how many there were, which here
/// the processor foresees. Measured on F1: 30 ns an event.
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

/// How long a string without escapes is, up to its closing quote; eight bytes at a time.
#[inline]
fn plain_length(bytes: &[u8]) -> Option<usize> {
    let (mut at, mut rest) = (0, bytes);
    while let Some((word, tail)) = rest.split_first_chunk() {
        let word = u64::from_le_bytes(*word);
        // Quotes, backslashes and controls: what is below 1, 1 and 0x20 after this, and is ASCII.
        let (quotes, slashes) = (word ^ ONES * 0x22, word ^ ONES * 0x5c);
        let below = quotes.wrapping_sub(ONES) | slashes.wrapping_sub(ONES);
        let stops = (below | word.wrapping_sub(ONES * 0x20)) & !word & HIGHS;
        if stops != 0 {
            // The lowest mark is exact; those above it may be carries. It is counted to, not computed: then the
            // processor foresees the length, and reads on without waiting for this word.
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
        // What follows the number is looked at by the caller.
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
