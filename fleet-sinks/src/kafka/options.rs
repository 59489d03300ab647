//! Options of the sink.

use std::{collections::BTreeMap, fmt, time::Duration};

use super::security::Security;

/// How batches are compressed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Compression {
    /// Not at all.
    None,
    /// LZ4, the fastest.
    #[default]
    Lz4,
    /// Snappy.
    Snappy,
    /// Gzip, smaller and slower.
    Gzip,
    /// Zstandard, about as small as gzip and faster. Needs the feature `kafka-zstd`, also for
    /// readers.
    Zstd,
}

impl Compression {
    pub(super) fn as_word(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Lz4 => "lz4",
            Self::Snappy => "snappy",
            Self::Gzip => "gzip",
            Self::Zstd => "zstd",
        }
    }
}

/// Options of a [`KafkaSink`](super::KafkaSink).
///
/// Printed for debugging, it names the properties but not their values, which may be passwords.
///
/// # Examples
/// ```
/// use fleet_sinks::kafka::{Compression, KafkaSinkOptions, Login, Mechanism, Security};
/// let login = Login {
///     mechanism: Mechanism::ScramSha512,
///     user: "alerts".into(),
///     password: "secret".into(), // From a file or the environment, of course.
/// };
/// let options = KafkaSinkOptions {
///     compression: Compression::Gzip,
///     security: Security::Tls { ca: Some("/etc/kafka/ca.pem".into()), login: Some(login) },
///     ..KafkaSinkOptions::default()
/// };
/// assert!(!format!("{options:?}").contains("secret"));
/// ```
#[derive(Clone)]
pub struct KafkaSinkOptions {
    /// How batches are compressed. Default: [`Compression::Lz4`].
    pub compression: Compression,
    /// How long a record waits for others to share its request. Default 5 ms, our choice: an epoch
    /// is produced at once, so more would only delay its commit.
    pub linger: Duration,
    /// How long a record may take before the write fails, and is tried again. Default 30 s, our
    /// choice: longer than a broker takes to be replaced.
    pub timeout: Duration,
    /// How connections are encrypted, and who logs in. Default: [`Security::Plaintext`].
    pub security: Security,
    /// Sends everything unencrypted to brokers on other machines. Default: refused.
    pub insecure_plaintext: bool,
    /// Further properties of librdkafka. They win over all others.
    pub properties: BTreeMap<String, String>,
}

impl Default for KafkaSinkOptions {
    fn default() -> Self {
        Self {
            compression: Compression::Lz4,
            linger: Duration::from_millis(5),
            timeout: Duration::from_secs(30),
            security: Security::Plaintext,
            insecure_plaintext: false,
            properties: BTreeMap::new(),
        }
    }
}

impl fmt::Debug for KafkaSinkOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KafkaSinkOptions")
            .field("compression", &self.compression)
            .field("linger", &self.linger)
            .field("timeout", &self.timeout)
            .field("security", &self.security)
            .field("insecure_plaintext", &self.insecure_plaintext)
            .field("properties", &self.properties.keys())
            .finish()
    }
}
