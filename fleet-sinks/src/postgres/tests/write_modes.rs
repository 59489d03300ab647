//! Appending, replacing and adding up rows in a table.

use fleet_core::{
    EventTime, Offset, Row, TableRow,
    checkpoint::CheckpointStore,
    sink::{Outcome, Sink, TransactionalSink},
    table::{Column, Fields, Value},
};

use crate::testing::postgres::Scratch;
use crate::{
    postgres::{Database, PostgresStore, TableOptions, WriteMode},
    testing::{Sample, stores::Hour},
};

/// The total of a place.
struct Sum(&'static str, i64, Option<f64>);

impl TableRow for Sum {
    fn columns() -> &'static [Column] {
        const {
            &[
                Column::text("place"),
                Column::integer("trips"),
                Column::real("km").nullable(),
            ]
        }
    }
    fn write(&self, to: &mut dyn Fields) {
        to.put(Value::Text(self.0));
        to.put(Value::Integer(self.1));
        to.put(Value::real_or_null(self.2));
    }
}

const SUMS: TableOptions = TableOptions {
    mode: WriteMode::Add { key: &["place"] },
    indexes: crate::Indexes::None,
};

fn rows<T>(of: impl IntoIterator<Item = T>) -> Vec<Row<T>> {
    of.into_iter()
        .map(|value| Row::detached(EventTime::MIN, Offset(0), value))
        .collect()
}

async fn write<T: TableRow + Send + Sync + 'static>(
    database: &Database,
    options: TableOptions,
    batch: impl IntoIterator<Item = T>,
) -> Outcome {
    let mut store = PostgresStore::open(database, "demo").await.unwrap();
    let mut table = store.table_with::<T>("results", options).await.unwrap();
    let mut tx = store.begin().await.unwrap();
    let outcome = table.write(&mut tx, &rows(batch)).await.unwrap();
    store.commit(tx, &[]).await.unwrap();
    outcome
}

const AS_RECORD: TableOptions = TableOptions {
    mode: WriteMode::AsDeclared,
    indexes: crate::Indexes::None,
};

#[tokio::test]
async fn the_highest_revision_holds_in_one_write_and_over_several() {
    let Some(scratch) = Scratch::new().await else {
        return;
    };
    let database = scratch.open().await;
    write(
        &database,
        AS_RECORD,
        [Hour("a", 0, 1), Hour("b", 0, 1), Hour("a", 1, 2)],
    )
    .await;
    write(
        &database,
        AS_RECORD,
        [Hour("b", 2, 6), Hour("b", 1, 5), Hour("c", 0, 7)],
    )
    .await;
    write(&database, AS_RECORD, [Hour("b", 0, 9), Hour("a", 0, 9)]).await;
    let found = scratch
        .texts("SELECT concat_ws(' ', place, revision, cars) FROM results ORDER BY place")
        .await;
    assert_eq!(found, ["a 1 2", "b 2 6", "c 0 7"]);
}

#[tokio::test]
async fn state_never_goes_back_in_time_and_of_equal_times_the_later_row_holds() {
    let Some(scratch) = Scratch::new().await else {
        return;
    };
    let database = scratch.open().await;
    let events: Vec<_> = (0..400_i64)
        .map(|n| {
            Hour(
                ["a", "b", "c", "d"][usize::try_from(n * n % 4).unwrap()],
                (n * 7919) % 53,
                n,
            )
        })
        .collect();
    let mut newest = std::collections::BTreeMap::new();
    for Hour(place, time, cars) in &events {
        let known = newest.entry(*place).or_insert((*time, *cars));
        if *time >= known.0 {
            *known = (*time, *cars);
        }
    }
    let expected: Vec<_> = newest
        .iter()
        .map(|(place, (time, cars))| format!("{place} {time} {cars}"))
        .collect();
    let latest = TableOptions {
        mode: WriteMode::Latest {
            key: &["place"],
            time: "revision",
        },
        ..AS_RECORD
    };
    // However the rows are split into writes.
    for size in [1, 7, 400] {
        scratch.execute("DROP TABLE IF EXISTS results").await;
        let mut sink = database.sink_with::<Hour>("results", latest).await.unwrap();
        for batch in events.chunks(size) {
            assert_eq!(
                sink.write(&rows(batch.to_vec())).await.unwrap(),
                Outcome::default()
            );
        }
        let found = scratch
            .texts("SELECT concat_ws(' ', place, revision, cars) FROM results ORDER BY place")
            .await;
        assert_eq!(found, expected, "writes of {size}");
    }
}

