//! What an instance is started with.

/// How to start an [`Instance`](super::Instance). The default is for most tests: without TLS, without
/// waiting for the disk.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options {
    /// Whether it speaks TLS.
    pub tls: Tls,
    /// A tablespace [`small`](super::Instance::SMALL) of this many MiB, in memory, to fill it up. Only
    /// root can make one.
    pub small_tablespace: Option<u32>,
}

/// Whether a server offers TLS; what a client insists on is the client's choice.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tls {
    /// It answers that it has none.
    #[default]
    Off,
    /// It offers a certificate for the name `localhost`, and for no other name or address, from a
    /// certificate authority made for this instance.
    On,
}
