//! Files with a store: what a crash or a fence leaves is cut off.

use std::{fs, io::Write as _};

use fleet_core::{
    ErrorKind, Partition,
    checkpoint::{CheckpointStore, Committed},
    sink::TransactionalSink,
    testing::conformance::{Rows, checkpoint_store, fencing_by_token, sealed, transactional_sink},
};

use crate::{
    files::FileStore,
    testing::{Bent, Other, Sample},
};

async fn write(store: &mut FileStore, text: &str) {
    let mut table = store.ndjson::<Sample>("samples").unwrap();
    let mut csv = store.csv::<Sample>("samples").unwrap();
    let mut tx = store.begin().await.unwrap();
    for _ in 0..2 {
        table
            .write(&mut tx, &[Sample::new(text).row()])
            .await
            .unwrap();
        csv.write(&mut tx, &[Sample::new(text).row()])
            .await
            .unwrap();
    }
    assert_eq!(store.commit(tx, &[]).await.unwrap(), Committed::Done);
}

#[tokio::test]
async fn a_folder_is_a_checkpoint_store() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("made").join("deep");
    let open = || FileStore::open(&path, "demo").unwrap();
    checkpoint_store(open).await;
    fencing_by_token(open).await;
}

#[tokio::test]
async fn rows_of_a_fenced_or_dropped_transaction_are_cut_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let mut store = FileStore::open(folder.path(), "demo").unwrap();
    write(&mut store, "kept").await;
    let path = folder.path().join("samples.csv");
    let kept = fs::read(&path).unwrap();
    let partition = Partition::from("p/0");
    let zombie = store.claim(&partition).await.unwrap();
    store.claim(&partition).await.unwrap();
    let mut csv = store.csv::<Sample>("samples").unwrap();
    for fenced in [true, false] {
        let mut tx = store.begin().await.unwrap();
        csv.write(&mut tx, &[Sample::new("lost").row()])
            .await
            .unwrap();
        assert!(fs::read(&path).unwrap().len() > kept.len());
        if fenced {
            let epoch = [sealed(&partition, &zombie, 1)];
            let committed = store.commit(tx, &epoch).await.unwrap();
            assert_eq!(committed, Committed::Fenced(vec![partition.clone()]));
        } else {
            drop(tx);
        }
        assert_eq!(fs::read(&path).unwrap(), kept);
    }
    let summary = store.summary().unwrap();
    assert_eq!(summary.tables["samples.csv"], 2);
    assert_eq!(summary.tables["samples.ndjson"], 2);
}

#[tokio::test]
async fn what_a_crash_left_behind_is_cut_when_the_file_is_opened() {
    let folder = tempfile::tempdir().unwrap();
    let mut store = FileStore::open(folder.path(), "demo").unwrap();
    write(&mut store, "kept").await;
    drop(store);
    let path = folder.path().join("samples.ndjson");
    let kept = fs::read(&path).unwrap();
    let mut file = fs::OpenOptions::new().append(true).open(&path).unwrap();
    file.write_all(b"{\"text\":\"whole, but not committed\"}\n{\"to")
        .unwrap();
    let store = FileStore::open(folder.path(), "demo").unwrap();
    store.ndjson::<Sample>("samples").unwrap();
    assert_eq!(fs::read(&path).unwrap(), kept);
}

/// Another process may die in a transaction while this one has its tables open.
#[tokio::test]
async fn what_another_process_left_behind_is_cut_before_rows_are_appended() {
    let folder = tempfile::tempdir().unwrap();
    let mut store = FileStore::open(folder.path(), "demo").unwrap();
    let mut table = store.ndjson::<Sample>("samples").unwrap();
    let path = folder.path().join("samples.ndjson");
    fs::write(&path, "left behind\n".repeat(1000)).unwrap();
    let mut tx = store.begin().await.unwrap();
    let rows = [Sample::new("x").row()];
    table.write(&mut tx, &rows).await.unwrap();
    store.commit(tx, &[]).await.unwrap();
    let text = fs::read_to_string(&path).unwrap();
    assert!(text.starts_with("{\"text\":\"x\"") && text.lines().count() == 1);
}

#[tokio::test]
async fn a_file_that_lost_rows_is_an_error_until_the_pipeline_is_wiped() {
    let folder = tempfile::tempdir().unwrap();
    let mut store = FileStore::open(folder.path(), "demo").unwrap();
    write(&mut store, "kept").await;
    let path = folder.path().join("samples.csv");
    let mut csv = store.csv::<Sample>("samples").unwrap();
    for gone in [false, true] {
        if gone {
            fs::remove_file(&path).unwrap();
        } else {
            fs::write(&path, "text").unwrap();
        }
        let error = store.csv::<Sample>("samples").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config);
        assert!(error.to_string().contains("rows are lost"), "{error}");
        let mut tx = store.begin().await.unwrap();
        let rows = [Sample::new("more").row()];
        assert!(csv.write(&mut tx, &rows).await.is_err());
        drop(tx);
    }
    store.wipe().unwrap();
    assert_eq!(fs::read(folder.path().join("samples.ndjson")).unwrap(), b"");
    write(&mut store, "again").await;
    let text = fs::read_to_string(&path).unwrap();
    assert_eq!(text.lines().count(), 3, "{text}");
}

#[tokio::test]
async fn files_of_someone_else_are_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("samples.ndjson");
    fs::write(&path, "{}\n").unwrap();
    let mut store = FileStore::open(folder.path(), "demo").unwrap();
    let error = store.ndjson::<Sample>("samples").unwrap_err();
    assert!(error.to_string().contains("did not write"), "{error}");
    assert_eq!(fs::read(&path).unwrap(), b"{}\n");
    fs::remove_file(&path).unwrap();
    write(&mut store, "x").await;
    let error = store.csv::<Other>("samples").unwrap_err();
    assert!(error.to_string().contains("other columns"), "{error}");
    for bad in ["../up", "", "A"] {
        assert!(store.csv::<Sample>(bad).is_err());
    }
}

#[tokio::test]
async fn tables_are_transactional_sinks() {
    let folder = tempfile::tempdir().unwrap();
    let open = || FileStore::open(folder.path(), "demo").unwrap();
    let bad = || Sample::bad().row();
    for name in ["samples.ndjson", "samples.csv"] {
        let stored = || open().summary().unwrap().tables.get(name).copied();
        let rows = Rows {
            good: &|n| Sample::new(&n.to_string()).row(),
            bad: Some(&bad),
            stored: &|| Some(stored().unwrap_or(0)),
        };
        let both = || {
            let store = open();
            let table = match name {
                "samples.csv" => store.csv::<Sample>("samples").unwrap(),
                _ => store.ndjson::<Sample>("samples").unwrap(),
            };
            (store, table)
        };
        transactional_sink(both, &rows).await;
    }
}

#[tokio::test]
async fn a_row_of_another_shape_than_its_type_fails_the_write() {
    for how in Bent::WAYS {
        let folder = tempfile::tempdir().unwrap();
        let mut store = FileStore::open(folder.path(), "demo").unwrap();
        let rows = [Bent::Straight.row(), how.row()];
        for mut table in [
            store.ndjson::<Bent>("bent").unwrap(),
            store.csv::<Bent>("bent").unwrap(),
        ] {
            let mut tx = store.begin().await.unwrap();
            how.assert_refused(&table.write(&mut tx, &rows).await.unwrap_err());
            drop(tx);
            let file = fs::read(folder.path().join(table.name())).unwrap();
            assert_eq!(file, b"", "{}", table.name());
        }
    }
}
