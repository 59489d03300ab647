//! Migrations against a server: concurrency, changed histories, functions and TimescaleDB.

mod timescale;

use std::collections::BTreeSet;

use fleet_core::event::AccessRoles;
use rand::{Rng, SeedableRng, seq::IndexedRandom};

use super::*;
use crate::testing::postgres::Scratch;

#[test]
fn every_file_of_the_folder_is_applied_in_the_order_of_its_number() {
    let there: BTreeSet<_> = ["store", "fleet"]
        .into_iter()
        .flat_map(|folder| {
            let folder = format!("{}/migrations/{folder}", env!("CARGO_MANIFEST_DIR"));
            std::fs::read_dir(folder).unwrap()
        })
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.starts_with('V'))
        .collect();
    let files = Migrations::Fleet.files();
    let listed = files
        .iter()
        .map(|file| format!("V{}__{}.sql", file.version, file.name));
    assert_eq!(there, listed.collect());
    assert!(files.is_sorted_by(|a, b| a.version < b.version));
}

#[tokio::test]
async fn of_two_that_migrate_at_once_one_applies_and_the_other_finds_nothing_to_do() {
    let Some(scratch) = Scratch::new().await else {
        return;
    };
    let (one, two) = (scratch.open().await, scratch.open().await);
    let (one, two) = tokio::join!(
        migrate(&one, Migrations::Fleet),
        migrate(&two, Migrations::Fleet)
    );
    let mut applied = [one.unwrap().applied.len(), two.unwrap().applied.len()];
    applied.sort_unstable();
    assert_eq!(applied, [0, Migrations::Fleet.files().len()]);
    let again = migrate(&scratch.open().await, Migrations::Store)
        .await
        .unwrap();
    assert_eq!(again, Migrated { applied: vec![] });
}

