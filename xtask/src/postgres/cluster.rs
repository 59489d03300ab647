//! Creates the data directory of a new instance.

use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::Write as _;
use std::path::Path;

use super::options::{Options, Tls};
use super::programs::Programs;
use crate::private::account::Account;
use crate::private::process::output;
use crate::private::{port, secret};

/// Settings of every instance, here and in `compose.yaml`. Nothing waits for the disk: an instance
/// survives a crash of the server, which tests rely on, but not one of the machine.
pub const SETTINGS: &[(&str, &str)] = &[
    ("fsync", "off"),
    ("full_page_writes", "off"),
    ("max_connections", "100"),
    ("shared_buffers", "64MB"),
    ("timezone", "UTC"),
];

/// The arguments of `initdb`. The locale `C` sorts by code point on every system and is always
/// installed.
pub const INITDB: &[&str] = &["--auth=scram-sha-256", "--encoding=UTF8", "--locale=C"];

/// How to reach an instance as its superuser.
#[derive(Clone, Debug)]
pub(super) struct Access {
    /// The port on loopback.
    pub(super) port: u16,
    /// The password of the superuser `postgres`, checked by SCRAM.
    pub(super) password: String,
}

impl Access {
    /// A free port and a new password.
    pub(super) fn new() -> Result<Self, String> {
        Ok(Self {
            port: port::free()?,
            password: secret::password()?,
        })
    }

    /// The URL for a role and a database.
    pub(super) fn url(&self, host: &str, role: &str, password: &str, database: &str) -> String {
        format!(
            "postgres://{role}:{password}@{host}:{}/{database}",
            self.port
        )
    }
}

/// Creates `folder/data` as `account`.
pub(super) fn create(
    programs: &Programs,
    account: Account,
    folder: &Path,
    access: &Access,
    options: Options,
) -> Result<(), String> {
    let secret = folder.join("password");
    let cannot = |error: std::io::Error| format!("cannot write to {}: {error}", folder.display());
    fs::write(&secret, &access.password).map_err(cannot)?;
    account.give(&secret)?;

    let mut initdb = account.command(&programs.program("initdb"));
    initdb
        .current_dir(folder)
        .arg("-D")
        .arg(folder.join("data"));
    initdb.args(INITDB).args([
        "--username=postgres",
        "--no-sync",
        "--no-instructions",
        "--pwfile",
    ]);
    let made = output(initdb.arg(&secret));
    fs::remove_file(&secret).map_err(cannot)?;
    made?;

    let mut conf = File::options()
        .append(true)
        .open(folder.join("data/postgresql.conf"))
        .map_err(cannot)?;
    let text = configuration(access.port, options);
    conf.write_all(text.as_bytes()).map_err(cannot)
}

fn configuration(port: u16, options: Options) -> String {
    let mut text = format!(
        "listen_addresses = '127.0.0.1'\nport = {port}\nunix_socket_directories = ''\n\
         logging_collector = off\nlog_line_prefix = '%m [%p] %u@%d '\n"
    );
    for (name, value) in SETTINGS {
        let _ = writeln!(text, "{name} = '{value}'");
    }
    if options.tls == Tls::On {
        text += "ssl = on\nssl_cert_file = '../server.crt'\nssl_key_file = '../server.key'\n";
    }
    text
}