#[tokio::test]
async fn sums_are_added_up_within_a_write_and_over_several() {
    let Some(scratch) = Scratch::new().await else {
        return;
    };
    let database = scratch.open().await;
    write(
        &database,
        SUMS,
        [
            Sum("a", 1, Some(0.5)),
            Sum("b", 1, None),
            Sum("a", 2, Some(0.25)),
        ],
    )
    .await;
    write(
        &database,
        SUMS,
        [
            Sum("b", 4, None),
            Sum("c", 5, Some(8.0)),
            Sum("a", 10, None),
        ],
    )
    .await;
    write(&database, SUMS, [Sum("b", 0, Some(2.0))]).await;
    let found = scratch
        .texts("SELECT concat_ws(' ', place, trips, km) FROM results ORDER BY place")
        .await;
    assert_eq!(found, ["a 13 0.75", "b 5 2", "c 5 8"]);
}

#[tokio::test]
async fn a_sum_that_overflows_costs_only_the_row_that_makes_it() {
    let Some(scratch) = Scratch::new().await else {
        return;
    };
    let database = scratch.open().await;
    let batch = [
        Sum("a", i64::MAX, None),
        Sum("b", 1, None),
        Sum("a", 1, None),
        Sum("c", 1, None),
    ];
    let outcome = write(&database, SUMS, batch).await;
    let refused: Vec<_> = outcome.rejected.iter().map(|row| row.index).collect();
    assert_eq!(refused, [2]);
    assert!(outcome.rejected[0].reason.contains("22003"));
    assert_eq!(
        scratch.texts("SELECT place FROM results ORDER BY 1").await,
        ["a", "b", "c"]
    );
}

#[tokio::test]
async fn a_newer_row_that_is_refused_leaves_its_place_to_the_one_before() {
    let Some(scratch) = Scratch::new().await else {
        return;
    };
    let database = scratch.open().await;
    scratch
        .execute("CREATE TABLE results (place text PRIMARY KEY, revision bigint, cars bigint CHECK (cars < 100))")
        .await;
    let batch = [
        Hour("a", 0, 1),
        Hour("a", 1, 100),
        Hour("b", 0, 1),
        Hour("a", 2, 101),
        Hour("a", 0, 2),
    ];
    let outcome = write(&database, AS_RECORD, batch).await;
    let refused: Vec<_> = outcome.rejected.iter().map(|row| row.index).collect();
    assert_eq!(refused, [1, 3]);
    let found = scratch
        .texts("SELECT concat_ws(' ', place, revision, cars) FROM results ORDER BY place")
        .await;
    assert_eq!(found, ["a 0 2", "b 0 1"]);
}

#[tokio::test]
async fn a_newer_row_that_does_not_fit_leaves_its_place_to_the_one_before() {
    let Some(scratch) = Scratch::new().await else {
        return;
    };
    let database = scratch.open().await;
    let latest = TableOptions {
        mode: WriteMode::Latest {
            key: &["text"],
            time: "integer",
        },
        ..AS_RECORD
    };
    let sample = |text: &str, integer, real| Sample {
        real,
        integer,
        ..Sample::new(text)
    };
    let batch = [
        sample("a", 1, 0.5),
        sample("a", 3, f64::NAN),
        sample("b", 1, f64::INFINITY),
        sample("a", 2, f64::NAN),
        sample("c\0", 1, 0.5),
    ];
    let outcome = write(&database, latest, batch).await;
    let refused: Vec<_> = outcome.rejected.iter().map(|row| row.index).collect();
    assert_eq!(refused, [1, 2, 3, 4]);
    let found = scratch
        .texts("SELECT concat_ws(' ', text, integer) FROM results")
        .await;
    assert_eq!(found, ["a 1"]);
}

