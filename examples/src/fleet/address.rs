//! PostgreSQL addresses, which hold passwords: nothing here prints one.

use std::fmt;

#[cfg(not(feature = "postgres"))]
use fleet_core::{Error, ErrorKind};
#[cfg(feature = "postgres")]
use fleet_sinks::postgres::{Database, PostgresOptions};

/// The environment variable for the URL, which keeps the password out of the list of processes.
const VARIABLE: &str = "FLEET_POSTGRES_URL";

/// The URL of a PostgreSQL database.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct PostgresAddress(String);

impl PostgresAddress {
    /// Parses `postgres:URL`, a bare URL, or `postgres:` for the URL in the environment. Returns
    /// `None` for anything else.
    pub(crate) fn parse(text: &str) -> Option<Result<Self, String>> {
        if text.starts_with("postgres://") || text.starts_with("postgresql://") {
            return Some(Ok(Self(text.to_owned())));
        }
        match text.strip_prefix("postgres:")? {
            "" => Some(Self::from_env()),
            url => Some(Ok(Self(url.to_owned()))),
        }
    }

    fn from_env() -> Result<Self, String> {
        let url = std::env::var(VARIABLE).ok().filter(|url| !url.is_empty());
        url.map(Self)
            .ok_or_else(|| format!("postgres needs a URL: postgres:URL, or {VARIABLE}"))
    }

    /// Returns the error of a build that knows no PostgreSQL.
    #[cfg(not(feature = "postgres"))]
    pub(crate) fn not_built() -> Error {
        let message = "this build cannot use PostgreSQL: build it with `--features postgres`";
        Error::new(ErrorKind::Config, message)
    }

    /// Connects to the database.
    ///
    /// # Errors
    /// Returns the error of the connection; the message does not repeat a malformed URL.
    #[cfg(feature = "postgres")]
    pub(crate) async fn connect(&self, options: PostgresOptions) -> fleet_core::Result<Database> {
        Database::connect(&self.0, options).await
    }
}

/// Prints no part of the URL: in a malformed one the password may be anywhere.
impl fmt::Debug for PostgresAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PostgresAddress(..)")
    }
}

impl fmt::Display for PostgresAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PostgreSQL")
    }
}

/// Whether a text looks like an address, well-formed or not.
pub(crate) fn may_hold_password(text: &str) -> bool {
    ["://", "@", "password"]
        .iter()
        .any(|part| text.contains(part))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_is_recognised_by_its_scheme_and_never_printed() {
        let url = "postgres://fleet:canary@db/fleet";
        for text in [url.to_owned(), format!("postgres:{url}")] {
            let address = PostgresAddress::parse(&text).unwrap().unwrap();
            assert_eq!(address.0, url);
            assert!(!format!("{address} {address:?}").contains("canary"));
        }
        for other in ["sqlite:postgres.db", "postgres.db", "null"] {
            assert!(PostgresAddress::parse(other).is_none(), "{other}");
        }
    }
}
