//! Tests of following a file that grows, shrinks, or is replaced.

use std::time::Duration;

use super::*;
use crate::files::AtEnd;

const FOLLOW: AtEnd = AtEnd::Follow {
    poll: Duration::from_millis(1),
};

fn options() -> FileOptions {
    FileOptions::default().at_end(FOLLOW)
}

#[test]
fn a_line_is_held_back_until_its_end_comes() {
    let folder = Folder::new();
    let path = folder.file("a", "one\ntw");
    for chunk in [1, 3, 100] {
        folder.file("a", "one\ntw");
        let mut source = FileSource::open([&path], options().chunk_bytes(chunk)).unwrap();
        let mut reader = reader(&mut source, 0);
        assert_eq!(drain(&mut reader, Format::Lines).texts(), ["one"]);
        assert!(drain(&mut reader, Format::Lines).seen.is_empty());
        folder.append("a", "o");
        assert!(drain(&mut reader, Format::Lines).seen.is_empty());
        folder.append("a", "\nthree\nfo");
        let read = drain(&mut reader, Format::Lines);
        assert_eq!((read.texts(), read.seen[0].at), (vec!["two", "three"], 4));
    }
}

#[test]
fn a_csv_record_is_held_back_while_its_quotes_are_open() {
    let folder = Folder::new();
    let path = folder.file("a.csv", "h\n1\n\"2\n");
    let mut source = FileSource::open([path], options().format(Format::Csv)).unwrap();
    let mut reader = reader(&mut source, 0);
    assert_eq!(drain(&mut reader, Format::Csv).texts(), ["1"]);
    folder.append("a.csv", "3\"\n");
    assert_eq!(drain(&mut reader, Format::Csv).texts(), ["\"2\n3\""]);
}

#[test]
fn a_cut_line_is_held_back_too() {
    let folder = Folder::new();
    let path = folder.file("a", "x".repeat(3 << 20));
    let mut source = FileSource::open([path], options()).unwrap();
    let mut reader = reader(&mut source, 0);
    assert!(drain(&mut reader, Format::Lines).seen.is_empty());
    folder.append("a", "yz\nnext\n");
    let read = drain(&mut reader, Format::Lines);
    assert_eq!(read.seen[0].cut, Some((3 << 20) + 2));
    assert_eq!(read.seen[1].text, b"next");
}

#[test]
fn only_the_last_file_is_waited_for() {
    let folder = Folder::new();
    let paths = [folder.file("a", "one"), folder.file("b", "two\nthr")];
    let mut source = FileSource::open(paths, options()).unwrap();
    let read = drain(&mut reader(&mut source, 0), Format::Lines);
    assert_eq!(read.texts(), ["one", "two"]);
}

#[test]
fn a_file_that_shrinks_stops_the_source() {
    let folder = Folder::new();
    let path = folder.file("a", "one\ntwo\n");
    let mut source = FileSource::open([path], options()).unwrap();
    let mut reader = reader(&mut source, 0);
    assert_eq!(drain(&mut reader, Format::Lines).texts(), ["one", "two"]);
    folder.file("a", "new\n");
    let error = drain(&mut reader, Format::Lines).error.unwrap().to_string();
    assert!(error.contains("shrank from 8 to 4 bytes"), "{error}");
}

#[cfg(unix)]
#[test]
fn a_file_that_is_rotated_away_stops_the_source() {
    let folder = Folder::new();
    let path = folder.file("a", "one\n");
    let mut source = FileSource::open([&path], options()).unwrap();
    let mut reader = reader(&mut source, 0);
    drain(&mut reader, Format::Lines);
    std::fs::rename(&path, path.with_extension("1")).unwrap();
    for _ in 0..2 {
        let error = drain(&mut reader, Format::Lines).error.unwrap().to_string();
        assert!(error.contains("was replaced"), "{error}");
        folder.file("a", "another, longer than before\n");
    }
}

#[test]
fn an_input_that_ended_without_line_end_may_get_it_but_nothing_else() {
    let folder = Folder::new();
    let path = folder.file("a", "one\ntwo");
    assert_eq!(
        read_all([&path], FileOptions::default(), 0).texts(),
        ["one", "two"]
    );
    folder.append("a", "\nthree\n");
    assert_eq!(read_all([&path], options(), 7).texts(), ["", "three"]);
    folder.file("a", "one\ntwo and more\n");
    let error = read_all([&path], options(), 7).error.unwrap().to_string();
    assert!(error.contains("not the beginning of a record"), "{error}");
}

#[test]
fn only_a_plain_file_can_be_followed() {
    let folder = Folder::new();
    for input in [
        Input::from(folder.file("a.gz", gzip(b"x\n"))),
        Input::reader("pipe", &b"x\n"[..]),
    ] {
        let error = FileSource::open([input], options())
            .unwrap_err()
            .to_string();
        assert!(error.contains("cannot follow"), "{error}");
    }
    let paths = [folder.file("a.gz", gzip(b"x\n")), folder.file("b", "y\n")];
    assert!(FileSource::open(paths, options()).is_ok());
}
