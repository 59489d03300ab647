//! The options of a broker.

/// How to start a [`Broker`](super::Broker). The default suits most tests: one node, without TLS.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options {
    /// How many nodes it has.
    pub nodes: Nodes,
    /// Whether it offers TLS, and asks for users.
    pub tls: Tls,
}

/// The nodes of a broker. Each is its own controller, too.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Nodes {
    /// One, whose topics have one replica.
    #[default]
    One,
    /// Three, whose topics have three replicas unless they say otherwise. A record is taken when
    /// two have it, so one node may be missing.
    Three,
}

impl Nodes {
    /// Their numbers.
    pub fn numbers(self) -> std::ops::RangeInclusive<u32> {
        match self {
            Self::One => 1..=1,
            Self::Three => 1..=3,
        }
    }

    /// How many replicas a topic has, and how many must have a record.
    pub(super) fn replicas(self) -> (u32, u32) {
        match self {
            Self::One => (1, 1),
            Self::Three => (3, 2),
        }
    }
}

/// Whether a broker offers TLS, beside its plain address.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tls {
    /// It does not.
    #[default]
    Off,
    /// It has more addresses, [`Secured`](super::Secured): they have a certificate for the name
    /// `localhost`, and for no other name or address, from an authority made for this broker.
    On,
}
