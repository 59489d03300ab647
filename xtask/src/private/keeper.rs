//! A shell that cleans up after a process that was killed.

use std::io::Write;
use std::path::Path;
use std::process::{Child, ChildStdin, Stdio};

use super::account::Account;

/// Waits until its input ends, which happens however our process ends. Then it ends the server
/// whose process id it read last, if the pid file of the server still names it, and removes the
/// folder.
const SCRIPT: &str = r#"
while read -r line; do pid=$line; done
if [ -n "${pid:-}" ] && [ "$(head -n 1 "$2" 2>/dev/null)" = "$pid" ]; then
    kill "-$3" "$pid"
    tries=100
    while [ "$tries" -gt 0 ] && kill -0 "$pid" 2>/dev/null; do sleep 0.1; tries=$((tries - 1)); done
fi
rm -rf "$1"
"#;

/// The signal that ends a server at once.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Signal {
    /// An end in order, which PostgreSQL takes as a crash.
    Quit,
    /// The end of a program that takes no other signal at its word.
    Kill,
}

/// A shell that outlives this process by a moment.
#[derive(Debug)]
pub(crate) struct Keeper {
    shell: Child,
    input: Option<ChildStdin>,
}

impl Keeper {
    /// Starts the shell for `folder`. The server writes its process id to the first line of
    /// `pid_file`.
    pub(crate) fn start(
        account: Account,
        folder: &Path,
        pid_file: &Path,
        signal: Signal,
    ) -> Result<Self, String> {
        let mut shell = account.command(Path::new("sh"));
        shell.args(["-c", SCRIPT, "sh"]).arg(folder).arg(pid_file);
        shell.arg(match signal {
            Signal::Quit => "QUIT",
            Signal::Kill => "KILL",
        });
        // Not in the folder that it removes, and silent, because nobody may be left to read its
        // output.
        shell.current_dir("/").stdin(Stdio::piped());
        shell.stdout(Stdio::null()).stderr(Stdio::null());
        let mut shell = shell
            .spawn()
            .map_err(|error| format!("cannot start sh: {error}"))?;
        let input = shell.stdin.take();
        Ok(Self { shell, input })
    }

    /// Names the process to end if this process cannot do it.
    pub(crate) fn watch(&mut self, pid: u32) -> Result<(), String> {
        let input = self.input.as_mut().ok_or("the keeper has ended")?;
        writeln!(input, "{pid}").map_err(|error| format!("cannot reach the keeper: {error}"))
    }
}

impl Drop for Keeper {
    /// Cleaning up works the same after a regular end.
    fn drop(&mut self) {
        drop(self.input.take());
        // If the shell cannot be waited for, there is nothing left to do.
        drop(self.shell.wait());
    }
}
