//! What cleans up after a process that was killed.

use std::io::Write;
use std::path::Path;
use std::process::{Child, ChildStdin, Stdio};

use super::account::Account;

/// Waits until its input ends, which the system sees to however our process ends. Then it ends the
/// server whose number it was told last, if the server's own file still names it, and removes the folder.
const SCRIPT: &str = r#"
while read -r line; do pid=$line; done
if [ -n "${pid:-}" ] && [ "$(head -n 1 "$2" 2>/dev/null)" = "$pid" ]; then
    kill -QUIT "$pid"
    tries=100
    while [ "$tries" -gt 0 ] && kill -0 "$pid" 2>/dev/null; do sleep 0.1; tries=$((tries - 1)); done
fi
rm -rf "$1"
"#;

/// A shell beside our process that outlives it by a moment.
#[derive(Debug)]
pub(crate) struct Keeper {
    shell: Child,
    told: Option<ChildStdin>,
}

impl Keeper {
    /// Watches over `folder`; `pid_file` is where the server writes its number, on the first line.
    pub(crate) fn start(account: Account, folder: &Path, pid_file: &Path) -> Result<Self, String> {
        let mut shell = account.command(Path::new("sh"));
        shell.args(["-c", SCRIPT, "sh"]).arg(folder).arg(pid_file);
        // Elsewhere than in the folder it removes, and silent: nobody may be left to read it.
        shell.current_dir("/").stdin(Stdio::piped());
        shell.stdout(Stdio::null()).stderr(Stdio::null());
        let mut shell = shell
            .spawn()
            .map_err(|error| format!("cannot start sh: {error}"))?;
        let told = shell.stdin.take();
        Ok(Self { shell, told })
    }

    /// Which process to end, should we not come to it.
    pub(crate) fn tell(&mut self, pid: u32) -> Result<(), String> {
        let told = self.told.as_mut().ok_or("the keeper has left")?;
        writeln!(told, "{pid}").map_err(|error| format!("cannot reach the keeper: {error}"))
    }
}

impl Drop for Keeper {
    /// The regular end takes the same way as the other.
    fn drop(&mut self) {
        drop(self.told.take());
        // A shell that cannot be waited for has nothing more to tell.
        drop(self.shell.wait());
    }
}
