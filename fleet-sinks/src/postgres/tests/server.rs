//! The server of the tests, with a database for each of them.

use std::sync::atomic::{AtomicU32, Ordering};

use tokio_postgres::{Client, NoTls};

use crate::postgres::{Database, PostgresOptions};

/// An empty database, dropped with its last user.
pub(super) struct Scratch {
    pub(super) url: String,
    name: String,
    server: String,
}

impl Scratch {
    /// `None` where there is no server to test with, which is said.
    pub(super) async fn new() -> Option<Self> {
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
        Some(Self { url, name, server })
    }

    pub(super) async fn open(&self) -> Database {
        self.open_with(PostgresOptions::default()).await
    }

    pub(super) async fn open_with(&self, options: PostgresOptions) -> Database {
        Database::connect(&self.url, options).await.unwrap()
    }

    /// The same database for somebody else.
    pub(super) fn url_as(&self, user: &str, password: &str) -> String {
        let (_, place) = self.url.rsplit_once('@').unwrap();
        format!("postgres://{user}:{password}@{place}")
    }

    /// A client beside the pool, for looking and for meddling.
    pub(super) async fn admin(&self) -> Client {
        admin(&self.url).await
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let (server, name) = (self.server.clone(), self.name.clone());
        // The test's own runtime may be the one that is dropping this.
        let dropped = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap();
            runtime.block_on(async {
                let drop = format!("DROP DATABASE {name} WITH (FORCE)");
                admin(&server).await.batch_execute(&drop).await.unwrap();
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