#[tokio::test]
async fn dead_letters_that_were_there_before_a_migration_have_ids_after_it() {
    let Some(scratch) = Scratch::new().await else {
        return;
    };
    let database = scratch.open().await;
    migrate(&database, Migrations::Fleet).await.unwrap();
    scratch
        .execute(
            "DROP VIEW fleet.v_dead_letters;
             ALTER TABLE fleet_stream.dead_letters DROP COLUMN id, DROP COLUMN ordinal;
             DELETE FROM fleet_stream.layout WHERE version = 3;
             DELETE FROM fleet_stream.migrations WHERE version IN (9, 10);
             INSERT INTO fleet_stream.dead_letters (pipeline, partition, \"offset\", stage, reason, raw, length)
             SELECT 'demo', 'p/0', 7, 'rows', 'bad', 'x', 1 FROM generate_series(1, 3)",
        )
        .await;
    let applied = migrate(&database, Migrations::Fleet).await.unwrap().applied;
    assert_eq!(applied, [9, 10]);
    let store = crate::PostgresStore::open(&database, "demo").await.unwrap();
    let letters = store.dead_letters(9).await.unwrap();
    for (ordinal, stored) in (0..).zip(&letters) {
        assert_eq!(stored.letter.ordinal, ordinal);
        assert_eq!(stored.id, stored.letter.id("demo", &stored.partition));
    }
    let seen = "SELECT count(DISTINCT id) FROM fleet_stream.dead_letters";
    assert_eq!((letters.len(), scratch.number(seen).await), (3, 3));
}

#[tokio::test]
async fn a_store_that_made_its_tables_itself_gets_a_fleet_later() {
    let Some(scratch) = Scratch::new().await else {
        return;
    };
    let database = scratch.open().await;
    let mut store = crate::PostgresStore::open(&database, "demo").await.unwrap();
    crate::testing::stores::commit(&mut store, "p/0", |sealed| {
        let letter = crate::testing::stores::letter(1, "decode", "bad", b"x");
        sealed.dead = vec![letter];
    })
    .await;
    let applied = migrate(&database, Migrations::Fleet).await.unwrap().applied;
    assert_eq!(applied.len(), Migrations::Fleet.files().len());
    let own =
        "SELECT count(*) FROM fleet_stream.dead_letters WHERE seq = 1 AND owner_tenant IS NULL";
    assert_eq!(scratch.number(own).await, 1);
    // Nothing is left of an attempt to add what is there.
    let sequences = "SELECT count(*) FROM pg_sequences WHERE schemaname = 'fleet_stream'";
    assert_eq!(scratch.number(sequences).await, 2);
    assert_eq!(store.dead_letters(9).await.unwrap().len(), 1);
    // A store goes on if the fleet is dropped.
    scratch.execute("DROP SCHEMA fleet CASCADE").await;
    crate::testing::stores::commit(&mut store, "p/1", |sealed| {
        let letter = crate::testing::stores::letter(1, "decode", "bad", b"x");
        sealed.dead = vec![letter];
    })
    .await;
    assert_eq!(store.dead_letters(9).await.unwrap().len(), 2);
}

#[tokio::test]
async fn a_database_with_another_history_is_refused() {
    let Some(scratch) = Scratch::new().await else {
        return;
    };
    let database = scratch.open().await;
    migrate(&database, Migrations::Fleet).await.unwrap();
    let admin = scratch.admin().await;
    for (change, word) in [
        (
            "INSERT INTO fleet_stream.migrations VALUES (900, 'later', 1)",
            "newer",
        ),
        (
            "DELETE FROM fleet_stream.migrations WHERE version = 900;
             UPDATE fleet_stream.migrations SET checksum = checksum + 1 WHERE version = 3",
            "V3__events, which was changed",
        ),
    ] {
        admin.batch_execute(change).await.unwrap();
        let error = migrate(&database, Migrations::Fleet).await.unwrap_err();
        assert!(error.to_string().contains(word), "{error}");
        assert!(!error.is_retryable());
    }
}

#[tokio::test]
async fn demo_rows_are_added_once_and_only_when_asked_for() {
    let Some(scratch) = Scratch::new().await else {
        return;
    };
    let database = scratch.open().await;
    migrate(&database, Migrations::Fleet).await.unwrap();
    let admin = scratch.admin().await;
    let vehicles = async || -> i64 {
        let sql = "SELECT count(*) FROM fleet.vehicles";
        admin.query_one(sql, &[]).await.unwrap().get(0)
    };
    assert_eq!(vehicles().await, 0);
    for _ in 0..2 {
        seed_demo(&database).await.unwrap();
        // Two customers with six territories of five vehicles each, and twenty vehicles of
        // VehicleOps.
        assert_eq!(vehicles().await, 2 * 6 * 5 + 20);
    }
}

#[tokio::test]
async fn prop_the_server_reads_access_roles_as_we_do() {
    let Some(scratch) = Scratch::new().await else {
        return;
    };
    migrate(&scratch.open().await, Migrations::Fleet)
        .await
        .unwrap();
    let admin = scratch.admin().await;
    let mut random = rand_pcg::Pcg64Mcg::seed_from_u64(3);
    let parts = [
        "territory_west_1",
        "TERRITORY_WEST_10",
        "a",
        " ",
        "",
        ",",
        ",,",
        "Admin_All",
        "\t",
        "%",
        "_",
        "é",
    ];
    let mut texts: Vec<String> = [",", "", ",a,", "a,b"].map(String::from).into();
    texts.extend((0..300).map(|_| {
        let count = random.random_range(0..6);
        (0..count)
            .map(|_| *parts.choose(&mut random).unwrap())
            .collect()
    }));
    for text in texts {
        let row = admin
            .query_one("SELECT fleet.parse_roles($1)", &[&text])
            .await
            .unwrap();
        let theirs: BTreeSet<String> = row.get::<_, Vec<String>>(0).into_iter().collect();
        let ours = AccessRoles::parse(&text)
            .iter()
            .map(str::to_owned)
            .collect();
        assert_eq!(theirs, ours, "{text:?}");
    }
}

/// The number of rows in each partition, as `partition rows`.
async fn telemetry_by_partition(admin: &tokio_postgres::Client) -> Vec<String> {
    let sql = "SELECT format('%s %s', tableoid::regclass, count(*)) FROM fleet.telemetry GROUP BY tableoid ORDER BY 1";
    let rows = admin.query(sql, &[]).await.unwrap();
    rows.iter().map(|row| row.get(0)).collect()
}

#[tokio::test]
async fn partitions_are_made_ahead_take_over_what_lay_in_the_rest_and_are_dropped_in_time() {
    let Some(scratch) = Scratch::new().await else {
        return;
    };
    migrate(&scratch.open().await, Migrations::Fleet)
        .await
        .unwrap();
    let admin = scratch.admin().await;
    admin
        .batch_execute(
            "INSERT INTO fleet.telemetry (tenant, vehicle_id, time, access_roles)
             SELECT 'a', 'car', at, ',X,' FROM unnest(ARRAY['2018-01-01Z', '2026-03-01 00:00Z',
                '2026-03-01 23:59:59.999999Z', '2026-03-02 00:00Z']::timestamptz[]) AS at",
        )
        .await
        .unwrap();
    assert_eq!(
        telemetry_by_partition(&admin).await,
        ["fleet.telemetry_rest 4"]
    );

    let maintain = async |at: &str| {
        let sql =
            format!("SELECT table_name::text, made, dropped FROM fleet.maintain('{at}', '3 days')");
        let rows = admin.query(&sql, &[]).await.unwrap();
        let telemetry = rows
            .iter()
            .find(|row| row.get::<_, &str>(0) == "telemetry")
            .unwrap();
        (telemetry.get::<_, i32>(1), telemetry.get::<_, i32>(2))
    };
    // Yesterday, today and three days ahead; the year 2018 is beyond retention.
    assert_eq!(maintain("2026-03-02 00:00Z").await, (4, 0));
    assert_eq!(
        telemetry_by_partition(&admin).await,
        ["fleet.telemetry_20260301 2", "fleet.telemetry_20260302 1"]
    );
    assert_eq!(maintain("2026-03-02 00:00Z").await, (0, 0));
    let roles = admin
        .query("SELECT DISTINCT roles FROM fleet.telemetry", &[])
        .await
        .unwrap();
    assert_eq!(roles.len(), 1);
    assert_eq!(roles[0].get::<_, Vec<String>>(0), ["x"]);

    // 90 days later the first two days are beyond retention, and the others are not.
    assert_eq!(maintain("2026-06-01 00:00Z").await, (4, 2));
    assert!(telemetry_by_partition(&admin).await.is_empty());
}
