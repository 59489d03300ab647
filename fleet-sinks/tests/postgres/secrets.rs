//! A password is sent to the server and appears nowhere else.

use std::{
    fmt::Write as _,
    sync::{Mutex, PoisonError},
};

use fleet_sinks::postgres::PostgresOptions;
use xtask::postgres::{Options, instance_for_tests};

use super::{connect, full_text};

/// The password that must not appear anywhere.
const CANARY: &str = "c4nary7f3c";

/// Everything that was logged in this process, at every level.
static LOGGED: Mutex<String> = Mutex::new(String::new());

/// Collects what the client and this crate log; `tracing` events arrive here too, because there is
/// no subscriber.
struct Listener;

impl log::Log for Listener {
    fn enabled(&self, _: &log::Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &log::Record<'_>) {
        let mut logged = LOGGED.lock().unwrap_or_else(PoisonError::into_inner);
        let _ = writeln!(logged, "{} {}", record.target(), record.args());
    }

    fn flush(&self) {}
}

fn hidden(what: &str, text: &str) {
    assert!(!text.contains(CANARY), "{what}: {text}");
}

/// Asserts that the error for a URL does not repeat the password.
async fn refused(url: &str) {
    let error = connect(url).await.unwrap_err();
    hidden(url, &full_text(&error));
}

#[tokio::test]
async fn a_password_is_in_no_log_error_or_debug_output() {
    static LISTENER: Listener = Listener;
    log::set_logger(&LISTENER).unwrap();
    log::set_max_level(log::LevelFilter::Trace);
    let Some(server) = instance_for_tests(Options::default()) else {
        return;
    };
    server
        .psql(&format!("CREATE ROLE watcher LOGIN PASSWORD '{CANARY}'"))
        .unwrap();

    let database = connect(&server.url_of("watcher", CANARY, "postgres"))
        .await
        .unwrap();
    let connection = database.connection().await.unwrap();
    let mut shown = format!(
        "{database:?} {connection:?} {:?}",
        PostgresOptions::default()
    );
    let _ = write!(shown, " {} {:?}", database.address(), connection.client());
    // A failed statement shows its error, and nothing about the credentials.
    let wrong = connection.client().query_one("SELECT 1 / 0", &[]);
    shown += &full_text(&connection.run("divide in", wrong).await.unwrap_err());
    hidden("a connection", &shown);

    // A wrong password of another role, a missing role, a missing database, and a missing server.
    let place = server.address();
    for url in [
        server.url_of("postgres", CANARY, "postgres"),
        server.url_of("nobody", CANARY, "postgres"),
        server.url_of("watcher", CANARY, "nowhere"),
        format!("postgres://watcher:{CANARY}@127.0.0.1:1/postgres"),
        format!("postgres://watcher:{CANARY}@{place}/postgres?sslmode=verify-full"),
        format!("postgres://watcher:{CANARY}@{place}/postgres?sslmode=prefer"),
        format!("postgres://watcher:{CANARY}@db.example.org/postgres?sslmode=disable"),
    ] {
        refused(&url).await;
    }
    // Common mistakes, and how they are interpreted.
    for url in [
        format!("postgres://watcher:{CANARY}@"),
        format!("postgres://watcher:{CANARY}@{place}/postgres?nothing"),
        format!("postgres://watcher:{CANARY}@{place}/postgres?unknown={CANARY}"),
        format!("postgres://watcher:{CANARY}@/{place}/postgres"),
        format!("postgres://watcher:{CANARY}@@{place}/postgres"),
        format!("postgres://watcher:x@{CANARY}@{place}/postgres"),
        format!("postgres://watcher:x/{CANARY}@{place}/postgres"),
        format!("postgres://watcher:x#{CANARY}@{place}/postgres"),
        format!("postgres://watcher:x?{CANARY}@{place}/postgres"),
        format!("postgres://watcher:%zz{CANARY}@{place}/postgres"),
        format!("postgres://watcher:{CANARY}:{place}/postgres"),
        format!("postgre://watcher:{CANARY}@{place}/postgres"),
        format!("watcher:{CANARY}@{place}"),
        format!("host=127.0.0.1 user=watcher password={CANARY}"),
        CANARY.to_owned(),
    ] {
        refused(&url).await;
    }

    let logged = LOGGED
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .clone();
    assert!(
        logged.contains("tokio_postgres"),
        "nothing was heard: {logged}"
    );
    hidden("the logs", &logged);
    let log = std::fs::read_to_string(server.log()).unwrap();
    assert!(log.contains("password authentication failed"), "{log}");
    hidden("the server's log", &log);
}
