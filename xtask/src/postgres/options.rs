//! The options of an instance.

/// How to start an [`Instance`](super::Instance). The default suits most tests: no TLS, and no
/// small tablespace.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options {
    /// Whether it offers TLS.
    pub tls: Tls,
    /// The size in MiB of a tablespace [`small`](super::Instance::SMALL) in memory, for tests of a
    /// full disk. Only root can make one.
    pub small_tablespace: Option<u32>,
}

/// Whether a server offers TLS. Whether a client requires it is up to the client.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tls {
    /// It refuses TLS.
    #[default]
    Off,
    /// It offers a certificate for the name `localhost`, and for no other name or address, from a
    /// certificate authority made for this instance.
    On,
}