#[tokio::test]
async fn writes_of_one_transaction_and_of_the_next_find_an_empty_stage() {
    let Some(scratch) = Scratch::new().await else {
        return;
    };
    let database = scratch.open().await;
    let mut store = PostgresStore::open(&database, "demo").await.unwrap();
    let mut table = store.table_with::<Sum>("results", SUMS).await.unwrap();
    // A rollback removes the staging table that its transaction made, and empties an older one.
    for (writes, commits) in [(1, false), (2, true), (1, true), (3, false), (2, true)] {
        let mut tx = store.begin().await.unwrap();
        for _ in 0..writes {
            let batch = rows([Sum("a", 1, None), Sum("b", 10, None)]);
            table.write(&mut tx, &batch).await.unwrap();
        }
        if commits {
            store.commit(tx, &[]).await.unwrap();
        }
    }
    let found = scratch
        .texts("SELECT concat_ws(' ', place, trips) FROM results ORDER BY place")
        .await;
    assert_eq!(found, ["a 5", "b 50"]);
}

#[tokio::test]
async fn a_key_may_have_columns_that_the_server_fills_in() {
    let Some(scratch) = Scratch::new().await else {
        return;
    };
    let database = scratch.open().await;
    scratch
        .execute(
            "CREATE TABLE results (tenant text NOT NULL DEFAULT 'ours', place text, revision integer, cars numeric,
                 PRIMARY KEY (tenant, place)) PARTITION BY LIST (tenant);
             CREATE TABLE ours PARTITION OF results FOR VALUES IN ('ours');
             CREATE TABLE theirs PARTITION OF results FOR VALUES IN ('theirs');
             INSERT INTO results VALUES ('theirs', 'a', 9, 9)",
        )
        .await;
    write(&database, AS_RECORD, [Hour("a", 0, 1), Hour("a", 1, 2)]).await;
    let found = scratch
        .texts("SELECT concat_ws(' ', tenant, place, revision, cars) FROM results ORDER BY 1")
        .await;
    assert_eq!(found, ["ours a 1 2", "theirs a 9 9"]);
}

#[tokio::test]
async fn rows_that_replace_need_a_unique_index_of_their_key() {
    let Some(scratch) = Scratch::new().await else {
        return;
    };
    let database = scratch.open().await;
    scratch
        .execute(
            "CREATE TABLE results (place text NOT NULL, revision bigint, cars bigint);
             CREATE UNIQUE INDEX ON results (place, revision);
             CREATE UNIQUE INDEX ON results (place) WHERE cars > 5; CREATE INDEX ON results (place)",
        )
        .await;
    let store = PostgresStore::open(&database, "demo").await.unwrap();
    let error = store.table::<Hour>("results").await.unwrap_err();
    assert!(
        error
            .to_string()
            .contains("no unique index of the columns place"),
        "{error}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn writers_of_the_same_keys_wait_for_each_other_instead_of_dying() {
    const NAMES: [&str; 8] = ["a", "b", "c", "d", "e", "f", "g", "h"];
    let Some(scratch) = Scratch::new().await else {
        return;
    };
    let database = scratch.open().await;
    let mut writers = Vec::new();
    for writer in 0..4_i64 {
        let mut sink = database.sink_with::<Sum>("results", SUMS).await.unwrap();
        writers.push(tokio::spawn(async move {
            for turn in 0..25_i64 {
                // In a different, unsorted order each time.
                let place = |n: usize| NAMES[(n * 3 + usize::try_from(writer + turn).unwrap()) % 8];
                let batch = rows((0..8).map(|n| Sum(place(n), 1, None)));
                assert_eq!(sink.write(&batch).await.unwrap(), Outcome::default());
            }
        }));
    }
    for writer in writers {
        writer.await.unwrap();
    }
    assert_eq!(
        scratch
            .number("SELECT sum(trips)::bigint FROM results")
            .await,
        4 * 25 * 8
    );
}
