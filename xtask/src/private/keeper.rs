//! A shell that cleans up after a process that was killed.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Stdio};

use super::account::Account;

/// Waits until its input ends, which happens however our process ends. Then it ends the servers
/// whose process ids it read, if their pid files still name them, and removes the folder.
const SCRIPT: &str = r#"
folder=$1 signal=$2
shift 2
while read -r line; do told="${told:-} $line"; done
for file in "$@"; do
    pid=$(head -n 1 "$file" 2>/dev/null)
    case "${told:-} " in *" ${pid:-none} "*) running="${running:-} $pid" ;; esac
done
for pid in ${running:-}; do kill "-$signal" "$pid"; done
tries=100
for pid in ${running:-}; do
    while [ "$tries" -gt 0 ] && kill -0 "$pid" 2>/dev/null; do sleep 0.1; tries=$((tries - 1)); done
done
rm -rf "$folder"
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
    /// Starts the shell for `folder`. The process id of a server is the first line of its file
    /// among `pid_files`.
    pub(crate) fn start(
        account: Account,
        folder: &Path,
        pid_files: &[PathBuf],
        signal: Signal,
    ) -> Result<Self, String> {
        let mut shell = account.command(Path::new("sh"));
        shell.args(["-c", SCRIPT, "sh"]).arg(folder);
        shell.arg(match signal {
            Signal::Quit => "QUIT",
            Signal::Kill => "KILL",
        });
        shell.args(pid_files);
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
