//! Pooled connections against a server: deadlines, cleaning, cancelled calls and errors.

use std::time::Duration;

use fleet_core::ErrorKind;

use crate::postgres::{Database, PostgresConnection, PostgresOptions};
use crate::testing::postgres::Scratch;

/// A pool of one connection, so that the next user gets the same one if it is reused.
fn one() -> PostgresOptions {
    PostgresOptions {
        pool_size: 1,
        ..PostgresOptions::default()
    }
}

async fn backend(connection: &PostgresConnection) -> i32 {
    let asked = connection
        .client()
        .query_one("SELECT pg_backend_pid()", &[]);
    connection.run("ask", asked).await.unwrap().get(0)
}

async fn setting(connection: &PostgresConnection, name: &str) -> Option<String> {
    let asked = async {
        let sql = "SELECT current_setting($1, true)";
        connection.client().query_one(sql, &[&name]).await
    };
    connection.run("ask", asked).await.unwrap().get(0)
}

#[tokio::test]
async fn deadlines_are_set_on_the_server_too() {
    let Some(scratch) = Scratch::new().await else {
        return;
    };
    let connection = scratch.open().await.connection().await.unwrap();
    for (name, value) in [
        ("statement_timeout", "30s"),
        ("lock_timeout", "10s"),
        ("idle_in_transaction_session_timeout", "5s"),
        ("application_name", "fleet"),
        ("transaction_read_only", "off"),
    ] {
        assert_eq!(
            setting(&connection, name).await.as_deref(),
            Some(value),
            "{name}"
        );
    }
}

#[tokio::test]
async fn the_next_user_finds_nothing_of_the_last() {
    let Some(scratch) = Scratch::new().await else {
        return;
    };
    let database = scratch.open_with(one()).await;
    let first = database.connection().await.unwrap();
    let pid = backend(&first).await;
    let traces =
        "SET statement_timeout = 0; SET app.tenant = 'a'; CREATE TEMP TABLE left_behind (a int);
         SELECT pg_advisory_lock(7); BEGIN; CREATE TABLE never (a int)";
    first
        .run("leave traces in", first.client().batch_execute(traces))
        .await
        .unwrap();
    drop(first);
    let next = database.connection().await.unwrap();
    assert_eq!(backend(&next).await, pid, "the same connection");
    assert_eq!(
        setting(&next, "statement_timeout").await.as_deref(),
        Some("30s")
    );
    assert_eq!(setting(&next, "app.tenant").await.unwrap_or_default(), "");
    let asked = "SELECT (SELECT count(*) FROM pg_class WHERE relname IN ('left_behind', 'never'))
         + (SELECT count(*) FROM pg_locks WHERE locktype = 'advisory')";
    let left: i64 = next
        .run("ask", next.client().query_one(asked, &[]))
        .await
        .unwrap()
        .get(0);
    assert_eq!(left, 0);
}

#[tokio::test]
async fn a_dropped_transaction_lets_go_at_once() {
    let Some(scratch) = Scratch::new().await else {
        return;
    };
    let database = scratch.open().await;
    let admin = scratch.admin().await;
    admin.batch_execute("CREATE TABLE t (a int)").await.unwrap();
    let tx = database.begin().await.unwrap();
    tx.run(
        "lock",
        tx.client()
            .batch_execute("LOCK TABLE t; INSERT INTO t VALUES (1)"),
    )
    .await
    .unwrap();
    drop(tx);
    // Meanwhile nobody takes a connection from the pool.
    admin
        .batch_execute("SET lock_timeout = '5s'")
        .await
        .unwrap();
    let rows = admin
        .query_one("SELECT count(*) FROM t", &[])
        .await
        .unwrap();
    assert_eq!(rows.get::<_, i64>(0), 0);
}

#[tokio::test]
async fn a_connection_whose_call_was_dropped_is_never_given_out_again() {
    let Some(scratch) = Scratch::new().await else {
        return;
    };
    let database = scratch.open_with(one()).await;
    let connection = database.connection().await.unwrap();
    let pid = backend(&connection).await;
    let sleeping = connection.run(
        "sleep in",
        connection.client().batch_execute("SELECT pg_sleep(60)"),
    );
    assert!(
        tokio::time::timeout(Duration::from_millis(50), sleeping)
            .await
            .is_err()
    );
    let error = connection
        .run("go on in", connection.client().batch_execute("SELECT 1"))
        .await
        .unwrap_err();
    assert!(
        error.is_retryable() && error.to_string().contains("given up"),
        "{error}"
    );
    drop(connection);
    assert_ne!(backend(&database.connection().await.unwrap()).await, pid);
}

