//! The workers of a group, and the check of what they stored.

use std::{
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use xtask::postgres::Instance;

use crate::topic::{ALL_PARTITIONS, Fed};

/// After how long a worker without a sign of life is replaced.
pub(crate) const SESSION: Duration = Duration::from_secs(6);
/// A group without progress for this long hangs: the session, and 10 s to take over.
const TIMEOUT: Duration = Duration::from_secs(16);
const POLL: Duration = Duration::from_millis(20);

pub(crate) struct Group {
    input: String,
    url: String,
    workers: Vec<Child>,
    turn: usize,
}

impl Group {
    pub(crate) fn new(workers: usize, input: String, url: String) -> Self {
        let mut group = Self {
            input,
            url,
            workers: Vec::new(),
            turn: 0,
        };
        for _ in 0..workers {
            let worker = group.worker();
            group.workers.push(worker);
        }
        group
    }

    fn worker(&self) -> Child {
        let mut command = Command::new(env!("CARGO_BIN_EXE_fleet"));
        command.args(["replay", &self.input, "--dialect", "vehicleops"]);
        command.args(["--sink", "postgres:", "--commit-every", "50ms"]);
        // A producer sends the events of a vehicle in order, so none has to wait for others.
        command.args([
            "--session-timeout",
            "6s",
            "--out-of-orderness",
            "0s",
            "--report",
            "json",
        ]);
        command.env("FLEET_POSTGRES_URL", &self.url);
        command.stdout(Stdio::null()).stderr(Stdio::inherit());
        command.spawn().unwrap()
    }

    /// The next worker in turn.
    fn next(&mut self) -> usize {
        self.turn = (self.turn + 1) % self.workers.len();
        self.turn
    }

    /// Kills one worker and starts another in its place.
    pub(crate) fn kill_one(&mut self) {
        let index = self.next();
        let new = self.worker();
        let mut old = std::mem::replace(self.workers.get_mut(index).unwrap(), new);
        old.kill().unwrap();
        old.wait().unwrap();
    }

    /// Stops one worker without ending it.
    pub(crate) fn stop_one(&mut self) -> usize {
        let index = self.next();
        self.signal(index, "-STOP");
        index
    }

    pub(crate) fn wake(&self, index: usize) {
        self.signal(index, "-CONT");
    }

    fn signal(&self, index: usize, signal: &str) {
        let id = self.workers.get(index).unwrap().id().to_string();
        let sent = Command::new("kill").args([signal, &id]).status().unwrap();
        assert!(sent.success());
    }

    /// Waits until every partition has been committed again.
    pub(crate) fn wait_for_progress(&mut self, server: &Instance) {
        self.wait_for_progress_within(server, TIMEOUT);
    }

    /// As [`wait_for_progress`](Self::wait_for_progress), for at most this long.
    pub(crate) fn wait_for_progress_within(&mut self, server: &Instance, most: Duration) {
        let positions = || {
            let sql = "SELECT coalesce(string_agg(next_offset::text, ' ' ORDER BY partition), '')
                FROM fleet_stream.positions";
            let text = server.psql(sql).unwrap_or_default();
            text.split(' ')
                .filter_map(|text| text.parse().ok())
                .collect::<Vec<u64>>()
        };
        let (start, before) = (now(), positions());
        loop {
            let after = positions();
            let moved =
                |(index, next): (usize, &u64)| before.get(index).is_none_or(|was| next > was);
            if after.len() == ALL_PARTITIONS && after.iter().enumerate().all(moved) {
                println!("all partitions go on after {:.2?}", start.elapsed());
                return;
            }
            for worker in &mut self.workers {
                let ended = worker.try_wait().unwrap();
                assert!(ended.is_none(), "a worker ended: {ended:?}");
            }
            // The first time, the workers make the schema and join the group.
            let most = if before.len() < ALL_PARTITIONS {
                4 * TIMEOUT
            } else {
                most
            };
            assert!(start.elapsed() < most, "no progress: {before:?} {after:?}");
            thread::sleep(POLL);
        }
    }

    /// Waits for the end of the topic, stops all workers, and checks what they stored.
    pub(crate) fn finish(mut self, server: &Instance, fed: &Fed) {
        let number = |sql: &str| server.psql(sql).unwrap().parse::<u64>().unwrap();
        let start = now();
        while number("SELECT sum(next_offset) FROM fleet_stream.positions") < fed.records {
            assert!(start.elapsed() < 4 * TIMEOUT, "the end is not reached");
            thread::sleep(POLL);
        }
        for index in 0..self.workers.len() {
            self.signal(index, "-INT");
        }
        for worker in &mut self.workers {
            assert!(worker.wait().unwrap().success());
        }
        let counted = "SELECT concat_ws(' ', sum(read), sum(accepted), sum(dead_lettered), sum(late), sum(duplicate))
            FROM fleet_stream.positions";
        let expected = format!("{0} {0} 0 0 0", fed.records);
        assert_eq!(
            server.psql(counted).unwrap(),
            expected,
            "read accepted dead late duplicate"
        );
        let stored = "SELECT concat_ws(' ', count(*), count(DISTINCT (vehicle_id, time))) FROM fleet.telemetry";
        assert_eq!(
            server.psql(stored).unwrap(),
            format!("{0} {0}", fed.records)
        );
        let alerts = "SELECT count(*) FROM fleet.alerts WHERE kind = 'OVERSPEED'";
        assert_eq!(number(alerts), fed.alerts);
        let refused = "SELECT count(*) FROM fleet_stream.dead_letters";
        assert_eq!(number(refused), 0);
    }
}

impl Drop for Group {
    /// Ends what a failed test leaves.
    fn drop(&mut self) {
        for worker in &mut self.workers {
            let _ = worker.kill();
            let _ = worker.wait();
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "the test measures real programs")]
fn now() -> Instant {
    Instant::now()
}
