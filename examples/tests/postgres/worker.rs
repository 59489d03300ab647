//! The worker's process, and how far it has come.

use std::{
    io::{BufReader, Read},
    path::PathBuf,
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use xtask::postgres::Instance;

use crate::{input::Feed, oracle};

/// How often we look. A figure is no better than this.
const LOOK: Duration = Duration::from_millis(10);

/// Only against hanging for ever: what is slower than this has stopped.
const HANGS: Duration = Duration::from_secs(180);

/// An input on its way into a database.
pub(crate) struct Work {
    input: PathBuf,
    feed: Option<Feed>,
    url: String,
    /// Where it goes.
    pub(crate) database: String,
    _folder: tempfile::TempDir,
}

impl Work {
    /// A new input, for the database of the server that `url` leads to.
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

    /// The worker, with this sink, to the end that the input has now; the address of the server is in its
    /// environment.
    pub(crate) fn command(&self, sink: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_fleet"));
        command.arg("replay").arg(&self.input);
        command.args(["--dialect", "vehicleops", "--commit-every", "20ms"]);
        command.args(["--report", "json", "--sink", sink]);
        command.env("FLEET_POSTGRES_URL", &self.url);
        command
    }

    /// A worker that follows the input.
    pub(crate) fn start(&self) -> Worker<'_> {
        let mut command = self.command("postgres:");
        command.arg("--follow");
        command.stdout(Stdio::null()).stderr(Stdio::piped());
        Worker {
            process: command.spawn().unwrap(),
            work: self,
        }
    }

    /// How many bytes of the input are durable; `None` while the server cannot say.
    pub(crate) fn position(&self, server: &Instance) -> Option<u64> {
        let sql = "SELECT coalesce(sum(next_offset), 0) FROM fleet_stream.positions";
        server.psql_in(&self.database, sql).ok()?.parse().ok()
    }

    /// Ends the input, lets a last, undisturbed worker come to that end, and asks the oracle.
    pub(crate) fn finish(mut self, server: &Instance) {
        let fates = self.feed.take().unwrap().stop();
        let output = self.command("postgres:").output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{}: {said}", output.status);
        oracle::audit(server, &self, &fates);
        println!("{} lines: none lost, none twice", fates.read);
    }
}

/// A running worker.
pub(crate) struct Worker<'a> {
    process: Child,
    work: &'a Work,
}

impl Worker<'_> {
    /// How long it takes until something is durable, or something more.
    pub(crate) fn goes_on(&mut self, server: &Instance) -> Duration {
        let start = now();
        let mut from = None;
        loop {
            let position = self.work.position(server);
            match (from, position) {
                (Some(from), Some(position)) if position > from => return start.elapsed(),
                (None, Some(_)) => from = position,
                _ => {}
            }
            assert!(self.is_running(), "it ended: {}", self.last_words());
            assert!(start.elapsed() < HANGS, "it does not go on from {from:?}");
            thread::sleep(LOOK);
        }
    }

    pub(crate) fn is_running(&mut self) -> bool {
        self.process.try_wait().unwrap().is_none()
    }

    fn last_words(&mut self) -> String {
        let mut said = String::new();
        let stderr = self.process.stderr.take().unwrap();
        BufReader::new(stderr).read_to_string(&mut said).unwrap();
        said
    }

    /// SIGKILL; it was still running.
    pub(crate) fn kill(mut self) {
        assert!(self.is_running(), "it ended: {}", self.last_words());
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }

    /// Asks it to stop, which it does in good order: with all that it read, or, where a commit takes longer than
    /// a stop may, from the last commit on. What it complained about meanwhile.
    pub(crate) fn stop(self) -> String {
        let id = self.process.id().to_string();
        Command::new("kill").args(["-INT", &id]).status().unwrap();
        let output = self.process.wait_with_output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        let in_order =
            output.status.success() || said.contains("a restart goes on from the last commit");
        assert!(in_order, "{}: {said}", output.status);
        said
    }
}

/// What was measured, for people; nothing is decided by it.
#[derive(Default)]
pub(crate) struct Resumed(Vec<Duration>);

impl Resumed {
    pub(crate) fn add(&mut self, took: Duration) {
        self.0.push(took);
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

/// A moment that no commit knows of.
pub(crate) fn moment() {
    thread::sleep(Duration::from_millis(60).mul_f64(random_part()));
}

/// A random part of a whole.
fn random_part() -> f64 {
    use std::hash::{BuildHasher, Hasher};
    let random = std::hash::RandomState::new().build_hasher().finish();
    random as f64 / u64::MAX as f64
}
