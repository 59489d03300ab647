//! The demo in a database of its own, and the login of somebody who reads its results.

use std::process::{Command, Stdio};

use fleet_sinks::postgres::{
    Database, PostgresOptions,
    tenancy::{self, Scope, Scoped},
    tokio_postgres::{self, NoTls},
};
use serde_json::Value;

use super::events::{LENGTH, VEHICLES};
use crate::worker::random_pause;

const PASSWORD: &str = "reads";

/// A login, and its URL.
pub(crate) struct Login {
    pub(crate) name: String,
    pub(crate) url: String,
}

/// A database, dropped by [`remove`](Self::remove).
pub(crate) struct Demo {
    server: String,
    name: String,
    url: String,
}

impl Demo {
    /// `None` without a server to test with; the test is then reported as skipped.
    pub(crate) async fn new(what: &str) -> Option<Self> {
        let server = xtask::postgres::for_tests()?;
        let name = format!("fleet_{what}_{}", std::process::id());
        let demo = Self {
            server: server.to_owned(),
            url: within(server, &name),
            name,
        };
        demo.execute(&format!("CREATE DATABASE {}", demo.name))
            .await;
        Some(demo)
    }

    pub(crate) fn command(&self, words: &[&str]) -> Command {
        let mut command = fleet(words);
        command.env("FLEET_POSTGRES_URL", &self.url);
        command
    }

    /// Runs the demo to its end, and returns its closing report.
    pub(crate) fn run(&self) -> Value {
        json(self.command(&demo("postgres:", "500ms").each()))
    }

    /// Runs the demo to its end, killing it again and again. Returns how often.
    pub(crate) fn run_with_kills(&self) -> u32 {
        let mut kills = 0;
        loop {
            let mut command = self.command(&demo("postgres:", "10ms").each());
            command.stdout(Stdio::null()).stderr(Stdio::null());
            let mut process = command.spawn().unwrap();
            // Long enough for some commits, and longer each time.
            for _ in 0..8 + kills {
                random_pause();
            }
            if let Some(status) = process.try_wait().unwrap() {
                assert!(status.success(), "{status}");
                return kills;
            }
            process.kill().unwrap();
            process.wait().unwrap();
            kills += 1;
        }
    }

    /// Replays a file of VehicleOps telemetry to its end.
    pub(crate) fn replay(&self, name: &str, lines: &str) {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join(name).display().to_string();
        std::fs::write(&file, lines).unwrap();
        let words = [
            "replay",
            &file,
            "--dialect",
            "vehicleops",
            "--sink",
            "postgres:",
        ];
        json(self.command(&[&words[..], &["--report", "json"]].concat()));
    }

    /// What `fleet report` says.
    pub(crate) fn report(&self) -> Value {
        json(self.command(&["report", "--db", "postgres:", "--report", "json"]))
    }

    /// A reader's transaction that sees all vehicles of the demo.
    pub(crate) async fn scoped(&self) -> Scoped {
        let login = self.login("reader", "fleet_regional_manager").await;
        let connect = Database::connect(&login.url, PostgresOptions::default());
        let database = Box::pin(connect).await.unwrap();
        tenancy::check(&database).await.unwrap();
        let scope = Scope::of("demo").with_roles(["demo_all"]);
        Scoped::begin(&database, scope).await.unwrap()
    }

    pub(crate) async fn remove(self) {
        self.execute(&format!("DROP DATABASE {} WITH (FORCE)", self.name))
            .await;
        for what in ["reader", "north"] {
            self.execute(&format!("DROP ROLE IF EXISTS {}_{what}", self.name))
                .await;
        }
    }

    /// A login of this database, in a role of the schema.
    pub(crate) async fn login(&self, what: &str, role: &str) -> Login {
        let name = format!("{}_{what}", self.name);
        self.execute(&format!(
            "CREATE ROLE {name} LOGIN PASSWORD '{PASSWORD}' IN ROLE {role}"
        ))
        .await;
        let (_, place) = self.url.rsplit_once('@').unwrap();
        Login {
            url: format!("postgres://{name}:{PASSWORD}@{place}"),
            name,
        }
    }

    /// The first value of a query in this database, as its superuser.
    pub(crate) async fn text(&self, sql: &str) -> Option<String> {
        let (client, connection) = tokio_postgres::connect(&self.url, NoTls).await.unwrap();
        tokio::spawn(connection);
        client.query_one(sql, &[]).await.unwrap().get(0)
    }

    /// Runs SQL in this database, as its superuser.
    pub(crate) async fn execute_inside(&self, sql: &str) {
        let (client, connection) = tokio_postgres::connect(&self.url, NoTls).await.unwrap();
        tokio::spawn(connection);
        client.batch_execute(sql).await.unwrap();
    }

    /// Runs SQL on the server, as its superuser.
    pub(crate) async fn execute(&self, sql: &str) {
        let (client, connection) = tokio_postgres::connect(&self.server, NoTls).await.unwrap();
        tokio::spawn(connection);
        client.batch_execute(sql).await.unwrap();
    }
}

/// The URL of another database of the server.
fn within(server: &str, name: &str) -> String {
    let (front, query) = server.split_once('?').unwrap_or((server, ""));
    let (place, _) = front.rsplit_once('/').unwrap();
    format!("{place}/{name}?{query}")
}

/// The words of `fleet demo`.
struct Words(Vec<String>);

impl Words {
    fn each(&self) -> Vec<&str> {
        self.0.iter().map(String::as_str).collect()
    }
}

fn demo(sink: &str, commit_every: &str) -> Words {
    let (vehicles, length) = (VEHICLES.to_string(), format!("{}s", LENGTH.as_secs()));
    let words = [
        "demo",
        "--vehicles",
        &vehicles,
        "--duration",
        &length,
        "--sink",
        sink,
    ];
    let more = ["--commit-every", commit_every, "--report", "json"];
    Words(words.iter().chain(&more).map(ToString::to_string).collect())
}

fn fleet(words: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_fleet"));
    command.args(words);
    command
}

fn json(mut command: Command) -> Value {
    let output = command.output().unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{}: {errors}", output.status);
    serde_json::from_slice(&output.stdout).unwrap()
}

/// What `fleet report` says about the same demo in a SQLite file.
pub(crate) fn report_of_sqlite() -> Value {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("fleet.db").display().to_string();
    json(fleet(&demo(&format!("sqlite:{file}"), "500ms").each()));
    json(fleet(&["report", "--db", &file, "--report", "json"]))
}
