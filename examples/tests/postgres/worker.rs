//! The worker's process, and how far it has come.

use std::{
    path::PathBuf,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use xtask::postgres::Instance;

use crate::{
    input::{self, Fates},
    oracle,
};

/// How often we look. A figure is no better than this.
const LOOK: Duration = Duration::from_millis(10);

/// Only against hanging for ever: what is slower than this has stopped.
const HANGS: Duration = Duration::from_secs(180);

/// An input on its way into a database.
pub(crate) struct Work {
    input: PathBuf,
    bytes: u64,
    url: String,
    /// Where it goes.
    pub(crate) database: String,
    _folder: tempfile::TempDir,
}

impl Work {
    /// An input of so many lines, for the database of the server that `url` leads to.
    pub(crate) fn new(lines: u64, url: String) -> (Self, Fates) {
        let folder = tempfile::tempdir().unwrap();
        let input = folder.path().join("input.ndjson");
        let fates = input::write(&input, lines);
        let bytes = std::fs::metadata(&input).unwrap().len();
        let (_, database) = url.rsplit_once('/').unwrap();
        let work = Self {
            input,
            bytes,
            database: database.to_owned(),
            url,
            _folder: folder,
        };
        (work, fates)
    }

    /// The worker, with this sink; the address of the server is in its environment.
    pub(crate) fn command(&self, sink: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_fleet"));
        command.arg("replay").arg(&self.input);
        command.args([
            "--dialect",
            "vehicleops",
            "--commit-every",
            "20ms",
            "--report",
            "json",
        ]);
        command
            .args(["--sink", sink])
            .env("FLEET_POSTGRES_URL", &self.url);
        command
    }

    pub(crate) fn start(&self) -> Worker<'_> {
        let mut command = self.command("postgres:");
        command.stdout(Stdio::null()).stderr(Stdio::piped());
        Worker {
            process: command.spawn().unwrap(),
            work: self,
        }
    }

    /// The part of the input that is durable; `None` while the server cannot say.
    pub(crate) fn position(&self, server: &Instance) -> Option<f64> {
        let sql = "SELECT coalesce(sum(next_offset), 0) FROM fleet_stream.positions";
        let bytes = server.psql_in(&self.database, sql).ok()?;
        Some(bytes.parse::<f64>().ok()? / self.bytes as f64)
    }

    /// Lets a last, undisturbed worker finish, and asks the oracle.
    pub(crate) fn finish(&self, server: &Instance, fates: &Fates) {
        self.start().finish();
        oracle::audit(server, self, fates);
    }
}

/// A running worker.
pub(crate) struct Worker<'a> {
    process: Child,
    work: &'a Work,
}

impl Worker<'_> {
    /// Waits until this part of the input is durable; false if the worker came to its end before.
    pub(crate) fn reaches(&mut self, part: f64, server: &Instance) -> bool {
        let start = now();
        while self.work.position(server).unwrap_or(0.0) < part {
            if !self.is_running() {
                return false;
            }
            assert!(
                start.elapsed() < HANGS,
                "it does not come to {part:.2} of the input"
            );
            std::thread::sleep(LOOK);
        }
        self.is_running()
    }

    /// How long it takes until more is durable, from now on; `None` if it came to its end.
    pub(crate) fn resumes(&mut self, from: f64, server: &Instance) -> Option<Duration> {
        let start = now();
        while self.work.position(server).is_none_or(|part| part <= from) {
            if !self.is_running() {
                return None;
            }
            assert!(
                start.elapsed() < HANGS,
                "it does not go on from {from:.2} of the input"
            );
            std::thread::sleep(LOOK);
        }
        Some(start.elapsed())
    }

    pub(crate) fn is_running(&mut self) -> bool {
        self.process.try_wait().unwrap().is_none()
    }

    /// SIGKILL; whether it was still running.
    pub(crate) fn kill(mut self) -> bool {
        let running = self.is_running();
        self.process.kill().unwrap();
        self.process.wait().unwrap();
        running
    }

    /// Waits for its good end; what it complained about.
    pub(crate) fn finish(self) -> String {
        let output = self.process.wait_with_output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{}: {said}", output.status);
        said
    }
}

/// What was measured, for people; nothing is decided by it.
#[derive(Default)]
pub(crate) struct Resumed(Vec<Duration>);

impl Resumed {
    pub(crate) fn add(&mut self, took: Option<Duration>) {
        self.0.extend(took);
    }

    pub(crate) fn print(&mut self, what: &str) {
        self.0.sort_unstable();
        let at = |part: usize| self.0.get(self.0.len() * part / 100).or(self.0.last());
        if let (Some(median), Some(worst)) = (at(50), self.0.last()) {
            let count = self.0.len();
            println!(
                "{what}: {count} times, went on after {median:.2?} (median), {worst:.2?} (at most)"
            );
        }
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "how long a real server takes is what is measured"
)]
fn now() -> Instant {
    Instant::now()
}

/// A random part of a whole.
pub(crate) fn random_part() -> f64 {
    use std::hash::{BuildHasher, Hasher};
    let random = std::hash::RandomState::new().build_hasher().finish();
    random as f64 / u64::MAX as f64
}
