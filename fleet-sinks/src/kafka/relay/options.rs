//! Options of a relay.

use std::time::Duration;

/// Options of a [`Relay`](super::Relay).
///
/// # Examples
/// ```
/// use std::time::Duration;
/// use fleet_sinks::kafka::RelayOptions;
/// let options = RelayOptions { poll: Duration::from_millis(100), ..RelayOptions::default() };
/// assert_eq!(options.messages, 500);
/// ```
#[derive(Clone, Debug)]
pub struct RelayOptions {
    /// The most messages that are read and produced at once. Default: 500, our choice: more are
    /// hardly faster, and more come again after a crash.
    pub messages: usize,
    /// The most bytes of keys and values that are read at once; one message may have more. Default:
    /// 4 MiB, our choice: a few requests.
    pub bytes: usize,
    /// How long to wait while nothing waits, while another relay is the owner, and after an error.
    /// Default: 1 s, our choice: a delay that people accept for alerts, and a query that costs
    /// nothing.
    pub poll: Duration,
    /// How long what is under way may take after a stop was requested. Default: 10 s, our choice:
    /// longer than a page takes while brokers answer.
    pub stop_within: Duration,
}

impl Default for RelayOptions {
    fn default() -> Self {
        Self {
            messages: 500,
            bytes: 4 << 20,
            poll: Duration::from_secs(1),
            stop_within: Duration::from_secs(10),
        }
    }
}
