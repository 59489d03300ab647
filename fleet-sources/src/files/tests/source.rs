//! Tests of the file source and its thread: cancellation, pausing, and restarts.

use std::{sync::mpsc as blocking, time::Duration};

use fleet_core::{Partition, Source, source::SourceEvent};
use tokio::time::timeout;

use super::*;
use crate::files::AtEnd;

async fn assigned(source: &mut FileSource) -> Partition {
    match source.next().await.unwrap() {
        SourceEvent::Assigned(partitions) => partitions[0].clone(),
        other => panic!("{other:?}"),
    }
}

async fn batch(source: &mut FileSource) -> (Vec<u8>, Offset) {
    match source.next().await.unwrap() {
        SourceEvent::Batch(batch) => (batch.payload.bytes, batch.next),
        other => panic!("{other:?}"),
    }
}

fn lines(chunk: usize) -> FileOptions {
    FileOptions::default().chunk_bytes(chunk)
}

#[tokio::test(start_paused = true)]
async fn it_assigns_gives_batches_ends_once_and_then_rests() {
    let mut source = FileSource::open([Input::reader("x", &b"a\nb\n"[..])], lines(2)).unwrap();
    let mine = assigned(&mut source).await;
    let wait = Duration::from_secs(3600);
    assert!(timeout(wait, source.next()).await.is_err(), "not started");
    source.start(&mine, None).await.unwrap();
    assert_eq!(batch(&mut source).await, (b"a\n".to_vec(), Offset(2)));
    assert_eq!(batch(&mut source).await, (b"b\n".to_vec(), Offset(4)));
    assert!(matches!(source.next().await.unwrap(), SourceEvent::End(of) if of == mine));
    assert!(timeout(wait, source.next()).await.is_err(), "ended once");
}

#[tokio::test(start_paused = true)]
async fn a_paused_source_gives_nothing_and_loses_nothing() {
    let folder = Folder::new();
    let mut source = FileSource::open([folder.file("a", "a\nb\nc\n")], lines(2)).unwrap();
    let mine = assigned(&mut source).await;
    source.start(&mine, None).await.unwrap();
    assert_eq!(batch(&mut source).await.0, b"a\n");
    source.pause(&mine);
    assert!(
        timeout(Duration::from_secs(9), source.next())
            .await
            .is_err()
    );
    source.resume(&mine);
    for _ in 0..100 {
        // A future that is dropped before it completes loses nothing.
        drop(source.next());
    }
    assert_eq!(batch(&mut source).await.0, b"b\n");
    assert_eq!(batch(&mut source).await.0, b"c\n");
}

#[tokio::test]
async fn the_end_is_told_in_offsets() {
    let folder = Folder::new();
    let paths = [folder.file("a", "one\ntwo\n"), folder.file("b", "three\n")];
    let mut source = FileSource::open(&paths, lines(4)).unwrap();
    assert_eq!(source.total_bytes(), Some(14));
    let mine = assigned(&mut source).await;
    assert_eq!(source.end(&mine), Some(Offset(14)));
    assert_eq!(source.end(&Partition::new("another")), None);
    source.start(&mine, Some(&Offset(8).into())).await.unwrap();
    assert_eq!(batch(&mut source).await, (b"three\n".to_vec(), Offset(14)));
    assert!(matches!(source.next().await.unwrap(), SourceEvent::End(_)));
    let with_gzip = [paths[0].clone(), folder.file("c.gz", gzip(b"x"))];
    assert_eq!(
        FileSource::open(with_gzip, lines(4)).unwrap().total_bytes(),
        None
    );
}

#[tokio::test]
async fn a_file_can_be_started_again_and_a_pipe_cannot() {
    let folder = Folder::new();
    let mut source = FileSource::open([folder.file("a", "a\nb\n")], lines(9)).unwrap();
    let mine = assigned(&mut source).await;
    source.start(&mine, None).await.unwrap();
    source.start(&mine, Some(&Offset(2).into())).await.unwrap();
    assert_eq!(batch(&mut source).await.0, b"b\n");
    assert!(source.start(&Partition::new("other"), None).await.is_err());

    let mut source = FileSource::open([Input::reader("x", &b"a\n"[..])], lines(9)).unwrap();
    let mine = assigned(&mut source).await;
    source.start(&mine, None).await.unwrap();
    let error = source.start(&mine, None).await.unwrap_err().to_string();
    assert!(error.contains("can be read only once"), "{error}");
}

