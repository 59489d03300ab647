//! Files without a store: formats, crashes and locks.

use std::{fs, io::Write as _, path::Path};

use fleet_core::{
    sink::Sink,
    testing::conformance::{Rows, sink},
};

use crate::{
    files::{CsvFile, NdjsonFile},
    testing::{Bent, Other, Sample},
};

#[tokio::test]
async fn ndjson_reads_back() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("samples.ndjson");
    let mut odd = Sample::new("Bogotá, \"quoted\"\r\n🚗");
    odd.maybe = Some(String::new());
    let mut bad = Sample::new("bad");
    bad.real = f64::INFINITY;
    let rows = [Sample::new("x").row(), bad.row(), odd.clone().row()];
    let mut file = NdjsonFile::open(&path).unwrap();
    let outcome = file.write(&rows).await.unwrap();
    assert_eq!((outcome.rejected.len(), outcome.rejected[0].index), (1, 1));
    let text = fs::read_to_string(&path).unwrap();
    let lines: Vec<serde_json::Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(lines.len(), 2);
    assert!(lines[0]["maybe"].is_null());
    assert_eq!(lines[1]["text"], odd.text);
    assert_eq!(lines[1]["maybe"], "");
    assert_eq!(lines[1]["real"], 61.0);
}

#[tokio::test]
async fn csv_is_read_back_by_another_reader() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("samples.csv");
    let texts = ["x", "", " a ", "a,b", "\"", "line\nline", "Bogotá 🚗", "\r"];
    let rows: Vec<_> = texts.iter().map(|text| Sample::new(text).row()).collect();
    for half in rows.chunks(4) {
        let mut file = CsvFile::open(&path).unwrap();
        file.write(half).await.unwrap();
    }
    let mut reader = csv::Reader::from_path(&path).unwrap();
    let header: Vec<_> = reader
        .headers()
        .unwrap()
        .iter()
        .map(str::to_owned)
        .collect();
    assert_eq!(header, ["text", "real", "integer", "yes", "at", "maybe"]);
    let records: Vec<_> = reader.records().map(Result::unwrap).collect();
    let read: Vec<_> = records.iter().map(|record| &record[0]).collect();
    assert_eq!(read, texts);
    assert_eq!(&records[0][1], "61.0");
    assert_eq!(&records[0][4], "2024-02-15T14:32:18.500000Z");
    assert_eq!(&records[0][5], "");
}

#[tokio::test]
async fn a_row_that_a_crash_cut_short_is_cut_off() {
    let folder = tempfile::tempdir().unwrap();
    let (csv, ndjson) = (folder.path().join("a.csv"), folder.path().join("a.ndjson"));
    let row = || [Sample::new("two\nlines").row()];
    CsvFile::open(&csv).unwrap().write(&row()).await.unwrap();
    NdjsonFile::open(&ndjson)
        .unwrap()
        .write(&row())
        .await
        .unwrap();
    let whole = [fs::read(&csv).unwrap(), fs::read(&ndjson).unwrap()];
    let append = |path, text: &str| {
        let mut file = fs::OpenOptions::new().append(true).open(path).unwrap();
        file.write_all(text.as_bytes()).unwrap();
    };
    append(&csv, "\"torn after a line end\n");
    append(&ndjson, "{\"text\":\"to");
    CsvFile::<Sample>::open(&csv).unwrap();
    NdjsonFile::<Sample>::open(&ndjson).unwrap();
    assert_eq!(whole, [fs::read(&csv).unwrap(), fs::read(&ndjson).unwrap()]);
    // Only a partial header, which is written again.
    fs::write(&csv, "text,re").unwrap();
    CsvFile::open(&csv).unwrap().write(&row()).await.unwrap();
    assert_eq!(whole[0], fs::read(&csv).unwrap());
}

#[tokio::test]
async fn a_file_has_one_writer_and_one_set_of_columns() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.csv");
    let mut first = CsvFile::open(&path).unwrap();
    first.write(&[Sample::new("x").row()]).await.unwrap();
    let error = CsvFile::<Sample>::open(&path).unwrap_err().to_string();
    assert!(error.contains("another process"), "{error}");
    // A tool that rotates logs empties the file: the next write begins with the header.
    fs::write(&path, "").unwrap();
    first.write(&[Sample::new("y").row()]).await.unwrap();
    drop(first);
    assert!(fs::read_to_string(&path).unwrap().starts_with("text,real,"));
    let before = fs::read(&path).unwrap();
    let error = CsvFile::<Other>::open(&path).unwrap_err().to_string();
    assert!(error.contains("other columns"), "{error}");
    assert_eq!(fs::read(&path).unwrap(), before);
}

#[test]
fn a_path_that_cannot_be_opened_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let missing = folder.path().join("missing").join("a.ndjson");
    let error = NdjsonFile::<Sample>::open(&missing)
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("a.ndjson") && error.contains("folder exists"),
        "{error}"
    );
    assert!(NdjsonFile::<Sample>::open(folder.path()).is_err());
}

/// `lines` is the number of lines of a file besides its rows.
async fn is_a_sink<K: Sink<Sample>>(open: impl Fn(&Path) -> K, lines: u64) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("samples");
    let bad = || Sample::bad().row();
    let stored = || {
        let text = fs::read_to_string(&path).unwrap_or_default();
        (text.lines().count() as u64).saturating_sub(lines)
    };
    let rows = Rows {
        good: &|n| Sample::new(&n.to_string()).row(),
        bad: Some(&bad),
        stored: &|| Some(stored()),
    };
    sink(|| open(&path), &rows).await;
}

#[tokio::test]
async fn files_are_sinks() {
    is_a_sink(|path| NdjsonFile::<Sample>::open(path).unwrap(), 0).await;
    is_a_sink(|path| CsvFile::<Sample>::open(path).unwrap(), 1).await;
}

#[tokio::test]
async fn a_row_of_another_shape_than_its_type_is_not_appended() {
    for how in Bent::WAYS {
        let folder = tempfile::tempdir().unwrap();
        let (csv, ndjson) = (folder.path().join("a.csv"), folder.path().join("a.ndjson"));
        let rows = [Bent::Straight.row(), how.row()];
        let refused = CsvFile::open(&csv).unwrap().write(&rows).await;
        how.assert_refused(&refused.unwrap_err());
        let refused = NdjsonFile::open(&ndjson).unwrap().write(&rows).await;
        how.assert_refused(&refused.unwrap_err());
        for path in [&csv, &ndjson] {
            assert_eq!(fs::read(path).unwrap(), b"");
        }
    }
}
