//! The process of one node: start, wait until it serves, kill.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use super::java::java;

/// How long a start may take; 5 to 18 s were seen on two cores.
const START: Duration = Duration::from_secs(90);
const POLL: Duration = Duration::from_millis(100);

/// A node in its folder, which holds its properties, data, log and process id.
#[derive(Debug)]
pub(super) struct Node {
    folder: PathBuf,
    process: Option<Child>,
}

impl Node {
    /// The node of a folder. It is not started.
    pub(super) fn of(folder: PathBuf) -> Self {
        let process = None;
        Self { folder, process }
    }

    /// Starts it, unless it runs, and returns its process id. It serves when
    /// [`wait`](Self::wait_until_ready) returns.
    pub(super) fn start(&mut self) -> Result<u32, String> {
        if let Some(process) = &mut self.process
            && matches!(process.try_wait(), Ok(None))
        {
            return Ok(process.id());
        }
        let log = log(&self.folder);
        let cannot = |error: std::io::Error| format!("cannot write {}: {error}", log.display());
        let to = File::create(&log).map_err(cannot)?;
        let errors = to.try_clone().map_err(cannot)?;
        let mut command = java("kafka.Kafka")?;
        command.arg(self.folder.join("server.properties"));
        command.current_dir(&self.folder);
        command.stdin(Stdio::null()).stdout(to).stderr(errors);
        let process = command
            .spawn()
            .map_err(|error| format!("cannot start java: {error}"))?;
        let id = process.id();
        self.process = Some(process);
        fs::write(pid_file(&self.folder), format!("{id}\n")).map_err(cannot)?;
        Ok(id)
    }

    /// Waits until it serves. Of several nodes all must have been started.
    #[expect(clippy::disallowed_methods, reason = "a real program takes real time")]
    pub(super) fn wait_until_ready(&mut self) -> Result<(), String> {
        let Some(process) = &mut self.process else {
            return Err("the node was not started".to_owned());
        };
        let started = Instant::now();
        loop {
            let text = fs::read_to_string(log(&self.folder)).unwrap_or_default();
            if text.contains("Kafka Server started") {
                return Ok(());
            }
            let ended = process.try_wait().map_err(|error| error.to_string())?;
            if ended.is_some() || started.elapsed() > START {
                let lines: Vec<_> = text.lines().rev().take(20).collect();
                let tail: Vec<_> = lines.into_iter().rev().collect();
                return Err(format!("Kafka did not start:\n{}", tail.join("\n")));
            }
            std::thread::sleep(POLL);
        }
    }

    /// Kills it. What it wrote stays.
    pub(super) fn kill(&mut self) -> Result<(), String> {
        let Some(mut process) = self.process.take() else {
            return Ok(());
        };
        process
            .kill()
            .map_err(|error| format!("cannot kill the node: {error}"))?;
        process
            .wait()
            .map_err(|error| format!("cannot wait for the node: {error}"))?;
        // The id may become that of another process.
        drop(fs::remove_file(pid_file(&self.folder)));
        Ok(())
    }
}

/// The file with the process id of the node of a folder.
pub(super) fn pid_file(folder: &Path) -> PathBuf {
    folder.join("pid")
}

/// The log of the node of a folder, since its last start.
pub(super) fn log(folder: &Path) -> PathBuf {
    folder.join("log")
}