#[tokio::test]
async fn a_call_without_an_answer_is_given_up_later_than_the_server_does() {
    let Some(scratch) = Scratch::new().await else {
        return;
    };
    let options = PostgresOptions {
        statement_timeout: Duration::from_millis(50),
        ..one()
    };
    let database = scratch.open_with(options).await;
    let connection = database.connection().await.unwrap();
    let slow = connection.client().batch_execute("SELECT pg_sleep(60)");
    let error = connection.run("wait in", slow).await.unwrap_err();
    assert!(error.is_retryable(), "{error}");
    assert!(
        error.to_string().contains("57014"),
        "the server's own word: {error}"
    );
    // The answer arrived, so the connection is reused.
    backend(&connection).await;
}

#[tokio::test]
async fn a_full_pool_is_a_fault_that_passes() {
    let Some(scratch) = Scratch::new().await else {
        return;
    };
    let options = PostgresOptions {
        pool_timeout: Duration::from_millis(20),
        ..one()
    };
    let database = scratch.open_with(options).await;
    let held = database.connection().await.unwrap();
    let error = database.connection().await.unwrap_err();
    assert!(
        error.is_retryable() && error.to_string().contains("pool_size"),
        "{error}"
    );
    drop(held);
    database.connection().await.unwrap();
}

#[tokio::test]
async fn a_commit_after_a_failed_statement_is_an_error() {
    let Some(scratch) = Scratch::new().await else {
        return;
    };
    let database = scratch.open().await;
    let tx = database.begin().await.unwrap();
    tx.run(
        "write to",
        tx.client().batch_execute("CREATE TABLE t (a int)"),
    )
    .await
    .unwrap();
    tx.run("fail in", tx.client().batch_execute("SELECT 1/0"))
        .await
        .unwrap_err();
    // On its own, COMMIT would roll back and report success.
    let error = tx.commit().await.unwrap_err();
    assert!(error.to_string().contains("25P02"), "{error}");

    let tx = database.begin().await.unwrap();
    tx.run("end", tx.client().batch_execute("ROLLBACK"))
        .await
        .unwrap();
    let error = tx.commit().await.unwrap_err();
    assert!(error.to_string().contains("ended from within"), "{error}");
}

#[tokio::test]
async fn what_the_server_says_decides_what_is_done() {
    let Some(scratch) = Scratch::new().await else {
        return;
    };
    let secret = "hunter2";
    let wrong = scratch.url_as("nobody", secret);
    let error = Database::connect(&wrong, PostgresOptions::default())
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Store);
    assert!(!error.is_retryable(), "{error}");
    assert!(!format!("{error} {error:?}").contains(secret), "{error:?}");
    let nowhere = "postgres://u:p@127.0.0.1:1/fleet";
    let error = Database::connect(nowhere, PostgresOptions::default())
        .await
        .unwrap_err();
    assert!(error.is_retryable(), "a server that restarts: {error}");
    assert!(error.to_string().contains("127.0.0.1:1/fleet"), "{error}");
}

#[tokio::test]
async fn nothing_of_it_shows_the_password() {
    let Some(scratch) = Scratch::new().await else {
        return;
    };
    let secret = "hunter2";
    let role = scratch.role();
    let admin = scratch.admin().await;
    admin
        .batch_execute(&format!("CREATE ROLE {role} LOGIN PASSWORD '{secret}'"))
        .await
        .unwrap();
    let url = scratch.url_as(&role, secret);
    let database = Database::connect(&url, PostgresOptions::default())
        .await
        .unwrap();
    let connection = database.connection().await.unwrap();
    let shown = format!("{database:?} {connection:?} {}", database.address());
    assert!(shown.contains("fleet_test"), "{shown}");
    assert!(!shown.contains(secret), "{shown}");
}
