//! The workers of a group, each a process.

use std::{
    process::{Child, Command, Stdio},
    time::Duration,
};

use crate::{feed::Feed, worker};

/// After how long a worker without a sign of life is replaced.
pub(crate) const SESSION: Duration = Duration::from_secs(6);

pub(crate) struct Crew {
    brokers: String,
    input: String,
    output: String,
    /// Whether workers keep a name over restarts.
    named: bool,
    workers: Vec<Child>,
    turn: usize,
}

impl Crew {
    pub(crate) fn new(workers: usize, named: bool, feed: &Feed) -> Self {
        let mut crew = Self {
            brokers: feed.brokers.clone(),
            input: feed.input.clone(),
            output: feed.output.clone(),
            named,
            workers: Vec::new(),
            turn: 0,
        };
        for index in 0..workers {
            let worker = crew.worker(index);
            crew.workers.push(worker);
        }
        crew
    }

    fn worker(&self, index: usize) -> Child {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["--exact", worker::TEST, "--ignored", "--nocapture"]);
        command.env(worker::BROKERS, &self.brokers);
        command.env(worker::INPUT, &self.input);
        command.env(worker::OUTPUT, &self.output);
        if self.named {
            command.env(worker::INSTANCE, format!("worker-{index}"));
        }
        command.stdin(Stdio::piped()).stdout(Stdio::null());
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
        let old = self.workers.get_mut(index).unwrap();
        old.kill().unwrap();
        old.wait().unwrap();
        *self.workers.get_mut(index).unwrap() = self.worker(index);
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

    /// Panics if a worker has ended.
    pub(crate) fn check(&mut self) {
        for worker in &mut self.workers {
            let ended = worker.try_wait().unwrap();
            assert!(ended.is_none(), "a worker ended: {ended:?}");
        }
    }

    /// Stops all workers in good order.
    pub(crate) fn finish(mut self) {
        for worker in &mut self.workers {
            drop(worker.stdin.take());
        }
        for worker in &mut self.workers {
            assert!(worker.wait().unwrap().success());
        }
    }
}

impl Drop for Crew {
    /// Ends what a failed test leaves.
    fn drop(&mut self) {
        for worker in &mut self.workers {
            let _ = worker.kill();
            let _ = worker.wait();
        }
    }
}
