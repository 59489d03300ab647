//! The process of a server: start, wait until it is ready, stop, kill.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use super::options::Options;
use super::programs::Programs;
use crate::private::account::Account;
use crate::private::process::output;

/// The interval and number of looks whether it is ready: recovery after a crash takes seconds.
const LOOK: Duration = Duration::from_millis(20);
const LOOKS: u32 = 6_000;

/// How to end a server.
#[derive(Clone, Copy, Debug)]
pub(super) enum End {
    /// Rolls back open transactions and writes a checkpoint.
    Fast,
    /// Stops at once; the next start recovers from the write-ahead log.
    Immediate,
}

impl End {
    fn signal(self) -> &'static str {
        match self {
            Self::Fast => "INT",
            Self::Immediate => "QUIT",
        }
    }
}

/// A running server.
#[derive(Debug)]
pub(super) struct Server {
    process: Child,
}

impl Server {
    /// Starts the server of `folder/data`, logging to `folder/log`, and waits until it accepts
    /// connections.
    pub(super) fn start(
        programs: &Programs,
        account: Account,
        folder: &Path,
        options: Options,
    ) -> Result<Self, String> {
        let log = log(folder);
        let cannot = |error: std::io::Error| format!("cannot write {}: {error}", log.display());
        let out = File::options()
            .create(true)
            .append(true)
            .open(&log)
            .map_err(cannot)?;
        let err = out.try_clone().map_err(cannot)?;
        let postgres = programs.program("postgres");
        let mut command = match options.small_tablespace {
            Some(mebibytes) => in_own_mounts(account, &postgres, folder, mebibytes)?,
            None => account.command(&postgres),
        };
        command
            .arg("-D")
            .arg(folder.join("data"))
            .current_dir(folder);
        command.stdin(Stdio::null()).stdout(out).stderr(err);
        let process = command
            .spawn()
            .map_err(|error| format!("cannot start {}: {error}", postgres.display()))?;
        let mut server = Self { process };
        server.wait_until_ready(folder)?;
        Ok(server)
    }

    /// The id of its main process.
    pub(super) fn pid(&self) -> u32 {
        self.process.id()
    }

    /// Whether its main process runs.
    pub(super) fn is_running(&mut self) -> bool {
        matches!(self.process.try_wait(), Ok(None))
    }

    /// Stops it and waits for its end.
    pub(super) fn end(mut self, end: End) -> Result<(), String> {
        if self.is_running() {
            let pid = self.pid().to_string();
            output(Command::new("sh").args([
                "-c",
                "kill -s \"$1\" \"$2\"",
                "sh",
                end.signal(),
                &pid,
            ]))?;
        }
        self.wait()
    }

    /// Kills its main process; the others follow.
    pub(super) fn kill(mut self) -> Result<(), String> {
        let killed = self.process.kill();
        killed.map_err(|error| format!("cannot kill {}: {error}", self.pid()))?;
        self.wait()
    }

    fn wait(&mut self) -> Result<(), String> {
        let ended = self.process.wait();
        ended
            .map(drop)
            .map_err(|error| format!("cannot wait for process {}: {error}", self.process.id()))
    }

    /// The server writes `ready` to its pid file. The first line must be its process id, because
    /// the file of an earlier server may still be there.
    fn wait_until_ready(&mut self, folder: &Path) -> Result<(), String> {
        for _ in 0..LOOKS {
            let said = fs::read_to_string(pid_file(folder)).unwrap_or_default();
            let mut lines = said.lines().map(str::trim);
            if lines.next() == Some(self.pid().to_string().as_str())
                && lines.any(|line| line == "ready")
            {
                return Ok(());
            }
            if !self.is_running() {
                return Err(format!("PostgreSQL did not start: {}", last_words(folder)));
            }
            std::thread::sleep(LOOK);
        }
        Err(format!(
            "PostgreSQL is not ready after 2 minutes: {}",
            last_words(folder)
        ))
    }
}

/// The file with the process id of the server.
pub(super) fn pid_file(folder: &Path) -> PathBuf {
    folder.join("data/postmaster.pid")
}

/// The log of the server.
pub(super) fn log(folder: &Path) -> PathBuf {
    folder.join("log")
}

fn last_words(folder: &Path) -> String {
    let said = fs::read_to_string(log(folder)).unwrap_or_default();
    let mut last: Vec<&str> = said.lines().rev().take(3).collect();
    last.reverse();
    last.join("; ")
}

/// The command for a server with a small file system that only its processes see. It vanishes with
/// the last of them, so there is nothing to unmount, however the test ends.
fn in_own_mounts(
    account: Account,
    postgres: &Path,
    folder: &Path,
    mebibytes: u32,
) -> Result<Command, String> {
    let (user, group) = account
        .ids()
        .ok_or("only root can mount a small tablespace")?;
    let small = folder.join("small");
    fs::create_dir_all(&small)
        .map_err(|error| format!("cannot create {}: {error}", small.display()))?;
    let mut command = Command::new("unshare");
    std::os::unix::process::CommandExt::process_group(&mut command, 0);
    let mount = format!(
        "mount -t tmpfs -o size={mebibytes}m,uid={user},gid={group},mode=0700 fleet-small \"$1\" && shift && \
         exec setpriv --reuid={user} --regid={group} --clear-groups -- \"$@\""
    );
    command
        .args(["--mount", "--", "sh", "-c", &mount, "sh"])
        .arg(small)
        .arg(postgres);
    Ok(command)
}
