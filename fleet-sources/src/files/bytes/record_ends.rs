//! A scanner that finds where records end, for NDJSON and for quoted CSV.

use memchr::{memchr, memchr2, memrchr};

use crate::files::options::Format;

/// Finds the ends of records in bytes that arrive in pieces.
///
/// CSV follows the grammar of `csv-core`, so that the decoder sees the same records: a double quote
/// opens a quoted field only at the field's beginning, and a doubled one inside quotes is a
/// character.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RecordEnds {
    format: Format,
    quotes: Quotes,
    /// The previous byte, which decides whether a field begins here.
    before: u8,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Quotes {
    Outside,
    Inside,
    /// After a double quote inside quotes: the field is closed, unless another one follows.
    MaybeClosed,
}

impl RecordEnds {
    /// A scanner at the beginning of a record.
    pub(crate) fn new(format: Format) -> Self {
        Self {
            format,
            quotes: Quotes::Outside,
            before: b'\n',
        }
    }

    /// Returns the last record end in the next piece: the index after its line feed.
    pub(crate) fn scan(&mut self, piece: &[u8]) -> Option<usize> {
        match self.format {
            Format::Lines => memrchr(b'\n', piece).map(|at| at + 1),
            // The fast path: most pieces have no double quote at all.
            Format::Csv if self.quotes == Quotes::Outside && memchr(b'"', piece).is_none() => {
                self.before = piece.last().copied().unwrap_or(self.before);
                memrchr(b'\n', piece).map(|at| at + 1)
            }
            Format::Csv => {
                let mut last = None;
                while let Some(end) = self.next_quoted(piece, last.unwrap_or(0)) {
                    last = Some(end);
                }
                last
            }
        }
    }

    /// Returns the first record end in the next piece. The bytes after it are not scanned: pass
    /// them as the beginning of the next piece.
    pub(crate) fn scan_one(&mut self, piece: &[u8]) -> Option<usize> {
        match self.format {
            Format::Lines => memchr(b'\n', piece).map(|at| at + 1),
            Format::Csv => self.next_quoted(piece, 0),
        }
    }

    fn next_quoted(&mut self, piece: &[u8], mut from: usize) -> Option<usize> {
        while let Some(rest) = piece.get(from..).filter(|rest| !rest.is_empty()) {
            match self.quotes {
                Quotes::Inside => {
                    let quote = memchr(b'"', rest);
                    if quote.is_some() {
                        self.quotes = Quotes::MaybeClosed;
                    }
                    from += quote.map_or(rest.len(), |at| at + 1);
                }
                Quotes::MaybeClosed if rest.first() == Some(&b'"') => {
                    self.quotes = Quotes::Inside;
                    from += 1;
                }
                Quotes::MaybeClosed => {
                    // The field continues to its comma, and double quotes in it are characters.
                    self.quotes = Quotes::Outside;
                    self.before = b'"';
                }
                Quotes::Outside => {
                    let Some(at) = memchr2(b'"', b'\n', rest) else {
                        self.before = rest.last().copied().unwrap_or(self.before);
                        return None;
                    };
                    let before = at.checked_sub(1).and_then(|at| rest.get(at));
                    let before = before.copied().unwrap_or(self.before);
                    from += at + 1;
                    if rest.get(at) == Some(&b'\n') {
                        self.before = b'\n';
                        return Some(from);
                    }
                    self.before = b'"';
                    if matches!(before, b',' | b'\n' | b'\r') {
                        self.quotes = Quotes::Inside;
                    }
                }
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ends(format: Format, text: &str, step: usize) -> Vec<usize> {
        let mut scanner = RecordEnds::new(format);
        let (mut found, mut from) = (Vec::new(), 0);
        while from < text.len() {
            let to = (from + step).min(text.len());
            let mut at = from;
            while let Some(end) = scanner.scan_one(&text.as_bytes()[at..to]) {
                at += end;
                found.push(at);
            }
            from = to;
        }
        found
    }

    #[test]
    fn quotes_hide_line_ends_only_where_they_open_a_field() {
        let cases: [(&str, &[usize]); 7] = [
            ("a,b\nc\n", &[4, 6]),
            ("\"a\nb\",c\nd\n", &[8, 10]),
            ("\"a\"\"\n\"\"b\"\nd\n", &[10, 12]),
            // A stray quote in the middle of a field, as in 5" pipe, opens nothing.
            ("5\" pipe,x\nd\n", &[10, 12]),
            // After a closed field more quotes are characters.
            ("\"a\"b\"c\nd\n", &[7, 9]),
            ("a\r\n\"b\r\n\"\r\n", &[3, 10]),
            ("\"open\nfor ever\n", &[]),
        ];
        for (text, expected) in cases {
            for step in 1..=text.len() {
                assert_eq!(
                    ends(Format::Csv, text, step),
                    expected,
                    "{text:?} by {step}"
                );
                let (mut scanner, mut last) = (RecordEnds::new(Format::Csv), None);
                for (n, piece) in text.as_bytes().chunks(step).enumerate() {
                    last = scanner.scan(piece).map(|at| n * step + at).or(last);
                }
                assert_eq!(last.as_ref(), expected.last(), "{text:?} by {step}");
            }
        }
    }

    #[test]
    fn lines_know_no_quotes() {
        assert_eq!(ends(Format::Lines, "\"a\nb\n", 2), [3, 5]);
    }
}
