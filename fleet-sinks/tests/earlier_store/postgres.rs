//! The same for a PostgreSQL store, restored from a dump.

use fleet_sinks::{
    PostgresStore,
    postgres::{
        Database, PostgresOptions,
        tokio_postgres::{self, Client, NoTls},
    },
};

use super::{
    PIPELINE, assert_earlier_letters, assert_same, assert_unfinished, claims, fixture, graph,
};

async fn client(url: &str) -> Client {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}

/// A database of this name, made anew, and its URL.
async fn database(server: &str, name: &str) -> String {
    let drop = format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)");
    let admin = client(server).await;
    admin.batch_execute(&drop).await.unwrap();
    let create = format!("CREATE DATABASE {name}");
    admin.batch_execute(&create).await.unwrap();
    let (front, query) = server.split_once('?').unwrap_or((server, ""));
    let (host, _) = front.rsplit_once('/').unwrap();
    format!("{host}/{name}?{query}")
}

async fn open(url: &str) -> PostgresStore {
    let database = Database::connect(url, PostgresOptions::default());
    let database = Box::pin(database).await.unwrap();
    PostgresStore::open(&database, PIPELINE).await.unwrap()
}

async fn run(store: &PostgresStore) {
    let minutes = store.table("minutes").await.unwrap();
    let pauses = store.table("pauses").await.unwrap();
    graph::run(store.clone(), minutes, pauses).await.unwrap();
}

/// Rows of results, dead letters and totals, as sorted text.
async fn rows(url: &str) -> Vec<String> {
    let all = r#"
        SELECT 'minutes ' || t::text FROM minutes t
        UNION ALL SELECT 'pauses ' || t::text FROM pauses t
        UNION ALL SELECT 'tallies ' || t::text FROM fleet_stream.tallies t
        UNION ALL SELECT 'dead_letters ' || (partition, "offset", stage, reason, raw, length, id, ordinal)::text
            FROM fleet_stream.dead_letters
        ORDER BY 1"#;
    let rows = client(url).await.query(all, &[]).await.unwrap();
    rows.iter().map(|row| row.get(0)).collect()
}

#[tokio::test]
async fn a_postgres_store_of_an_earlier_version_is_resumed() {
    let Some(server) = xtask::postgres::for_tests() else {
        return;
    };
    let name = format!("fleet_earlier_{}", std::process::id());
    let names = [format!("{name}_dump"), format!("{name}_fresh")];
    let [earlier, fresh] = [
        database(server, &names[0]).await,
        database(server, &names[1]).await,
    ];
    let dump = std::fs::read_to_string(fixture("postgres.sql")).unwrap();
    client(&earlier).await.batch_execute(&dump).await.unwrap();

    let mut resumed = open(&earlier).await;
    assert_earlier_letters(&resumed.dead_letters(99).await.unwrap());
    assert_unfinished(&claims(&mut resumed).await);
    run(&resumed).await;
    let mut whole = open(&fresh).await;
    run(&whole).await;

    let summary = whole.summary().await.unwrap();
    assert!(summary.ended);
    assert_eq!(resumed.summary().await.unwrap(), summary);
    assert_same(&claims(&mut resumed).await, &claims(&mut whole).await);
    assert_eq!(rows(&earlier).await, rows(&fresh).await);
    drop((resumed, whole));
    for name in names {
        let drop = format!("DROP DATABASE {name} WITH (FORCE)");
        client(server).await.batch_execute(&drop).await.unwrap();
    }
}
