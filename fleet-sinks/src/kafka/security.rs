//! How connections to brokers are encrypted, and who logs in.
//!
//! fleet-sources and fleet-sinks hold the same file, because neither depends on the other; a test
//! compares both.

use std::{
    collections::BTreeMap,
    fmt,
    fs::File,
    net::IpAddr,
    path::{Path, PathBuf},
};

/// How connections to brokers are secured.
///
/// A login is a part of TLS, so that no password travels unencrypted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Security {
    /// Not at all. Brokers on other machines are refused, unless the options allow it.
    #[default]
    Plaintext,
    /// By TLS, with the feature `kafka-tls`. The certificate of each broker must be signed by an
    /// authority and be for the host name under which the broker is reached.
    Tls {
        /// The authorities to trust: a PEM file, or a folder that `openssl rehash` prepared. `None`
        /// for those of the system.
        ca: Option<PathBuf>,
        /// Who logs in; `None` where brokers let everybody in.
        login: Option<Login>,
    },
}

/// A user of the brokers. Printed for debugging, it shows no password.
#[derive(Clone, PartialEq, Eq)]
pub struct Login {
    /// How the password is proved.
    pub mechanism: Mechanism,
    /// The name of the user.
    pub user: String,
    /// The password of the user.
    pub password: String,
}

/// How a user proves to know a password (SASL).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mechanism {
    /// PLAIN: the broker is told the password (RFC 4616).
    Plain,
    /// SCRAM-SHA-256: the broker learns no password (RFC 7677).
    ScramSha256,
    /// SCRAM-SHA-512: likewise, with a longer hash.
    ScramSha512,
}

impl Mechanism {
    /// The name that brokers know it by.
    pub(super) fn as_word(self) -> &'static str {
        match self {
            Self::Plain => "PLAIN",
            Self::ScramSha256 => "SCRAM-SHA-256",
            Self::ScramSha512 => "SCRAM-SHA-512",
        }
    }
}

impl fmt::Debug for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Login")
            .field("mechanism", &self.mechanism)
            .field("user", &self.user)
            .finish_non_exhaustive()
    }
}

impl Security {
    /// The properties of the client, for options with these further properties.
    ///
    /// # Errors
    /// Refuses unencrypted connections to other machines unless `insecure_plaintext`, a file of
    /// authorities that cannot be read, and further properties that would take the security back or
    /// name other brokers.
    pub(super) fn properties(
        &self,
        brokers: &str,
        further: &BTreeMap<String, String>,
        insecure_plaintext: bool,
    ) -> Result<Vec<(&'static str, String)>, String> {
        if let Some(name) = BROKERS.iter().find(|name| further.contains_key(**name)) {
            return Err(format!(
                "the property {name} would replace the brokers that are given, and that were \
                 checked: leave it out"
            ));
        }
        let Self::Tls { ca, login } = self else {
            let protocol = further.get("security.protocol");
            let encrypted = protocol.is_some_and(|name| name.to_ascii_lowercase().contains("ssl"));
            let mut others = brokers.split(',').filter(|broker| !is_local(broker));
            return match others.next() {
                Some(other) if !encrypted && !insecure_plaintext => Err(format!(
                    "refusing to talk to {other} unencrypted: everybody on the way can read and \
                     change it. Set Security::Tls, or insecure_plaintext"
                )),
                _ => Ok(Vec::new()),
            };
        };
        if let Some(name) = further.keys().find(|name| is_of_tls(name)) {
            return Err(format!(
                "the property {name} contradicts Security::Tls, which says it all: leave one out"
            ));
        }
        if let Some(path) = ca {
            let why = |error| format!("cannot read the authorities in {}: {error}", path.display());
            File::open(path).map_err(why)?;
        }
        // Without a place the client would only look where OpenSSL was built to.
        let place = ca.as_deref().unwrap_or(Path::new("probe"));
        let mut all = vec![
            ("security.protocol", "ssl".to_owned()),
            ("ssl.ca.location", place.display().to_string()),
            ("enable.ssl.certificate.verification", "true".to_owned()),
            ("ssl.endpoint.identification.algorithm", "https".to_owned()),
        ];
        if let Some(login) = login {
            all.extend([
                ("security.protocol", "sasl_ssl".to_owned()),
                ("sasl.mechanism", login.mechanism.as_word().to_owned()),
                ("sasl.username", login.user.clone()),
                ("sasl.password", login.password.clone()),
            ]);
        }
        Ok(all)
    }
}

/// The names of the property that holds the brokers.
const BROKERS: [&str; 2] = ["bootstrap.servers", "metadata.broker.list"];