#[tokio::test]
async fn after_an_error_the_source_says_so_again() {
    let folder = Folder::new();
    let mut source = FileSource::open([folder.file("a", "a\n")], lines(9)).unwrap();
    let mine = assigned(&mut source).await;
    source.start(&mine, Some(&Offset(7).into())).await.unwrap();
    let first = source.next().await.unwrap_err();
    assert_eq!(first.position(), Some((&mine, Offset(0))));
    assert!(
        source
            .next()
            .await
            .unwrap_err()
            .to_string()
            .contains("had stopped with an error")
    );
}

/// A reader like a terminal: it blocks until it is sent something.
struct Terminal(blocking::Receiver<&'static [u8]>);

impl std::io::Read for Terminal {
    fn read(&mut self, to: &mut [u8]) -> std::io::Result<usize> {
        let Ok(bytes) = self.0.recv() else {
            return Ok(0);
        };
        to[..bytes.len()].copy_from_slice(bytes);
        Ok(bytes.len())
    }
}

#[tokio::test]
async fn a_silent_pipe_holds_back_neither_what_came_nor_the_end_of_the_program() {
    let (keys, terminal) = blocking::sync_channel(9);
    for key in [&b"a"[..], b"b", b"\n", b"c\nd"] {
        keys.send(key).unwrap();
    }
    let mut source =
        FileSource::open([Input::reader("keys", Terminal(terminal))], lines(9)).unwrap();
    let mine = assigned(&mut source).await;
    source.start(&mine, None).await.unwrap();
    assert_eq!(batch(&mut source).await.0, b"ab\n");
    assert_eq!(batch(&mut source).await.0, b"c\n");
    assert!(
        timeout(Duration::from_millis(1), source.next())
            .await
            .is_err()
    );
    drop(source);
    drop(keys);
}

#[tokio::test]
async fn a_followed_file_idles_and_goes_on() {
    let folder = Folder::new();
    let at_end = AtEnd::Follow {
        poll: Duration::from_millis(1),
    };
    let mut source = FileSource::open([folder.file("a", "a\nb")], lines(9).at_end(at_end)).unwrap();
    let mine = assigned(&mut source).await;
    source.start(&mine, None).await.unwrap();
    assert_eq!(batch(&mut source).await.0, b"a\n");
    assert!(matches!(source.next().await.unwrap(), SourceEvent::Idle));
    folder.append("a", "\nc\n");
    assert_eq!(batch(&mut source).await.0, b"b\nc\n");
}

#[tokio::test(start_paused = true)]
async fn a_followed_file_has_no_name_before_its_first_record() {
    let folder = Folder::new();
    let options = lines(9).at_end(AtEnd::follow());
    let mut source = FileSource::open([folder.file("a", "{\"fir")], options).unwrap();
    assert_eq!(source.partition(), None);
    assert!(
        timeout(Duration::from_secs(9), source.next())
            .await
            .is_err()
    );
    folder.append("a", "st\":1}\n");
    let mine = assigned(&mut source).await;
    assert_eq!(source.partition(), Some(&mine));
    folder.append("a", "{}\n");
    let again = FileSource::open([folder.0.path().join("a")], options).unwrap();
    assert_eq!(again.partition(), Some(&mine), "growth is no new identity");
}

#[test]
fn the_name_tells_folder_beginning_and_company() {
    let (one, other) = (Folder::new(), Folder::new());
    let name = |paths: &[PathBuf]| {
        let source = FileSource::open(paths, FileOptions::default()).unwrap();
        source.partition().unwrap().to_string()
    };
    let (a, b) = (
        one.file("rides.ndjson", "1\n"),
        other.file("rides.ndjson", "1\n"),
    );
    let first = name(std::slice::from_ref(&a));
    let (readable, hash) = first.split_once('#').unwrap();
    assert_eq!((readable, hash.len()), ("file:rides.ndjson", 16));
    assert_ne!(first, name(std::slice::from_ref(&b)), "another folder");
    assert!(name(&[a.clone(), b.clone()]).starts_with("file:rides.ndjson+1#"));
    assert_ne!(
        name(&[a.clone(), b.clone()]),
        name(&[b, a.clone()]),
        "another order"
    );
    one.file("rides.ndjson", "1\n2\n");
    assert_eq!(first, name(std::slice::from_ref(&a)), "it grew");
    one.file("rides.ndjson", "2\n");
    assert_ne!(first, name(&[a]), "another beginning");
}
