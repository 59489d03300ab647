//! Tests of how inputs are split into records: line ends, quotes, and the size limit.

use fleet_core::dialect::MAX_RECORD_BYTES;

use super::*;
use crate::files::read::reader::CUT_BYTES;

fn lines(chunk: usize) -> FileOptions {
    FileOptions::default().chunk_bytes(chunk)
}

fn csv(chunk: usize) -> FileOptions {
    lines(chunk).format(Format::Csv)
}

fn from_text(text: &'static str) -> Input {
    Input::reader("text", text.as_bytes())
}

#[test]
fn records_are_the_same_at_every_chunk_size() {
    let text = "{\"a\":1}\n\n{\"b\":\"\\\"\"}\r\n{}\nlast";
    let folder = Folder::new();
    let path = folder.file("a.ndjson", text);
    for chunk in 1..=64 {
        for read in [
            read_all([&path], lines(chunk), 0),
            read_all([from_text(text)], lines(chunk), 0),
        ] {
            assert_eq!(
                read.texts(),
                ["{\"a\":1}", "", "{\"b\":\"\\\"\"}\r", "{}", "last"],
                "{chunk}"
            );
            let offsets: Vec<u64> = read.seen.iter().map(|seen| seen.at).collect();
            assert_eq!(offsets, [0, 8, 9, 21, 24], "{chunk}");
            let ends: Vec<u64> = read.chunks.iter().map(|(_, next)| next.0).collect();
            let starts = read.chunks.iter().map(|(chunk, _)| chunk.start.0);
            assert!(
                starts.skip(1).eq(ends[..ends.len() - 1].iter().copied()),
                "no gap: {chunk}"
            );
            assert_eq!(ends.last(), Some(&(text.len() as u64)));
        }
    }
}

#[test]
fn a_chunk_is_about_as_large_as_it_was_asked_to_be() {
    let text = "0123456789\n".repeat(1000);
    let folder = Folder::new();
    let read = read_all([folder.file("a", &text)], lines(1000), 0);
    let sizes: Vec<usize> = read
        .chunks
        .iter()
        .map(|(chunk, _)| chunk.bytes.len())
        .collect();
    assert!(sizes.iter().all(|size| *size <= 1000), "{sizes:?}");
    assert!(sizes.len() <= 12, "{sizes:?}");
}

#[test]
fn two_files_never_run_together() {
    let folder = Folder::new();
    let paths = [
        folder.file("a", "one\ntwo"),
        folder.file("b", ""),
        folder.file("c", "three\n"),
        folder.file("d", gzip(b"four")),
        folder.file("e", "five"),
    ];
    for chunk in [1, 3, 7, 1000] {
        let read = read_all(&paths, lines(chunk), 0);
        let seen: Vec<_> = read.seen.iter().map(|seen| (seen.at, seen.input)).collect();
        assert_eq!(read.texts(), ["one", "two", "three", "four", "five"]);
        assert_eq!(seen, [(0, 0), (4, 0), (7, 2), (13, 3), (17, 4)]);
    }
}

#[test]
fn an_empty_input_has_no_chunk() {
    for options in [lines(10), csv(10)] {
        assert!(read_all([from_text("")], options, 0).chunks.is_empty());
    }
    assert!(
        read_all([from_text("only,a,header\n")], csv(10), 0)
            .chunks
            .is_empty()
    );
}

#[test]
fn a_header_comes_beside_the_chunks_of_its_input() {
    let folder = Folder::new();
    let first = folder.file("a.csv", "x,\"y\nz\"\r\n1,\"2\n3\"\r\n4,5\r\n");
    let second = folder.file("b.csv", "\u{feff}u,v\n6,\"7 \"\"8\"\"\n9\"");
    for chunk in 1..=40 {
        let read = read_all([&first, &second], csv(chunk), 0);
        assert_eq!(
            read.texts(),
            ["1,\"2\n3\"\r", "4,5\r", "6,\"7 \"\"8\"\"\n9\""],
            "{chunk}"
        );
        let offsets: Vec<u64> = read.seen.iter().map(|seen| seen.at).collect();
        assert_eq!(offsets, [9, 18, 30], "{chunk}");
        for (chunk, _) in &read.chunks {
            let header = chunk.header.as_deref().unwrap();
            assert_eq!(header, [&b"x,\"y\nz\""[..], b"u,v"][chunk.input]);
        }
    }
    let source = FileSource::open([&first, &second], csv(9)).unwrap();
    let headers: Vec<_> = source
        .headers()
        .iter()
        .map(|header| header.bytes().to_vec())
        .collect();
    assert_eq!(headers, [&b"x,\"y\nz\""[..], b"u,v"]);
    assert_eq!(source.headers()[1].name(), second.to_str().unwrap());
}

#[test]
fn a_byte_order_mark_is_no_part_of_a_record() {
    let read = read_all([from_text("\u{feff}{}\n[]")], lines(2), 0);
    assert_eq!((read.texts(), read.seen[0].at), (vec!["{}", "[]"], 3));
}

