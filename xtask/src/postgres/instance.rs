//! A private server that ends with its owner.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use super::cluster::{self, Access};
use super::options::{Options, Tls};
use super::programs::Programs;
use super::server::{End, Server, log, pid_file};
use crate::private::account::Account;
use crate::private::certificates::Certificates;
use crate::private::folder::Folder;
use crate::private::keeper::{Keeper, Signal};
use crate::private::process::output;

/// The account that the packages of PostgreSQL create.
pub(super) const ACCOUNT: &str = "postgres";

/// After a kill, the children of the server hold its shared memory for a moment, and a new server
/// refuses to start.
const TRIES: u32 = 50;
const BETWEEN_TRIES: Duration = Duration::from_millis(100);

/// A private PostgreSQL server on loopback with a random password. When it is dropped, or when its
/// process is killed, the server stops and its folder is removed.
#[derive(Debug)]
pub struct Instance {
    programs: Programs,
    account: Account,
    access: Access,
    options: Options,
    certificates: Option<Certificates>,
    server: Option<Server>,
    // Fields are dropped in this order: the folder is removed by the keeper, then unlocked.
    keeper: Keeper,
    folder: Folder,
}

impl Instance {
    /// The name of the tablespace of [`Options::small_tablespace`]. A restart empties it, so it
    /// must not hold what has to survive one.
    pub const SMALL: &str = "small";

    /// Creates an empty server and starts it, in about a second.
    ///
    /// # Errors
    ///
    /// PostgreSQL is not installed, or did not start; the message holds the end of its log.
    pub fn start(options: Options) -> Result<Self, String> {
        let programs = Programs::locate()?;
        let account = Account::of(ACCOUNT)?;
        let end_leftover = |folder: &Path| stop_leftover(&programs, account, folder);
        let folder = Folder::create("postgres", account, end_leftover)?;
        let keeper = Keeper::start(
            account,
            folder.path(),
            &[pid_file(folder.path())],
            Signal::Quit,
        )?;
        let access = Access::new()?;
        let certificates = match options.tls {
            Tls::On => Some(Certificates::make(folder.path(), account)?),
            Tls::Off => None,
        };
        cluster::create(&programs, account, folder.path(), &access, options)?;
        let mut instance = Self {
            programs,
            account,
            access,
            options,
            certificates,
            server: None,
            keeper,
            folder,
        };
        instance.start_again()?;
        if options.small_tablespace.is_some() {
            let small = instance.folder.path().join("small");
            let (name, place) = (Self::SMALL, small.display());
            instance.psql(&format!("CREATE TABLESPACE {name} LOCATION '{place}'"))?;
        }
        Ok(instance)
    }

    /// The URL for the superuser and the database `postgres`. With TLS the host is the name in the
    /// certificate.
    pub fn url(&self) -> String {
        self.url_of("postgres", &self.access.password, "postgres")
    }

    /// The URL for another role and database. Nothing is escaped.
    pub fn url_of(&self, role: &str, password: &str, database: &str) -> String {
        let host = match self.options.tls {
            Tls::On => "localhost",
            Tls::Off => "127.0.0.1",
        };
        self.access.url(host, role, password, database)
    }

    /// The password of the superuser.
    pub fn password(&self) -> &str {
        &self.access.password
    }

    /// The address it listens on, for a proxy in between.
    pub fn address(&self) -> SocketAddr {
        (Ipv4Addr::LOCALHOST, self.access.port).into()
    }

    /// The certificates, if the server offers TLS.
    pub fn certificates(&self) -> Option<&Certificates> {
        self.certificates.as_ref()
    }

    /// The log of the server.
    pub fn log(&self) -> PathBuf {
        log(self.folder.path())
    }

    /// Runs SQL through `psql`, as superuser in the database `postgres`.
    ///
    /// # Errors
    ///
    /// `psql` failed; the message is its standard error.
    pub fn psql(&self, sql: &str) -> Result<String, String> {
        self.psql_in("postgres", sql)
    }

    /// Runs SQL through `psql`, as superuser in another database.
    ///
    /// # Errors
    ///
    /// `psql` failed; the message is its standard error.
    pub fn psql_in(&self, database: &str, sql: &str) -> Result<String, String> {
        let mut psql = Command::new(self.programs.program("psql"));
        psql.args(["-X", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-h", "127.0.0.1"]);
        psql.args(["-U", "postgres", "-d", database, "-c", sql]);
        psql.arg("-p").arg(self.access.port.to_string());
        output(psql.env("PGPASSWORD", &self.access.password))
    }

    /// Stops at once and starts again on the same port, in about two seconds with recovery. Every
    /// connection breaks, and what was not committed is lost.
    ///
    /// # Errors
    ///
    /// It did not start.
    pub fn restart_immediate(&mut self) -> Result<(), String> {
        self.stop_immediate()?;
        self.start_again()
    }

    /// Stops at once, without a checkpoint, and stays stopped.
    ///
    /// # Errors
    ///
    /// It could not be signalled.
    pub fn stop_immediate(&mut self) -> Result<(), String> {
        self.server
            .take()
            .map_or(Ok(()), |server| server.end(End::Immediate))
    }

    /// Kills the main process with SIGKILL; the server stays stopped.
    ///
    /// # Errors
    ///
    /// It could not be signalled.
    pub fn kill(&mut self) -> Result<(), String> {
        self.server.take().map_or(Ok(()), Server::kill)
    }

    /// Starts it again after [`stop_immediate`](Self::stop_immediate) or [`kill`](Self::kill), with
    /// the same port and data, and waits until it accepts connections. Does nothing if it runs.
    ///
    /// # Errors
    ///
    /// It did not start; the message holds the end of its log.
    pub fn start_again(&mut self) -> Result<(), String> {
        if self.server.as_mut().is_some_and(Server::is_running) {
            return Ok(());
        }
        for _ in 0..TRIES {
            match self.start_server() {
                Err(why) if why.contains("pre-existing shared memory") => {
                    std::thread::sleep(BETWEEN_TRIES);
                }
                other => return other,
            }
        }
        self.start_server()
    }

    fn start_server(&mut self) -> Result<(), String> {
        let folder = self.folder.path();
        let server = Server::start(&self.programs, self.account, folder, self.options)?;
        self.keeper.watch(server.pid())?;
        self.server = Some(server);
        Ok(())
    }

    /// Shuts it down and removes its folder. Dropping it does the same but cannot report an error.
    ///
    /// # Errors
    ///
    /// It could not be signalled.
    pub fn stop(mut self) -> Result<(), String> {
        self.server
            .take()
            .map_or(Ok(()), |server| server.end(End::Fast))
    }
}

impl Drop for Instance {
    fn drop(&mut self) {
        // A server that cannot be signalled is ended by the keeper.
        drop(self.stop_immediate());
    }
}

/// A free port and a new password, for a server that a container runs.
///
/// # Errors
///
/// Every port is taken, or the system has no random numbers.
pub fn access() -> Result<(u16, String), String> {
    Access::new().map(|access| (access.port, access.password))
}

/// Ends the server of a folder without an owner, by the process id in the file of the server.
fn stop_leftover(programs: &Programs, account: Account, folder: &Path) {
    if pid_file(folder).exists() {
        let mut stop = account.command(&programs.program("pg_ctl"));
        stop.args(["stop", "-m", "immediate", "-w", "-D"])
            .arg(folder.join("data"));
        // Its keeper has usually ended it already.
        drop(output(stop.current_dir("/")));
    }
}
