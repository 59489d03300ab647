//! Services in containers, for machines with a container engine but without the programs.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use xtask::postgres;

use crate::run::Invocation;

/// The file that holds the password and the port of the running containers.
const SETTINGS_FILE: &str = "compose.env";

/// Whether a container engine answers.
pub(crate) fn answers() -> bool {
    let ask = ["version", "--format", "{{.Server.Version}}"];
    Invocation::new("docker", ask).output().is_ok()
}

/// The containers of `compose.yaml`.
#[derive(Debug)]
pub(crate) struct Compose {
    settings: PathBuf,
}

impl Compose {
    /// Containers whose settings are stored in this folder.
    pub(crate) fn new(folder: &Path) -> Self {
        Self {
            settings: folder.join(SETTINGS_FILE),
        }
    }

    /// Starts PostgreSQL, waits until it is healthy and returns its URL.
    pub(crate) fn up(&self) -> Result<String, String> {
        if !self.settings.exists() {
            let (port, password) = postgres::access()?;
            self.write(&format!(
                "FLEET_POSTGRES_PORT={port}\nFLEET_POSTGRES_PASSWORD={password}\n"
            ))?;
        }
        self.compose("up --detach --wait postgres").output()?;
        self.url()
    }

    /// Removes the containers, and returns whether there were any.
    pub(crate) fn down(&self) -> Result<bool, String> {
        if !self.settings.exists() {
            return Ok(false);
        }
        self.compose("down").output()?;
        fs::remove_file(&self.settings).map_err(|error| self.cannot("remove", &error))?;
        Ok(true)
    }

    /// The URL of PostgreSQL, if it runs.
    pub(crate) fn running(&self) -> Option<String> {
        let url = self.url().ok()?;
        let running = self
            .compose("ps --status running --quiet postgres")
            .output();
        running
            .is_ok_and(|ids| !ids.trim().is_empty())
            .then_some(url)
    }

    fn compose(&self, line: &str) -> Invocation {
        Invocation::new(
            "docker",
            ["compose", "--file", "compose.yaml", "--env-file"],
        )
        .with([self.settings.display().to_string()])
        .with(line.split_whitespace())
    }

    fn url(&self) -> Result<String, String> {
        let text = fs::read_to_string(&self.settings).map_err(|e| self.cannot("read", &e))?;
        url(&text).ok_or_else(|| format!("{} is incomplete", self.settings.display()))
    }

    fn write(&self, text: &str) -> Result<(), String> {
        fs::write(&self.settings, "")
            .and_then(|()| fs::set_permissions(&self.settings, Permissions::from_mode(0o600)))
            .and_then(|()| fs::write(&self.settings, text))
            .map_err(|error| self.cannot("write", &error))
    }

    fn cannot(&self, what: &str, error: &std::io::Error) -> String {
        format!("cannot {what} {}: {error}", self.settings.display())
    }
}

fn url(settings: &str) -> Option<String> {
    let value = |name: &str| {
        let mut lines = settings.lines();
        lines.find_map(|line| line.strip_prefix(name)?.strip_prefix('='))
    };
    let (port, password) = (
        value("FLEET_POSTGRES_PORT")?,
        value("FLEET_POSTGRES_PASSWORD")?,
    );
    Some(format!(
        "postgres://postgres:{password}@127.0.0.1:{port}/postgres"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = include_str!("../../../compose.yaml");

    #[test]
    fn containers_have_the_version_and_the_settings_of_private_instances() {
        let image = format!("image: postgres:{}", postgres::MAJOR);
        assert!(FILE.lines().any(|line| line.trim() == image), "{image}");
        let settings: Vec<(&str, &str)> = FILE
            .lines()
            .filter_map(|line| line.trim().strip_prefix("- -c")?.split_once('='))
            .collect();
        assert_eq!(settings, postgres::SETTINGS);
        let arguments = format!("POSTGRES_INITDB_ARGS: {}", postgres::INITDB.join(" "));
        assert!(
            FILE.lines().any(|line| line.trim() == arguments),
            "{arguments}"
        );
    }

    #[test]
    fn containers_are_reached_from_this_machine_alone() {
        let ports = FILE
            .lines()
            .skip_while(|line| line.trim() != "ports:")
            .skip(1);
        let published: Vec<&str> = ports
            .map_while(|line| line.trim().strip_prefix("- "))
            .collect();
        assert!(!published.is_empty());
        assert!(
            published.iter().all(|port| port.starts_with("127.0.0.1:")),
            "{published:?}"
        );
    }

    #[test]
    fn the_url_is_made_of_what_was_saved() {
        let saved = "FLEET_POSTGRES_PORT=20001\nFLEET_POSTGRES_PASSWORD=b\n";
        let url = url(saved).unwrap();
        assert_eq!(url, "postgres://postgres:b@127.0.0.1:20001/postgres");
        assert_eq!(super::url("FLEET_POSTGRES_PORT=20001\n"), None);
    }
}
