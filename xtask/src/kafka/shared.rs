//! One broker for all tests of a process, and brokers of their own for those that kill them.

use std::sync::OnceLock;

use super::broker::Broker;
use super::jars;
use super::options::Options;
use crate::skip::skip_test;

/// Names the brokers that tests use instead of starting one.
pub const VARIABLE: &str = "FLEET_KAFKA_BROKERS";

/// The address of the broker that the environment names, or of one that this process starts.
///
/// `None` without Java and Maven on a developer's machine: the test is reported as skipped.
///
/// # Panics
///
/// They are not installed although `CI` is `true`, or the broker does not start.
pub fn for_tests() -> Option<&'static str> {
    static NAMED: OnceLock<Option<String>> = OnceLock::new();
    static OWN: OnceLock<(Broker, String)> = OnceLock::new();
    if let Some(named) = NAMED.get_or_init(|| std::env::var(VARIABLE).ok()) {
        return Some(named);
    }
    if !can_start() {
        return None;
    }
    let own = OWN.get_or_init(|| {
        let broker = must_start(Options::default());
        let address = broker.address();
        (broker, address)
    });
    Some(&own.1)
}

/// A broker for one test, which may kill it.
///
/// # Panics
///
/// As [`for_tests`].
pub fn broker_for_tests() -> Option<Broker> {
    broker_for_tests_with(Options::default())
}

/// As [`broker_for_tests`], with options.
///
/// # Panics
///
/// As [`for_tests`].
pub fn broker_for_tests_with(options: Options) -> Option<Broker> {
    can_start().then(|| must_start(options))
}

fn can_start() -> bool {
    let Some(why) = jars::missing() else {
        return true;
    };
    let ci = std::env::var_os("CI").is_some_and(|value| value == "true");
    assert!(!ci, "{why}");
    skip_test(&why);
    false
}

#[expect(
    clippy::panic,
    reason = "a test whose broker does not start has failed"
)]
fn must_start(options: Options) -> Broker {
    Broker::start_with(options).unwrap_or_else(|why| panic!("{why}"))
}