/// Whether a property is said by [`Security::Tls`]: who is trusted, for which name, and who logs
/// in. Certificates of our own and choices of ciphers are not.
fn is_of_tls(property: &str) -> bool {
    let said = ["security.protocol", "ssl.endpoint.identification.algorithm"];
    let begins = ["sasl.", "enable.sasl.", "enable.ssl.", "ssl.ca."];
    said.contains(&property) || begins.iter().any(|part| property.starts_with(part))
}

/// The feature that brings a property which the client refuses, if this build lacks it.
pub(super) fn missing_feature(property: &str) -> Option<&'static str> {
    let begins = |parts: &[&str]| parts.iter().any(|part| property.starts_with(part));
    if begins(&["security.", "ssl.", "sasl.", "enable.ssl."]) && !cfg!(feature = "kafka-tls") {
        Some("kafka-tls")
    } else if begins(&["compression."]) && !cfg!(feature = "kafka-zstd") {
        Some("kafka-zstd")
    } else {
        None
    }
}

/// Whether a broker is on this machine.
fn is_local(broker: &str) -> bool {
    let broker = broker.trim();
    let broker = broker.rsplit_once("://").map_or(broker, |(_, place)| place);
    let host = match broker.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => host,
        _ => broker,
    };
    let host = host.trim_start_matches('[').trim_end_matches(']');
    // RFC 6761: this name always means loopback.
    host == "localhost" || host.parse().is_ok_and(|ip: IpAddr| ip.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tls(login: Option<Login>) -> Security {
        Security::Tls { ca: None, login }
    }

    fn login() -> Login {
        Login {
            mechanism: Mechanism::ScramSha512,
            user: "anna".to_owned(),
            password: "hush-hush".to_owned(),
        }
    }

    #[test]
    fn unencrypted_connections_leave_this_machine_only_on_request() {
        let none = BTreeMap::new();
        let plain =
            |brokers: &str, allowed| Security::Plaintext.properties(brokers, &none, allowed);
        for local in [
            "localhost:9092",
            "127.0.0.1:9092,[::1]:9093",
            "PLAINTEXT://127.0.0.2:1",
        ] {
            assert!(plain(local, false).is_ok(), "{local}");
        }
        for other in [
            "localhost:9092,kafka:9092",
            "10.0.0.1:9092",
            "localhost.example.org",
        ] {
            let why = plain(other, false).unwrap_err();
            assert!(why.contains("unencrypted"), "{why}");
            assert!(plain(other, true).is_ok());
            assert!(tls(None).properties(other, &none, false).is_ok());
            let ssl = ("security.protocol".to_owned(), "SASL_SSL".to_owned());
            let further = BTreeMap::from([ssl]);
            assert!(
                Security::Plaintext
                    .properties(other, &further, false)
                    .is_ok()
            );
        }
    }

    #[test]
    fn further_properties_do_not_take_the_security_back() {
        let with = |security: &Security, name: &str| {
            let further = BTreeMap::from([(name.to_owned(), "plaintext".to_owned())]);
            security.properties("kafka:9092", &further, true)
        };
        let all = tls(Some(login())).properties("kafka:9092", &BTreeMap::new(), false);
        let own = all.unwrap().into_iter().map(|(name, _)| name);
        let aliases = [
            "sasl.mechanisms",
            "sasl.oauthbearer.config",
            "enable.sasl.oauthbearer.unsecure.jwt",
            "ssl.ca.pem",
            "ssl.ca.certificate.stores",
        ];
        for name in own.chain(aliases).chain(BROKERS) {
            for security in [tls(None), tls(Some(login()))] {
                let why = with(&security, name).unwrap_err();
                assert!(why.contains(name), "{why}");
            }
        }
        // Brokers that the check of unencrypted connections would not see.
        for name in BROKERS {
            assert!(with(&Security::Plaintext, name).unwrap_err().contains(name));
        }
        for name in ["ssl.cipher.suites", "ssl.certificate.location", "linger.ms"] {
            assert!(with(&tls(None), name).is_ok(), "{name}");
        }
    }

    #[test]
    fn a_file_of_authorities_that_is_not_there_is_named() {
        let ca = Some(PathBuf::from("/no/such/ca.pem"));
        let security = Security::Tls { ca, login: None };
        let why = security.properties("kafka:9092", &BTreeMap::new(), false);
        assert!(why.unwrap_err().contains("/no/such/ca.pem"));
    }

    #[test]
    fn a_password_is_for_the_client_alone() {
        let security = tls(Some(login()));
        let printed = format!("{security:?}");
        assert!(
            printed.contains("anna") && !printed.contains("hush"),
            "{printed}"
        );
        let all = security.properties("kafka:9092", &BTreeMap::new(), false);
        let all: BTreeMap<_, _> = all.unwrap().into_iter().collect();
        assert_eq!(all["sasl.password"], "hush-hush");
        assert_eq!(all["security.protocol"], "sasl_ssl");
    }
}
