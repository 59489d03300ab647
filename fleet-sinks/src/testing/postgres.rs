//! The test server, with a fresh database for each test.

use std::sync::{
    Mutex,
    atomic::{AtomicU32, Ordering},
};

use tokio_postgres::{Client, NoTls};

use crate::postgres::{Database, PostgresOptions};

/// An empty database, dropped at the end of its test.
pub(crate) struct Scratch {
    pub(crate) url: String,
    name: String,
    server: String,
    /// Logins that were made for the test, dropped after the database.
    logins: Mutex<Vec<String>>,
}

impl Scratch {
    /// `None` without a server to test with; the test is then reported as skipped.
    pub(crate) async fn new() -> Option<Self> {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let server = xtask::postgres::for_tests()?.to_owned();
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = format!("fleet_test_{}_{number}", std::process::id());
        let admin = admin(&server).await;
        admin
            .batch_execute(&format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"))
            .await
            .unwrap();
        admin
            .batch_execute(&format!("CREATE DATABASE {name}"))
            .await
            .unwrap();
        let (front, query) = server.split_once('?').unwrap_or((&server, ""));
        let (place, _) = front.rsplit_once('/').unwrap();
        let url = format!("{place}/{name}?{query}");
        let logins = Mutex::default();
        Some(Self {
            url,
            name,
            server,
            logins,
        })
    }

    pub(crate) async fn open(&self) -> Database {
        self.open_with(PostgresOptions::default()).await
    }

    pub(crate) async fn open_with(&self, options: PostgresOptions) -> Database {
        // Boxed, because the future of opening a connection is large.
        Box::pin(Database::connect(&self.url, options))
            .await
            .unwrap()
    }

    /// The name of the database.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// A name for a role of this test; the role is dropped with the database.
    pub(crate) fn role(&self) -> String {
        self.name.replace("test", "role")
    }

    /// The URL of the same database for another user.
    pub(crate) fn url_as(&self, user: &str, password: &str) -> String {
        let (_, place) = self.url.rsplit_once('@').unwrap();
        format!("postgres://{user}:{password}@{place}")
    }

    /// The same database for a new login with these attributes, such as `IN ROLE fleet_admin`.
    pub(crate) async fn login(&self, attributes: &str, options: PostgresOptions) -> Database {
        let name = {
            let mut logins = self.logins.lock().unwrap();
            let name = format!("{}_{}", self.name, logins.len());
            logins.push(name.clone());
            name
        };
        let make = format!("CREATE ROLE {name} LOGIN PASSWORD 'secret' {attributes}");
        self.admin().await.batch_execute(&make).await.unwrap();
        Box::pin(Database::connect(&self.url_as(&name, "secret"), options))
            .await
            .unwrap()
    }

    /// The result of a query for one number.
    pub(crate) async fn number(&self, sql: &str) -> i64 {
        self.admin().await.query_one(sql, &[]).await.unwrap().get(0)
    }

    /// The first column of each row, as text.
    pub(crate) async fn texts(&self, sql: &str) -> Vec<String> {
        let rows = self.admin().await.query(sql, &[]).await.unwrap();
        rows.iter().map(|row| row.get(0)).collect()
    }

    pub(crate) async fn execute(&self, sql: &str) {
        self.admin().await.batch_execute(sql).await.unwrap();
    }

    /// A superuser's client outside the pool, to inspect and to interfere.
    pub(crate) async fn admin(&self) -> Client {
        admin(&self.url).await
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let (server, name) = (self.server.clone(), self.name.clone());
        let mut logins = self
            .logins
            .get_mut()
            .map(std::mem::take)
            .unwrap_or_default();
        // On another thread, because this may run inside the test's runtime.
        let dropped = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap();
            runtime.block_on(async {
                let admin = admin(&server).await;
                let drop = format!("DROP DATABASE {name} WITH (FORCE)");
                admin.batch_execute(&drop).await.unwrap();
                logins.push(name.replace("test", "role"));
                for login in logins {
                    admin
                        .batch_execute(&format!("DROP ROLE IF EXISTS {login}"))
                        .await
                        .unwrap();
                }
            });
        });
        dropped.join().unwrap();
    }
}

async fn admin(url: &str) -> Client {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}

/// Blocks on a future inside a plain closure, as the conformance suites call it.
pub(crate) fn wait<T>(future: impl Future<Output = T>) -> T {
    tokio::task::block_in_place(|| tokio::runtime::Handle::current().block_on(future))
}
