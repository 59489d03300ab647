//! The conformance suite of replayable sources, over files of every kind.

use fleet_core::{
    dialect::NewestTimes,
    source::Chunk,
    testing::conformance::{lines, replayable},
};

use super::*;

/// Lines of different lengths, more than fit into one chunk.
fn text() -> String {
    let lines: Vec<_> = (0..40).map(|n| "x".repeat(n % 7 + 1)).collect();
    lines.join("\n") + "\n"
}

fn options() -> FileOptions {
    FileOptions::default().chunk_bytes(16)
}

#[tokio::test]
async fn files_are_a_replayable_source() {
    let folder = Folder::new();
    let plain = folder.file("a.ndjson", text());
    let packed = folder.file("b.ndjson.gz", gzip(text().as_bytes()));
    for paths in [
        vec![plain.clone()],
        vec![packed.clone()],
        vec![plain, packed],
    ] {
        let open = || FileSource::open(paths.clone(), options()).unwrap();
        replayable(open, lines).await;
    }
}

#[tokio::test]
async fn csv_files_are_a_replayable_source() {
    let folder = Folder::new();
    let path = folder.file("a.csv", format!("column\n{}", text()));
    let options = options().format(Format::Csv);
    replayable(|| FileSource::open([path.clone()], options).unwrap(), lines).await;
}

#[tokio::test]
async fn the_newest_times_of_files_are_the_same_wherever_reading_begins() {
    let message = |n: u64| format!("{{\"name\":\"speed\",\"value\":{n},\"timestamp\":{n}}}\n");
    let folder = Folder::new();
    let path = folder.file("a.json", (1..40).map(message).collect::<String>());
    let open = || {
        let options = FileOptions::default().chunk_bytes(100);
        NewestTimes::new(FileSource::open([path.clone()], options).unwrap())
    };
    replayable(open, lines).await;
    // What a chunk carries applies to its first record, wherever the chunks are split.
    let newest = |chunk: &Chunk| {
        let text = format!("{:?}", chunk.newest);
        let first = lines(chunk).into_iter().next();
        first
            .map(|(at, _)| (at, text.into_bytes()))
            .into_iter()
            .collect()
    };
    replayable(open, newest).await;
}