#[test]
fn a_record_of_the_limit_is_whole_and_one_byte_more_is_cut() {
    let longest = "a".repeat(MAX_RECORD_BYTES);
    let text = format!("x\n{longest}\n{longest}b\ny\n{longest}cd");
    let folder = Folder::new();
    for path in [
        folder.file("a", &text),
        folder.file("b", gzip(text.as_bytes())),
    ] {
        for chunk in [1000, 256 * 1024, 8 << 20] {
            let read = read_all([&path], lines(chunk), 0);
            let shape: Vec<_> = read.seen.iter().map(|s| (s.text.len(), s.cut)).collect();
            let full = MAX_RECORD_BYTES;
            let expected = [
                (1, None),
                (full, None),
                (CUT_BYTES, Some(full as u64 + 1)),
                (1, None),
                (CUT_BYTES, Some(full as u64 + 2)),
            ];
            assert_eq!(shape, expected, "{chunk}");
            assert_eq!(read.seen[3].at, 2 + 2 * (full as u64 + 1) + 1);
            assert_eq!(read.chunks.last().unwrap().1.0, text.len() as u64);
        }
    }
}

#[test]
fn a_csv_record_that_never_closes_its_quote_is_cut() {
    let text = format!("h\n1\n\"{}", "line\n".repeat(300_000));
    let folder = Folder::new();
    let read = read_all(
        [folder.file("a.csv", &text)],
        csv(FileOptions::CHUNK_BYTES),
        0,
    );
    assert_eq!(read.seen.len(), 2);
    assert_eq!(read.seen[1].cut, Some(text.len() as u64 - 4));
}

#[test]
fn a_cut_csv_record_ends_where_its_quotes_say() {
    let long = "line\n".repeat(300_000);
    let text = format!("h\n\"{long}\",1\nnext\n");
    let folder = Folder::new();
    let read = read_all([folder.file("a.csv", &text)], csv(10_000), 0);
    assert_eq!(read.seen[0].cut, Some(long.len() as u64 + 4));
    assert_eq!(read.seen[1].text, b"next");
}

/// A line of up to 10 GB, as long as the test's time allows: memory must not grow with it.
#[test]
fn an_endless_record_takes_no_memory() {
    use std::io::Read as _;
    let endless = std::io::repeat(b'x').take(1 << 28).chain(&b"\nnext\n"[..]);
    let options = lines(FileOptions::CHUNK_BYTES);
    let mut source = FileSource::open([Input::reader("endless", endless)], options).unwrap();
    let mut reader = reader(&mut source, 0);
    let mut seen = Vec::new();
    loop {
        assert!(
            reader.held_bytes() < 3 << 20,
            "{} bytes are held",
            reader.held_bytes()
        );
        match reader.step().unwrap() {
            Step::Chunk(chunk, _) => records_of(&chunk, Format::Lines, &mut seen),
            Step::End => break,
            Step::Busy | Step::Wait => {}
        }
    }
    assert_eq!(
        (seen[0].cut, seen[0].text.len()),
        (Some(1 << 28), CUT_BYTES)
    );
    assert_eq!(
        (seen[1].at, &seen[1].text[..]),
        ((1 << 28) + 1, &b"next"[..])
    );
}

/// All fields of a CSV text, split as the decoder splits them.
fn fields(text: &[u8], to: &mut Vec<Vec<Vec<u8>>>) {
    let mut reader = csv_core::Reader::new();
    let (mut output, mut ends) = (vec![0; text.len() + 8], vec![0; text.len() + 8]);
    let (mut from, mut written, mut ended) = (0, 0, 0);
    loop {
        // An empty input signals the end of the text.
        let (result, read, out, count) =
            reader.read_record(&text[from..], &mut output[written..], &mut ends[ended..]);
        from += read;
        written += out;
        ended += count;
        match result {
            csv_core::ReadRecordResult::InputEmpty => {}
            csv_core::ReadRecordResult::Record => {
                let begins = [0].iter().chain(&ends[..ended]);
                let fields = begins.zip(&ends[..ended]);
                to.push(
                    fields
                        .map(|(begin, end)| output[*begin..*end].to_vec())
                        .collect(),
                );
                (written, ended) = (0, 0);
            }
            csv_core::ReadRecordResult::End => return,
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn prop_any_csv_cut_into_chunks_decodes_as_it_does_in_one_piece() {
    let mut random = Random(7);
    for case in 0..3000 {
        let text: Vec<u8> = (0..random.below(40))
            .map(|_| b"\"\"\"\n\n,,\rab "[random.below(11)])
            .collect();
        let chunk = 1 + random.below(12);
        let whole = [b"head\n", &text[..]].concat();
        let read = read_all(
            [Input::reader("text", std::io::Cursor::new(whole.clone()))],
            csv(chunk),
            0,
        );
        let joined: Vec<u8> = read
            .chunks
            .iter()
            .flat_map(|(chunk, _)| chunk.bytes.clone())
            .collect();
        assert_eq!(joined, text, "case {case}");
        let (mut expected, mut found) = (Vec::new(), Vec::new());
        fields(&text, &mut expected);
        for (chunk, _) in &read.chunks {
            fields(&chunk.bytes, &mut found);
        }
        assert_eq!(
            found,
            expected,
            "case {case}: {:?} by {chunk}",
            String::from_utf8_lossy(&text)
        );
    }
}
