//! The worker process and its progress.

use std::{
    io::{BufReader, Read},
    path::PathBuf,
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use xtask::postgres::Instance;

use crate::{input::Feed, oracle};

/// The interval of polling, which limits the precision of every measured time.
const POLL: Duration = Duration::from_millis(10);

/// A worker without progress for this long hangs.
const TIMEOUT: Duration = Duration::from_secs(180);

/// A growing input and the database it is read into.
pub(crate) struct Work {
    input: PathBuf,
    feed: Option<Feed>,
    url: String,
    /// The name of the database.
    pub(crate) database: String,
    _folder: tempfile::TempDir,
}

impl Work {
    /// Starts a new input for the database of this URL.
    pub(crate) fn new(url: String) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let input = folder.path().join("input.ndjson");
        let (_, database) = url.rsplit_once('/').unwrap();
        Self {
            feed: Some(Feed::start(&input)),
            input,
            database: database.to_owned(),
            url,
            _folder: folder,
        }
    }

    /// Returns a command that reads to the current end of the input; the URL is in its environment.
    pub(crate) fn command(&self, sink: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_fleet"));
        command.arg("replay").arg(&self.input);
        command.args(["--dialect", "vehicleops", "--commit-every", "20ms"]);
        command.args(["--report", "json", "--sink", sink]);
        command.env("FLEET_POSTGRES_URL", &self.url);
        command
    }

    /// Starts a worker that follows the input.
    pub(crate) fn start(&self) -> Worker<'_> {
        let mut command = self.command("postgres:");
        command.arg("--follow");
        command.stdout(Stdio::null()).stderr(Stdio::piped());
        Worker {
            process: command.spawn().unwrap(),
            work: self,
        }
    }

    /// Returns how many bytes of the input are committed; `None` while the server is unreachable.
    pub(crate) fn position(&self, server: &Instance) -> Option<u64> {
        let sql = "SELECT coalesce(sum(next_offset), 0) FROM fleet_stream.positions";
        server.psql_in(&self.database, sql).ok()?.parse().ok()
    }

    /// Ends the input, lets a last worker read it to the end without faults, and checks the
    /// database.
    pub(crate) fn finish(mut self, server: &Instance) {
        let fates = self.feed.take().unwrap().stop();
        let output = self.command("postgres:").output().unwrap();
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{}: {errors}", output.status);
        oracle::check(server, &self, &fates);
        println!("{} lines: none lost, none duplicated", fates.read);
    }
}

/// A running worker.
pub(crate) struct Worker<'a> {
    process: Child,
    work: &'a Work,
}

impl Worker<'_> {
    /// Waits until the committed position advances, and returns how long that took.
    pub(crate) fn wait_for_commit(&mut self, server: &Instance) -> Duration {
        let start = now();
        let mut from = None;
        loop {
            let position = self.work.position(server);
            match (from, position) {
                (Some(from), Some(position)) if position > from => return start.elapsed(),
                (None, Some(_)) => from = position,
                _ => {}
            }
            assert!(self.is_running(), "the worker ended: {}", self.stderr());
            assert!(start.elapsed() < TIMEOUT, "no commit after {from:?}");
            thread::sleep(POLL);
        }
    }

    pub(crate) fn is_running(&mut self) -> bool {
        self.process.try_wait().unwrap().is_none()
    }

    fn stderr(&mut self) -> String {
        let mut errors = String::new();
        let stderr = self.process.stderr.take().unwrap();
        BufReader::new(stderr).read_to_string(&mut errors).unwrap();
        errors
    }

    /// Kills the worker, which must be running.
    pub(crate) fn kill(mut self) {
        assert!(self.is_running(), "the worker ended: {}", self.stderr());
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }

    /// Sends a stop signal and returns the errors that the worker printed. The worker commits what
    /// it has read, or gives up if the commit takes longer than a stop may.
    pub(crate) fn stop(self) -> String {
        let id = self.process.id().to_string();
        Command::new("kill").args(["-INT", &id]).status().unwrap();
        let output = self.process.wait_with_output().unwrap();
        let errors = String::from_utf8_lossy(&output.stderr).into_owned();
        let in_order =
            output.status.success() || errors.contains("a restart goes on from the last commit");
        assert!(in_order, "{}: {errors}", output.status);
        errors
    }
}

/// The times from a fault to the next commit, printed for people.
#[derive(Default)]
pub(crate) struct Resumed(Vec<Duration>);

impl Resumed {
    pub(crate) fn add(&mut self, took: Duration) {
        self.0.push(took);
    }

    pub(crate) fn print(&mut self, what: &str) {
        self.0.sort_unstable();
        let at = |percent: usize| self.0.get(self.0.len() * percent / 100).or(self.0.last());
        if let (Some(median), Some(worst)) = (at(50), self.0.last()) {
            let count = self.0.len();
            println!(
                "{what}: {count} times, next commit after {median:.2?} (median), {worst:.2?} (at most)"
            );
        }
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the test measures the time of a real server"
)]
fn now() -> Instant {
    Instant::now()
}

/// Sleeps for a random time, so that faults are independent of commits.
pub(crate) fn random_pause() {
    thread::sleep(Duration::from_millis(60).mul_f64(random_fraction()));
}

/// Returns a random number from 0 to 1.
fn random_fraction() -> f64 {
    use std::hash::{BuildHasher, Hasher};
    let random = std::hash::RandomState::new().build_hasher().finish();
    random as f64 / u64::MAX as f64
}
