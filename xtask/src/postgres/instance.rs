//! A server of one's own.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use super::certificates::Certificates;
use super::cluster::{self, Access};
use super::options::{Options, Tls};
use super::programs::Programs;
use super::server::{End, Server, log, pid_file};
use crate::private::account::Account;
use crate::private::folder::Folder;
use crate::private::keeper::Keeper;
use crate::private::process::output;

/// The account that PostgreSQL's packages bring.
pub(super) const ACCOUNT: &str = "postgres";

/// After a kill, the dead server's children hold its memory for a moment, and a new one refuses to start.
const TRIES: u32 = 50;
const BETWEEN_TRIES: Duration = Duration::from_millis(100);

/// A PostgreSQL of one's own, on loopback, with a generated password. Dropped, it is stopped and its
/// folder removed; so it is if the process that holds it is killed.
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
    /// The name of the tablespace of [`Options::small_tablespace`]. A restart empties it, so nothing that
    /// is to survive one belongs there.
    pub const SMALL: &str = "small";

    /// Makes a new, empty server and starts it: about a second.
    ///
    /// # Errors
    ///
    /// PostgreSQL is not installed, or did not start; the message holds its last words.
    pub fn start(options: Options) -> Result<Self, String> {
        let programs = Programs::locate()?;
        let account = Account::of(ACCOUNT)?;
        let end_leftover = |folder: &Path| stop_leftover(&programs, account, folder);
        let folder = Folder::create("postgres", account, end_leftover)?;
        let keeper = Keeper::start(account, folder.path(), &pid_file(folder.path()))?;
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

    /// Where the superuser connects, to the database `postgres`. With TLS the host is the name in the
    /// certificate.
    pub fn url(&self) -> String {
        self.url_of("postgres", &self.access.password, "postgres")
    }

    /// Where another role connects, to another database. Nothing is escaped.
    pub fn url_of(&self, role: &str, password: &str, database: &str) -> String {
        let host = match self.options.tls {
            Tls::On => "localhost",
            Tls::Off => "127.0.0.1",
        };
        self.access.url(host, role, password, database)
    }

    /// The superuser's password.
    pub fn password(&self) -> &str {
        &self.access.password
    }

    /// Where it listens, for a proxy in between.
    pub fn address(&self) -> SocketAddr {
        (Ipv4Addr::LOCALHOST, self.access.port).into()
    }

    /// Whom a client should and should not trust, if it speaks TLS.
    pub fn certificates(&self) -> Option<&Certificates> {
        self.certificates.as_ref()
    }

    /// What the server wrote down.
    pub fn log(&self) -> PathBuf {
        log(self.folder.path())
    }

    /// Runs SQL by the server's own client, as superuser in the database `postgres`.
    ///
    /// # Errors
    ///
    /// What the client complained about.
    pub fn psql(&self, sql: &str) -> Result<String, String> {
        self.psql_in("postgres", sql)
    }

    /// The same in another database.
    ///
    /// # Errors
    ///
    /// What the client complained about.
    pub fn psql_in(&self, database: &str, sql: &str) -> Result<String, String> {
        let mut psql = Command::new(self.programs.program("psql"));
        psql.args(["-X", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-h", "127.0.0.1"]);
        psql.args(["-U", "postgres", "-d", database, "-c", sql]);
        psql.arg("-p").arg(self.access.port.to_string());
        output(psql.env("PGPASSWORD", &self.access.password))
    }

    /// Leaves at once and starts again on the same port: about two seconds with recovery. Every
    /// connection breaks, and what was not committed is gone.
    ///
    /// # Errors
    ///
    /// It did not start.
    pub fn restart_immediate(&mut self) -> Result<(), String> {
        self.stop_immediate()?;
        self.start_again()
    }

    /// Leaves at once, without writing anything down, and stays away.
    ///
    /// # Errors
    ///
    /// It could not be signalled.
    pub fn stop_immediate(&mut self) -> Result<(), String> {
        self.server
            .take()
            .map_or(Ok(()), |server| server.end(End::Immediate))
    }

    /// Kills the first process with SIGKILL; it stays away.
    ///
    /// # Errors
    ///
    /// It could not be signalled.
    pub fn kill(&mut self) -> Result<(), String> {
        self.server.take().map_or(Ok(()), Server::kill)
    }

    /// Starts it again after [`stop_immediate`](Self::stop_immediate) or [`kill`](Self::kill), on the same port and data, and waits
    /// until it takes connections. Nothing happens if it runs.
    ///
    /// # Errors
    ///
    /// It did not start; the message holds its last words.
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
        self.keeper.tell(server.pid())?;
        self.server = Some(server);
        Ok(())
    }

    /// Stops it in good order and removes its folder; dropping it does the same without a word.
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

/// A free port and a new password, for an instance that somebody else runs.
///
/// # Errors
///
/// Every port is taken, or the system has no random numbers.
pub fn access() -> Result<(u16, String), String> {
    Access::new().map(|access| (access.port, access.password))
}

/// Ends what runs in a folder that nobody holds any more, by the number in the server's own file.
fn stop_leftover(programs: &Programs, account: Account, folder: &Path) {
    if pid_file(folder).exists() {
        let mut stop = account.command(&programs.program("pg_ctl"));
        stop.args(["stop", "-m", "immediate", "-w", "-D"])
            .arg(folder.join("data"));
        // It has usually ended with its keeper, which is all that we wanted.
        drop(output(stop.current_dir("/")));
    }
}
