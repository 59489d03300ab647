//! The one instance that outlives the command that started it.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use super::cluster::{self, Access};
use super::instance::ACCOUNT;
use super::options::Options;
use super::programs::Programs;
use super::server::{Server, log};
use crate::private::account::Account;
use crate::private::folder;
use crate::private::process::output;

/// `target/services/postgres`, from `cargo xtask services up` until `down`.
#[derive(Debug)]
pub struct Lasting {
    programs: Programs,
    account: Account,
    folder: PathBuf,
}

/// The state of the instance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Status {
    /// It accepts connections.
    Running {
        /// The URL for the superuser.
        url: String,
        /// The log of the server.
        log: PathBuf,
    },
    /// It was started, and is no longer running.
    Ended,
    /// It was not started.
    Absent,
}

impl Lasting {
    /// Finds its folder, whether or not it was started.
    ///
    /// # Errors
    ///
    /// PostgreSQL is not installed, or the target folder cannot be written to.
    pub fn locate() -> Result<Self, String> {
        let account = Account::of(ACCOUNT)?;
        Ok(Self {
            programs: Programs::locate()?,
            account,
            folder: folder::root(account)?.join("postgres"),
        })
    }

    /// Starts it with the data it had, unless it runs already, and returns its URL.
    ///
    /// # Errors
    ///
    /// It did not start; the message holds the end of its log.
    pub fn up(&self) -> Result<String, String> {
        match self.status() {
            Status::Running { url, .. } => return Ok(url),
            Status::Ended => {}
            Status::Absent => self.create()?,
        }
        Server::start(
            &self.programs,
            self.account,
            &self.folder,
            Options::default(),
        )?;
        self.url()
    }

    /// Stops it and removes its data, and returns whether it was there.
    ///
    /// # Errors
    ///
    /// It does not stop, or its folder cannot be removed.
    pub fn down(&self) -> Result<bool, String> {
        match self.status() {
            Status::Absent => return Ok(false),
            Status::Running { .. } => drop(self.control(&["stop", "-m", "fast", "-w"])?),
            Status::Ended => {}
        }
        fs::remove_dir_all(&self.folder).map_err(|error| self.cannot("remove", &error))?;
        Ok(true)
    }

    /// The state of the instance.
    pub fn status(&self) -> Status {
        let Ok(url) = self.url() else {
            return Status::Absent;
        };
        match self.control(&["status"]) {
            Ok(_) => Status::Running {
                url,
                log: log(&self.folder),
            },
            Err(_) => Status::Ended,
        }
    }

    fn create(&self) -> Result<(), String> {
        // An interrupted `up` leaves a folder without a URL.
        if self.folder.exists() {
            fs::remove_dir_all(&self.folder).map_err(|error| self.cannot("remove", &error))?;
        }
        fs::create_dir(&self.folder).map_err(|error| self.cannot("create", &error))?;
        self.account.give(&self.folder)?;
        let access = Access::new()?;
        cluster::create(
            &self.programs,
            self.account,
            &self.folder,
            &access,
            Options::default(),
        )?;
        let url = access.url("127.0.0.1", "postgres", &access.password, "postgres");
        self.write_secret(&self.url_file(), &url)
    }

    fn write_secret(&self, path: &Path, text: &str) -> Result<(), String> {
        fs::write(path, "")
            .and_then(|()| fs::set_permissions(path, Permissions::from_mode(0o600)))
            .and_then(|()| fs::write(path, text))
            .map_err(|error| self.cannot("write to", &error))
    }

    fn url(&self) -> Result<String, String> {
        fs::read_to_string(self.url_file()).map_err(|error| self.cannot("read", &error))
    }

    fn url_file(&self) -> PathBuf {
        self.folder.join("url")
    }

    fn control(&self, arguments: &[&str]) -> Result<String, String> {
        let mut control = self.account.command(&self.programs.program("pg_ctl"));
        control
            .args(arguments)
            .arg("-D")
            .arg(self.folder.join("data"));
        output(control.current_dir("/"))
    }

    fn cannot(&self, what: &str, error: &std::io::Error) -> String {
        format!("cannot {what} {}: {error}", self.folder.display())
    }
}
