//! The address of a server, which holds a password: nothing here shows it.

use std::{fmt, process::ExitCode};

use fleet_core::Result;
use fleet_sinks::postgres::{Database, PostgresOptions};

/// Names a server where the command line does not, so that its password is in no list of processes.
const VARIABLE: &str = "FLEET_POSTGRES_URL";

/// The URL of a database.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct PostgresAddress(String);

impl PostgresAddress {
    /// Reads `postgres:URL`, a URL by itself, or `postgres:` for the one in the environment; `None` if it is
    /// something else.
    pub(crate) fn named_by(text: &str) -> Option<Result<Self, String>> {
        if text.starts_with("postgres://") || text.starts_with("postgresql://") {
            return Some(Ok(Self(text.to_owned())));
        }
        match text.strip_prefix("postgres:")? {
            "" => Some(Self::of_environment()),
            url => Some(Ok(Self(url.to_owned()))),
        }
    }

    fn of_environment() -> Result<Self, String> {
        let url = std::env::var(VARIABLE).ok().filter(|url| !url.is_empty());
        url.map(Self)
            .ok_or_else(|| format!("postgres needs a URL: postgres:URL, or {VARIABLE}"))
    }

    /// Connects.
    ///
    /// # Errors
    /// Those of connecting; a URL that cannot be read is not repeated.
    pub(crate) async fn connect(&self) -> Result<Database> {
        Database::connect(&self.0, PostgresOptions::default()).await
    }
}

/// Only that it is one: where a URL is malformed, its password may be anywhere.
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

/// Says what is wrong with the command line, without the addresses in it.
pub(crate) fn refuse(wrong: &clap::Error) -> ExitCode {
    let words: Vec<String> = std::env::args().collect();
    let text = without_addresses(wrong.render().to_string(), &words);
    if wrong.use_stderr() {
        eprint!("{text}");
        ExitCode::from(2)
    } else {
        // A closed pipe has seen enough.
        drop(crate::console::stdout::say(&text));
        ExitCode::SUCCESS
    }
}

/// Whether a text looks like an address, right or wrong.
pub(crate) fn may_hold_password(text: &str) -> bool {
    ["://", "@", "password"]
        .iter()
        .any(|part| text.contains(part))
}

/// Takes every word that may hold a password out of a message that repeats it.
fn without_addresses(mut text: String, words: &[String]) -> String {
    let values = words.iter().flat_map(|word| {
        let value = word.split_once('=').map(|(_, value)| value);
        [Some(word.as_str()), value].into_iter().flatten()
    });
    for value in values.filter(|value| may_hold_password(value)) {
        text = text.replace(value, "(an address)");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_is_told_by_its_beginning_and_never_shown() {
        let url = "postgres://fleet:canary@db/fleet";
        for text in [url.to_owned(), format!("postgres:{url}")] {
            let address = PostgresAddress::named_by(&text).unwrap().unwrap();
            assert_eq!(address.0, url);
            assert!(!format!("{address} {address:?}").contains("canary"));
        }
        for other in ["sqlite:postgres.db", "postgres.db", "null"] {
            assert!(PostgresAddress::named_by(other).is_none(), "{other}");
        }
    }

    #[test]
    fn a_message_about_a_wrong_word_does_not_repeat_an_address() {
        let words = ["--sink=postgre://u:canary@db", "u:canary@db", "--seed", "x"];
        let words = words.map(str::to_owned);
        let text = "unexpected argument 'u:canary@db', invalid value 'postgre://u:canary@db', 'x'";
        let shown = without_addresses(text.to_owned(), &words);
        assert_eq!(
            shown,
            "unexpected argument '(an address)', invalid value '(an address)', 'x'"
        );
    }
}
