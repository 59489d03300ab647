//! Tests that reading resumes at every record, in every kind of input.

use super::*;

fn options(format: Format, chunk: usize) -> FileOptions {
    FileOptions::default().format(format).chunk_bytes(chunk)
}

/// Resumes at every offset that a commit may have: after each record, where the next one begins.
fn resume_everywhere<I: Into<Input>>(inputs: impl Fn() -> Vec<I>, format: Format) {
    for chunk in [1, 5, 16, 64, 4096] {
        let whole = read_all(inputs(), options(format, 7), 0);
        assert!(whole.error.is_none());
        let mut offsets: Vec<u64> = whole.seen.iter().map(|seen| seen.at).collect();
        offsets.extend(whole.chunks.iter().map(|(_, next)| next.0));
        for at in offsets {
            let rest = read_all(inputs(), options(format, chunk), at);
            assert!(rest.error.is_none(), "{at}: {:?}", rest.error);
            let expected: Vec<Seen> = whole
                .seen
                .iter()
                .filter(|seen| seen.at >= at)
                .cloned()
                .collect();
            assert_eq!(rest.seen, expected, "from {at} by {chunk}");
        }
    }
}

const ONE: &str = "{\"a\":1}\n\n{\"b\":2}\r\n{\"c\":3}";
const TWO: &str = "\u{feff}{\"d\":4}\n{\"e\":5}\n";
const CSV_ONE: &str = "h,\"i\nj\"\n1,\"2\n3\"\r\n4,5";
const CSV_TWO: &str = "k\n\"6\"\n7\n";

#[test]
fn plain_files_go_on_at_every_record() {
    let folder = Folder::new();
    let paths = [
        folder.file("a", ONE),
        folder.file("empty", ""),
        folder.file("b", TWO),
    ];
    resume_everywhere(|| paths.to_vec(), Format::Lines);
    let paths = [folder.file("a.csv", CSV_ONE), folder.file("b.csv", CSV_TWO)];
    resume_everywhere(|| paths.to_vec(), Format::Csv);
}

#[test]
fn compressed_files_go_on_at_every_record() {
    let folder = Folder::new();
    // Several gzip members, as `cat a.gz b.gz` makes them, split in the middle of a record.
    let members = [gzip(&ONE.as_bytes()[..12]), gzip(&ONE.as_bytes()[12..])].concat();
    let paths = [
        folder.file("a.gz", members),
        folder.file("b.gz", gzip(TWO.as_bytes())),
    ];
    resume_everywhere(|| paths.to_vec(), Format::Lines);
    let paths = [
        folder.file("a.csv.gz", gzip(CSV_ONE.as_bytes())),
        folder.file("b.csv", CSV_TWO),
    ];
    resume_everywhere(|| paths.to_vec(), Format::Csv);
}

#[test]
fn pipes_go_on_at_every_record() {
    let inputs = || {
        vec![
            Input::reader("one", ONE.as_bytes()),
            Input::reader("two", TWO.as_bytes()),
        ]
    };
    resume_everywhere(inputs, Format::Lines);
    let inputs = || {
        vec![Input::reader(
            "one",
            std::io::Cursor::new(gzip(CSV_ONE.as_bytes())),
        )]
    };
    resume_everywhere(inputs, Format::Csv);
}

#[test]
fn reading_goes_on_after_a_cut_record() {
    let folder = Folder::new();
    let text = format!("a\n{}\nb\n", "x".repeat(2 << 20));
    let path = folder.file("a", &text);
    let whole = read_all([&path], options(Format::Lines, 1000), 0);
    for seen in &whole.seen {
        let rest = read_all([&path], options(Format::Lines, 1000), seen.at);
        assert_eq!(rest.seen.first(), Some(seen));
    }
}

#[test]
fn prop_what_comes_from_any_record_on_is_the_rest_of_a_plain_split() {
    let mut random = Random(3);
    let folder = Folder::new();
    for case in 0..150 {
        let texts: Vec<String> = (0..=random.below(3))
            .map(|_| {
                (0..random.below(60))
                    .map(|_| ['a', 'b', '\n', '\r', 'é'][random.below(5)])
                    .collect()
            })
            .collect();
        let paths: Vec<PathBuf> = texts
            .iter()
            .enumerate()
            .map(|(n, text)| match random.below(2) {
                0 => folder.file(&format!("{case}-{n}"), text),
                _ => folder.file(&format!("{case}-{n}.gz"), gzip(text.as_bytes())),
            })
            .collect();
        let mut plain: Vec<(u64, &str)> = Vec::new();
        let mut at = 0;
        for text in &texts {
            for record in text.split_inclusive('\n') {
                plain.push((at, record.strip_suffix('\n').unwrap_or(record)));
                at += record.len() as u64;
            }
        }
        for (n, (from, _)) in plain.iter().enumerate() {
            let read = read_all(&paths, options(Format::Lines, 1 + random.below(64)), *from);
            assert!(read.error.is_none(), "case {case}: {:?}", read.error);
            let found: Vec<(u64, &str)> = read
                .seen
                .iter()
                .map(|seen| (seen.at, str::from_utf8(&seen.text).unwrap()))
                .collect();
            assert_eq!(found, plain[n..], "case {case} from {from}");
        }
    }
}
