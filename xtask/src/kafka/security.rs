//! The keys and the user of a broker with TLS.

use std::fs;
use std::path::Path;

use crate::private::account::Account;
use crate::private::certificates::Certificates;
use crate::private::secret;

/// What the certificate of the broker and its key are in, for Kafka.
const KEYS: &str = "server.pem";

/// What is needed to be let in.
#[derive(Clone, Debug)]
pub(super) struct Access {
    pub(super) user: &'static str,
    pub(super) password: String,
    pub(super) certificates: Option<Certificates>,
    keys: String,
}

impl Access {
    /// A user without certificates, for a broker without TLS.
    pub(super) fn none() -> Result<Self, String> {
        Ok(Self {
            user: "fleet",
            password: secret::password()?,
            certificates: None,
            keys: String::new(),
        })
    }

    /// Makes the certificates in `folder`.
    pub(super) fn make(folder: &Path) -> Result<Self, String> {
        let certificates = Certificates::make(folder, Account::ourselves())?;
        let read = |name: &str| {
            let path = folder.join(name);
            fs::read_to_string(&path)
                .map_err(|error| format!("cannot read {}: {error}", path.display()))
        };
        let keys = folder.join(KEYS);
        fs::write(&keys, read("server.key")? + &read("server.crt")?)
            .map_err(|error| format!("cannot write {}: {error}", keys.display()))?;
        Ok(Self {
            certificates: Some(certificates),
            keys: keys.display().to_string(),
            ..Self::none()?
        })
    }

    /// The arguments of the format of a node that make the user known to SCRAM.
    pub(super) fn scram(&self) -> [String; 2] {
        let (user, password) = (self.user, &self.password);
        ["SCRAM-SHA-256", "SCRAM-SHA-512"]
            .map(|mechanism| format!("{mechanism}=[name={user},password={password}]"))
    }

    /// The properties of the listeners with TLS or users.
    pub(super) fn properties(&self) -> Vec<(String, String)> {
        let own = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let mut all = vec![
            own("ssl.keystore.type", "PEM"),
            own("ssl.keystore.location", &self.keys),
            own(
                "sasl.enabled.mechanisms",
                "PLAIN,SCRAM-SHA-256,SCRAM-SHA-512",
            ),
        ];
        let (user, password) = (self.user, &self.password);
        let modules = "org.apache.kafka.common.security";
        for listener in ["sasl_ssl", "sasl_plaintext"] {
            let name =
                |mechanism: &str| format!("listener.name.{listener}.{mechanism}.sasl.jaas.config");
            all.push((
                name("plain"),
                format!("{modules}.plain.PlainLoginModule required user_{user}=\"{password}\";"),
            ));
            for mechanism in ["scram-sha-256", "scram-sha-512"] {
                all.push((
                    name(mechanism),
                    format!("{modules}.scram.ScramLoginModule required;"),
                ));
            }
        }
        all
    }
}
