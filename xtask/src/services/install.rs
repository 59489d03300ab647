//! Installs the programs of a service where they are missing.

use xtask::kafka;

use crate::run::{Invocation, in_ci};

/// Whether a command may install packages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Install {
    /// The user passed `--install`, or this is a CI machine.
    Missing,
    /// It only prints the commands that would.
    Nothing,
}

impl Install {
    /// `--install` allows it, and so does `CI=true`.
    pub(crate) fn allowed(asked: bool) -> Self {
        if asked || in_ci() {
            Self::Missing
        } else {
            Self::Nothing
        }
    }

    /// Installs PostgreSQL from the packages of the system, and the shell of SQLite that README.md
    /// uses.
    ///
    /// # Errors
    ///
    /// Installing is not allowed, or a command failed; the message lists the commands.
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
            // Standard output is read by `eval`.
            eprintln!("$ {command}");
            command.output()?;
        }
        Ok(())
    }

    /// Installs what starts Apache Kafka, and fetches its jars.
    ///
    /// # Errors
    ///
    /// Installing is not allowed, or a command failed.
    pub(crate) fn kafka(self) -> Result<(), String> {
        if let Some(why) = kafka::missing() {
            if self == Self::Nothing || !has_apt() {
                return Err(why);
            }
            for command in [
                Invocation::new("apt-get", ["update"]),
                Invocation::new("apt-get", KAFKA).env("DEBIAN_FRONTEND", "noninteractive"),
            ] {
                eprintln!("$ {command}");
                command.output()?;
            }
        }
        kafka::fetch()
    }
}

const KAFKA: [&str; 5] = [
    "install",
    "--yes",
    "--no-install-recommends",
    "openjdk-17-jre-headless",
    "maven",
];

/// For Debian and its derivatives. With `RUNLEVEL=1` the package does not start a server.
fn commands() -> [Invocation; 2] {
    [
        Invocation::new("apt-get", ["update"]),
        Invocation::new(
            "apt-get",
            [
                "install",
                "--yes",
                "--no-install-recommends",
                "postgresql",
                "sqlite3",
            ],
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
    fn without_permission_nothing_is_installed_and_the_commands_are_shown() {
        let why = Install::Nothing.postgres().unwrap_err();
        let wanted = "apt-get update && DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 \
                      apt-get install --yes --no-install-recommends postgresql sqlite3";
        assert!(why.ends_with(wanted), "{why}");
    }
}
