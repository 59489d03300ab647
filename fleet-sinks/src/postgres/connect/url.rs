//! Parses a connection URL and decides about encryption. The parser of the client leaves both the
//! handling of secrets and the choice of encryption open.

use std::{fmt, net::IpAddr};

use fleet_core::Result;
use percent_encoding::percent_decode_str;
use tokio_postgres::{
    Config,
    config::{Host, SslMode, TargetSessionAttrs},
};

use super::{
    error::ConnectError,
    options::{PostgresOptions, Tls},
};

/// Where and as whom to connect, and whether to encrypt.
pub(super) struct Target {
    pub(super) config: Config,
    pub(super) options: PostgresOptions,
    /// Whether connections are encrypted. If not, they stay on this machine or plaintext was
    /// requested explicitly.
    pub(super) encrypted: bool,
    /// Host, port and database, for messages; never the password.
    pub(super) address: String,
}

impl fmt::Debug for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Target")
            .field("address", &self.address)
            .field("encrypted", &self.encrypted)
            .finish_non_exhaustive()
    }
}

/// Parses `postgres://user:password@host:port/database?..`.
///
/// In addition to the client's parameters it accepts `sslmode` (`verify-full`, or `disable` for
/// this machine), `sslrootcert` and `insecure_plaintext=true`. Of the URL, errors repeat only a
/// host that was parsed as such: in a malformed URL the password may be anywhere.
pub(super) fn read(url: &str, mut options: PostgresOptions) -> Result<Target> {
    let scheme = ["postgres://", "postgresql://"];
    if !scheme.iter().any(|scheme| url.starts_with(scheme)) {
        return Err(ConnectError::Scheme.into());
    }
    let credentials = url.rfind('@').map_or(0, |at| at + 1);
    let (front, rest) = url.split_at_checked(credentials).ok_or(ConnectError::Url)?;
    if front.matches('@').count() > 1 {
        // The client takes the first `@` as the end of the credentials, and what follows as the
        // host.
        return Err(ConnectError::Url.into());
    }
    let (place, query) = rest.split_once('?').unwrap_or((rest, ""));
    let query = take_tls(query, &mut options)?;
    let mut config: Config = format!("{front}{place}?{query}")
        .parse()
        .map_err(|_| ConnectError::Url)?;
    if config.get_hosts().is_empty() && config.get_hostaddrs().is_empty() {
        config.host("localhost");
    }
    let local = is_local(&config);
    let encrypted = match options.tls {
        Tls::VerifyFull => true,
        Tls::OffLoopback => !local,
        Tls::InsecurePlaintext => false,
    };
    if config.get_ssl_mode() == SslMode::Disable && encrypted {
        return Err(ConnectError::Plaintext(address(&config)).into());
    }
    let mode = if encrypted {
        SslMode::Require
    } else {
        SslMode::Disable
    };
    config.ssl_mode(mode);
    config.target_session_attrs(TargetSessionAttrs::ReadWrite);
    Ok(Target {
        address: address(&config),
        config,
        options,
        encrypted,
    })
}

/// Takes the parameters about encryption out of the query and returns the others.
fn take_tls(query: &str, options: &mut PostgresOptions) -> Result<String> {
    let mut others = Vec::new();
    let mut disabled = false;
    for parameter in query.split('&').filter(|parameter| !parameter.is_empty()) {
        let (name, value) = parameter.split_once('=').ok_or(ConnectError::Url)?;
        let value = percent_decode_str(value)
            .decode_utf8()
            .map_err(|_| ConnectError::Url)?;
        match (name, &*value) {
            ("sslmode", "verify-full") => options.tls = Tls::VerifyFull,
            ("sslmode", "disable") => disabled = true,
            ("sslmode", _) => return Err(ConnectError::SslMode.into()),
            ("sslrootcert", path) => options.ca_file = Some(path.into()),
            ("insecure_plaintext", "true") => options.tls = Tls::InsecurePlaintext,
            ("insecure_plaintext", _) => return Err(ConnectError::Url.into()),
            // Not negotiable: a store writes.
            ("target_session_attrs", "read-write") => {}
            ("target_session_attrs", _) => return Err(ConnectError::ReadOnly.into()),
            _ => others.push(parameter),
        }
    }
    if disabled {
        others.push("sslmode=disable");
    }
    Ok(others.join("&"))
}

/// Whether all connections stay on this machine.
fn is_local(config: &Config) -> bool {
    let addresses = config.get_hostaddrs();
    if !addresses.is_empty() {
        return addresses.iter().all(IpAddr::is_loopback);
    }
    config.get_hosts().iter().all(|host| match host {
        Host::Tcp(name) => {
            // RFC 6761: this name always means loopback.
            name == "localhost" || name.parse().is_ok_and(|ip: IpAddr| ip.is_loopback())
        }
        #[cfg(unix)]
        Host::Unix(_) => true,
    })
}

fn address(config: &Config) -> String {
    let ports = config.get_ports();
    let named = config.get_hosts().iter().enumerate().map(|(place, host)| {
        let port = ports.get(place).or(ports.first()).copied().unwrap_or(5432);
        match host {
            Host::Tcp(name) => format!("{name}:{port}"),
            #[cfg(unix)]
            Host::Unix(folder) => format!("{}:{port}", folder.display()),
        }
    });
    let mut hosts: Vec<_> = named.collect();
    if hosts.is_empty() {
        hosts.extend(config.get_hostaddrs().iter().map(ToString::to_string));
    }
    let database = config
        .get_dbname()
        .or(config.get_user())
        .unwrap_or_default();
    format!("{}/{database}", hosts.join(","))
}
