//! Services in containers, for machines with a container engine but without the programs.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use xtask::{kafka, postgres};

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

    /// Starts a service, waits until it is healthy and returns how it is reached.
    pub(crate) fn up(&self, service: &str) -> Result<Reached, String> {
        // Of all services, because the file of compose needs each of them.
        if self.reached().is_err() {
            let (port, password) = postgres::access()?;
            let brokers = kafka::port()?;
            self.write(&format!(
                "FLEET_POSTGRES_PORT={port}\nFLEET_POSTGRES_PASSWORD={password}\n\
                 FLEET_KAFKA_PORT={brokers}\n"
            ))?;
        }
        self.compose("up --detach --wait")
            .with([service])
            .output()?;
        self.reached()
    }

    /// Removes the container of a service, and returns whether there was one.
    pub(crate) fn down(&self, service: &str) -> Result<bool, String> {
        if !self.settings.exists() {
            return Ok(false);
        }
        let there = self.compose("ps --all --quiet").with([service]).output()?;
        if !there.trim().is_empty() {
            let remove = self.compose("rm --stop --force --volumes");
            remove.with([service]).output()?;
        }
        if self.compose("ps --all --quiet").output()?.trim().is_empty() {
            self.compose("down").output()?;
            fs::remove_file(&self.settings).map_err(|error| self.cannot("remove", &error))?;
        }
        Ok(!there.trim().is_empty())
    }

    /// How a service is reached, if it runs.
    pub(crate) fn running(&self, service: &str) -> Option<Reached> {
        let reached = self.reached().ok()?;
        let running = self.compose("ps --status running --quiet").with([service]);
        let ids = running.output();
        ids.is_ok_and(|ids| !ids.trim().is_empty())
            .then_some(reached)
    }

    fn compose(&self, line: &str) -> Invocation {
        Invocation::new(
            "docker",
            ["compose", "--file", "compose.yaml", "--env-file"],
        )
        .with([self.settings.display().to_string()])
        .with(line.split_whitespace())
    }

    fn reached(&self) -> Result<Reached, String> {
        let text = fs::read_to_string(&self.settings).map_err(|e| self.cannot("read", &e))?;
        let reached = Reached(text);
        reached.url().and(reached.brokers())?;
        Ok(reached)
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

/// How containers are reached, from the file of their settings.
pub(crate) struct Reached(String);

impl Reached {
    /// The URL of PostgreSQL.
    pub(crate) fn url(&self) -> Result<String, String> {
        let port = self.value("FLEET_POSTGRES_PORT")?;
        let password = self.value("FLEET_POSTGRES_PASSWORD")?;
        Ok(format!(
            "postgres://postgres:{password}@127.0.0.1:{port}/postgres"
        ))
    }

    /// The address of Apache Kafka.
    pub(crate) fn brokers(&self) -> Result<String, String> {
        let port = self.value("FLEET_KAFKA_PORT")?;
        Ok(format!("127.0.0.1:{port}"))
    }

    fn value(&self, name: &str) -> Result<&str, String> {
        let mut lines = self.0.lines();
        let value = lines.find_map(|line| line.strip_prefix(name)?.strip_prefix('='));
        value.ok_or_else(|| format!("{SETTINGS_FILE} has no {name}"))
    }
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

    /// The environment of the container of Kafka.
    fn environment() -> Vec<(&'static str, &'static str)> {
        let service = FILE.split("\n  kafka:\n").nth(1).unwrap();
        let lines = service
            .lines()
            .skip_while(|line| line.trim() != "environment:");
        let lines = lines.skip(1).take_while(|line| line.starts_with("      "));
        let lines = lines.map(str::trim).filter(|line| !line.starts_with('#'));
        let pair = |line: &'static str| line.split_once(": ").unwrap();
        lines
            .map(pair)
            .map(|(name, value)| (name, value.trim_matches('"')))
            .collect()
    }

    #[test]
    fn the_container_of_kafka_has_the_version_and_the_settings_of_private_brokers() {
        let image = format!("image: apache/kafka:{}", kafka::VERSION);
        assert!(FILE.lines().any(|line| line.trim() == image), "{image}");
        // As the image names them.
        let named = |name: &str| format!("KAFKA_{}", name.to_uppercase().replace('.', "_"));
        let one = kafka::REPLICAS
            .iter()
            .chain(kafka::IN_SYNC)
            .map(|name| (*name, "1"));
        let expected: Vec<_> = one
            .chain(kafka::SETTINGS.iter().copied())
            .map(|(name, value)| (named(name), value.to_owned()))
            .collect();
        let own: Vec<_> = environment()
            .into_iter()
            // Where it listens, and where its files are, is its own.
            .skip_while(|(name, _)| *name != expected[0].0)
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect();
        assert_eq!(own, expected);
    }

    #[test]
    fn containers_are_reached_from_this_machine_alone() {
        let mut services = 0;
        for ports in FILE.split("    ports:\n").skip(1) {
            services += 1;
            let published: Vec<&str> = ports
                .lines()
                .map_while(|line| line.trim().strip_prefix("- "))
                .collect();
            assert!(!published.is_empty());
            assert!(
                published.iter().all(|port| port.starts_with("127.0.0.1:")),
                "{published:?}"
            );
        }
        assert_eq!(services, 2);
        let listens = environment().into_iter();
        let mut listens = listens.filter(|(name, _)| *name == "KAFKA_ADVERTISED_LISTENERS");
        assert!(listens.all(|(_, place)| place.starts_with("PLAINTEXT://127.0.0.1:")));
    }

    #[test]
    fn addresses_are_made_of_what_was_saved() {
        let saved =
            "FLEET_POSTGRES_PORT=20001\nFLEET_POSTGRES_PASSWORD=b\nFLEET_KAFKA_PORT=20002\n";
        let reached = Reached(saved.to_owned());
        let url = "postgres://postgres:b@127.0.0.1:20001/postgres";
        assert_eq!(reached.url().unwrap(), url);
        assert_eq!(reached.brokers().unwrap(), "127.0.0.1:20002");
        // What an earlier version saved is written again.
        let earlier = Reached("FLEET_POSTGRES_PORT=20001\n".to_owned());
        assert!(earlier.url().is_err() && earlier.brokers().is_err());
    }
}
