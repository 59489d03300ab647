//! What to install where a service's programs are missing.

use crate::run::{Invocation, in_ci};

/// Whether we may change the machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Install {
    /// Its owner said so, or it is CI's.
    Missing,
    /// Only say how.
    Nothing,
}

impl Install {
    /// By `--install`, and always where `CI` is `true`.
    pub(crate) fn allowed(asked: bool) -> Self {
        if asked || in_ci() {
            Self::Missing
        } else {
            Self::Nothing
        }
    }

    /// Installs PostgreSQL by the system's packages.
    ///
    /// # Errors
    ///
    /// It may not, or a command failed; the message says which commands would do it.
    pub(crate) fn postgres(self) -> Result<(), String> {
        let commands = commands();
        if self == Self::Nothing || !has_apt() {
            let lines: Vec<String> = commands.iter().map(ToString::to_string).collect();
            return Err(format!(
                "PostgreSQL is not installed; `--install` runs, on Debian and Ubuntu: {}",
                lines.join(" && ")
            ));
        }
        for command in commands {
            // Standard output is for `eval`.
            eprintln!("$ {command}");
            command.output()?;
        }
        Ok(())
    }
}

/// For Debian and its children. `RUNLEVEL=1` keeps the package from starting a server of its own.
fn commands() -> [Invocation; 2] {
    [
        Invocation::new("apt-get", ["update"]),
        Invocation::new(
            "apt-get",
            ["install", "--yes", "--no-install-recommends", "postgresql"],
        )
        .env("DEBIAN_FRONTEND", "noninteractive")
        .env("RUNLEVEL", "1"),
    ]
}

fn has_apt() -> bool {
    Invocation::new("apt-get", ["--version"]).output().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_leave_nothing_is_installed_and_the_commands_are_told() {
        let why = Install::Nothing.postgres().unwrap_err();
        let wanted = "apt-get update && DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 \
                      apt-get install --yes --no-install-recommends postgresql";
        assert!(why.ends_with(wanted), "{why}");
    }
}
