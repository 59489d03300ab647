//! Finds the programs of PostgreSQL on this machine.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::private::process::output;

/// The major version of the tests: the one of Debian 12, and of the image in `compose.yaml`. Among
/// several this one is chosen, else the newest that is not older.
pub const MAJOR: u32 = 15;

/// Where Debian, Fedora and Homebrew put each version; these folders are not on PATH.
const VERSIONED: &[(&str, &str)] = &[
    ("/usr/lib/postgresql", "bin"),
    ("/usr/pgsql-", "bin"),
    ("/opt/homebrew/opt/postgresql@", "bin"),
    ("/usr/local/opt/postgresql@", "bin"),
];

/// The programs that an instance needs.
const PROGRAMS: &[&str] = &["initdb", "pg_ctl", "postgres", "psql"];

/// The folder that holds the programs of one version.
#[derive(Clone, Debug)]
pub(super) struct Programs {
    folder: PathBuf,
}

impl Programs {
    /// Finds the programs of version [`MAJOR`] or newer.
    ///
    /// # Errors
    ///
    /// None is installed; the message names the folders that were searched.
    pub(super) fn locate() -> Result<Self, String> {
        let all = on_path().into_iter().chain(versioned());
        let usable = all.filter_map(|folder| Some((major(&folder)?, folder)));
        // Among equals the last wins: the folder of the package rather than links to it.
        let best = usable
            .filter(|(version, _)| *version >= MAJOR)
            .max_by_key(|(version, _)| (*version == MAJOR, *version));
        let (_, folder) = best.ok_or_else(|| {
            format!("no PostgreSQL {MAJOR} or newer under /usr/lib/postgresql or on PATH")
        })?;
        Ok(Self { folder })
    }

    /// The path of one program.
    pub(super) fn program(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }
}

/// Whether PostgreSQL is installed on this machine.
pub fn is_installed() -> bool {
    Programs::locate().is_ok()
}

fn versioned() -> Vec<PathBuf> {
    let mut found = Vec::new();
    for (prefix, bin) in VERSIONED {
        let prefix = Path::new(prefix);
        // `/usr/pgsql-` is the beginning of a name, `/usr/lib/postgresql` a folder.
        let (folder, start) = if prefix.is_dir() {
            (Some(prefix), None)
        } else {
            (prefix.parent(), prefix.file_name())
        };
        let start = start.unwrap_or_default().to_string_lossy();
        let entries = folder.and_then(|folder| fs::read_dir(folder).ok());
        let names = entries.into_iter().flatten().flatten();
        let ours = names.filter(|entry| {
            entry
                .file_name()
                .to_string_lossy()
                .starts_with(start.as_ref())
        });
        found.extend(ours.map(|entry| entry.path().join(bin)));
    }
    found
}

fn on_path() -> Vec<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).collect()
}

/// The version in a folder, if it holds every program.
fn major(folder: &Path) -> Option<u32> {
    if !PROGRAMS.iter().all(|name| folder.join(name).is_file()) {
        return None;
    }
    let postgres = folder.join("postgres");
    version(&output(Command::new(postgres).arg("--version")).ok()?)
}

/// Reads `postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)`.
fn version(text: &str) -> Option<u32> {
    let (_, after) = text.split_once("(PostgreSQL) ")?;
    let digits = after.split(|c: char| !c.is_ascii_digit()).next()?;
    digits.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_major_version_is_read_from_any_build() {
        assert_eq!(
            version("postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)"),
            Some(15)
        );
        assert_eq!(version("postgres (PostgreSQL) 18beta1"), Some(18));
        assert_eq!(version("something else"), None);
    }
}
