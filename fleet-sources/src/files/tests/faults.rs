//! Tests of inputs that cannot be opened, are damaged, or changed.

use fleet_core::ErrorKind;

use super::*;

fn refused<I: Into<Input>>(inputs: impl IntoIterator<Item = I>) -> String {
    let error = FileSource::open(inputs, FileOptions::default()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config);
    error.to_string()
}

#[test]
fn every_refused_input_is_listed() {
    let folder = Folder::new();
    let good = folder.file("good", "1\n");
    let message = refused([
        folder.0.path().join("none"),
        good,
        folder.0.path().to_owned(),
    ]);
    assert!(
        message.starts_with("2 inputs cannot be read: cannot open"),
        "{message}"
    );
    assert!(message.contains("none: No such file"), "{message}");
    assert!(message.contains("; check the path; "), "{message}");
    assert!(
        message.contains("is a directory: name the files in it"),
        "{message}"
    );
}

#[test]
fn no_input_and_standard_input_twice_are_refused() {
    assert!(refused(<[Input; 0]>::default()).starts_with("no input was given"));
    assert!(refused(["-", "a", "-"]).starts_with("standard input was given 2 times"));
    let options = FileOptions::default().chunk_bytes(0);
    assert!(FileSource::open(["-"], options).is_err());
}

#[test]
fn a_text_file_named_gz_is_refused() {
    let folder = Folder::new();
    let message = refused([folder.file("a.ndjson.gz", "{}\n")]);
    assert!(
        message.contains("a.ndjson.gz") && message.contains("gzip"),
        "{message}"
    );
}

#[test]
fn a_gzip_file_without_its_name_is_read() {
    let folder = Folder::new();
    let read = read_all(
        [folder.file("a.ndjson", gzip(b"{}\n"))],
        FileOptions::default(),
        0,
    );
    assert_eq!(read.texts(), ["{}"]);
}

#[test]
fn what_lies_before_the_damage_in_a_gzip_file_is_read() {
    let lines: Vec<String> = (0..20_000).map(|n| format!("{{\"n\":{n}}}\n")).collect();
    let text = lines.concat();
    let packed = gzip(text.as_bytes());
    let folder = Folder::new();
    let torn = folder.file("torn.gz", &packed[..packed.len() / 2]);
    let mut wrong_sum = packed.clone();
    let at = wrong_sum.len() - 6;
    wrong_sum[at] ^= 0xff;
    let wrong_sum = folder.file("sum.gz", wrong_sum);
    let tail = folder.file("tail.gz", [&packed[..], b"rubbish"].concat());
    for (path, least) in [(torn, 5_000), (wrong_sum, 19_000), (tail, 19_000)] {
        for chunk in [100, FileOptions::CHUNK_BYTES, 4 << 20] {
            let read = read_all([&path], FileOptions::default().chunk_bytes(chunk), 0);
            assert!(
                read.seen.len() >= least,
                "{}: {}",
                path.display(),
                read.seen.len()
            );
            for (n, seen) in read.seen.iter().enumerate() {
                assert_eq!(seen.text, format!("{{\"n\":{n}}}").as_bytes());
            }
            let error = read.error.unwrap();
            assert_eq!(error.kind(), ErrorKind::Source);
            let last = read.chunks.last().unwrap().1;
            let (partition, offset) = error.position().unwrap();
            assert!(offset >= last && partition.as_str().starts_with("file:"));
            assert!(
                error.to_string().contains("check it with `gzip -t`"),
                "{error}"
            );
        }
    }
}

#[test]
fn an_offset_past_the_end_is_refused() {
    let folder = Folder::new();
    let path = folder.file("a", "one\n");
    let inputs = [
        vec![Input::from(&path)],
        vec![Input::from(&path), Input::reader("pipe", &b""[..])],
        vec![Input::from(folder.file("a.gz", gzip(b"one\n")))],
    ];
    for inputs in inputs {
        let error = read_all(inputs, FileOptions::default(), 9).error.unwrap();
        let message = error.to_string();
        assert!(
            message.contains("end at byte 4, but were read up to byte 9"),
            "{message}"
        );
        assert_eq!(error.kind(), ErrorKind::Source);
    }
    assert!(read_all([&path], FileOptions::default(), 4).error.is_none());
}

#[test]
fn an_offset_inside_a_record_is_refused() {
    let folder = Folder::new();
    let (a, b) = (folder.file("a", "one\n"), folder.file("b", "two\nthree\n"));
    let packed = folder.file("b.gz", gzip(b"two\nthree\n"));
    assert_eq!(
        read_all([&a, &b], FileOptions::default(), 8).texts(),
        ["three"]
    );
    folder.append("a", "tw");
    for second in [b, packed] {
        let error = read_all([&a, &second], FileOptions::default(), 8)
            .error
            .unwrap();
        let message = error.to_string();
        assert!(
            message.contains("not the beginning of a record"),
            "{message}"
        );
    }
}
