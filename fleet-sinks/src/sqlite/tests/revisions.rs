//! Rows that replace earlier revisions.

use fleet_core::{
    EventTime, Offset, Row, TableRow,
    checkpoint::CheckpointStore,
    sink::TransactionalSink,
    table::{Column, Fields, Replaces},
};

use crate::{SqliteStore, testing::stores::Hour};

async fn write(store: &SqliteStore, rows: impl IntoIterator<Item = Hour>) {
    let mut store = store.clone();
    let mut table = store.table::<Hour>("hours").unwrap();
    let rows: Vec<_> = rows
        .into_iter()
        .map(|hour| Row::detached(EventTime::MIN, Offset(0), hour))
        .collect();
    let mut tx = store.begin().await.unwrap();
    let outcome = table.write(&mut tx, &rows).await.unwrap();
    assert!(outcome.rejected.is_empty(), "{outcome:?}");
    store.commit(tx, &[]).await.unwrap();
}

fn hours(store: &SqliteStore) -> Vec<(String, i64, i64)> {
    let sql = "SELECT place, revision, cars FROM hours ORDER BY place, cars";
    let read = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get(1)?, row.get(2)?));
    store
        .read("read", |db| db.prepare(sql)?.query_map([], read)?.collect())
        .unwrap()
}

#[tokio::test]
async fn the_highest_revision_holds_in_one_write_and_over_several() {
    let store = SqliteStore::open_in_memory("demo").unwrap();
    write(&store, [Hour("a", 0, 1), Hour("b", 0, 1), Hour("a", 1, 2)]).await;
    write(&store, [Hour("b", 1, 5), Hour("b", 2, 6), Hour("c", 0, 7)]).await;
    let wanted = [("a", 1, 2), ("b", 2, 6), ("c", 0, 7)];
    let wanted = wanted.map(|(place, revision, cars)| (place.to_owned(), revision, cars));
    assert_eq!(hours(&store), wanted);
}

#[tokio::test]
async fn a_first_result_of_another_input_is_a_row_of_its_own() {
    let store = SqliteStore::open_in_memory("demo").unwrap();
    write(&store, [Hour("a", 0, 1), Hour("a", 1, 2)]).await;
    write(&store, [Hour("a", 0, 10), Hour("a", 1, 11)]).await;
    let wanted = [("a", 1, 2), ("a", 1, 11)];
    let wanted = wanted.map(|(place, revision, cars)| (place.to_owned(), revision, cars));
    assert_eq!(hours(&store), wanted);
}

#[tokio::test]
async fn a_table_whose_key_is_no_column_of_it_is_refused() {
    #[derive(Debug)]
    struct Wrong;
    impl TableRow for Wrong {
        fn columns() -> &'static [Column] {
            const { &[Column::text("place")] }
        }
        fn replaces() -> Option<Replaces> {
            Some(Replaces {
                key: &["plaza"],
                revision: "place",
            })
        }
        fn write(&self, _: &mut dyn Fields) {}
    }
    let store = SqliteStore::open_in_memory("demo").unwrap();
    let error = store.table::<Wrong>("wrong").unwrap_err();
    assert!(error.to_string().contains("plaza"), "{error}");
}
