//! The server that tests share, and instances for single tests.

use std::sync::OnceLock;

use super::instance::Instance;
use super::options::Options;
use super::programs::is_installed;
use crate::private::account::Account;
use crate::skip::skip_test;

/// Names the server for tests, by the URL of its superuser. Each test creates its own databases and
/// roles there. Without this variable each test binary starts a server.
pub const VARIABLE: &str = "FLEET_POSTGRES_URL";

/// The URL of a server for many tests at once: the one that [`VARIABLE`] names, or one that this
/// process starts and that ends with it. Each test creates its own database.
///
/// `None` if there is no PostgreSQL on a developer's machine: the test is reported as skipped.
///
/// # Panics
///
/// PostgreSQL is not installed although `CI` is `true`, or it does not start.
pub fn for_tests() -> Option<&'static str> {
    static NAMED: OnceLock<Option<String>> = OnceLock::new();
    static OWN: OnceLock<(Instance, String)> = OnceLock::new();
    if let Some(named) = NAMED.get_or_init(|| std::env::var(VARIABLE).ok()) {
        return Some(named);
    }
    if !is_there() {
        return None;
    }
    let own = OWN.get_or_init(|| {
        let instance = must_start(Options::default());
        let url = instance.url();
        (instance, url)
    });
    Some(&own.1)
}

/// A server for one test, which may restart, kill and fill it.
///
/// `None` if there is no PostgreSQL on a developer's machine, or if a small tablespace is asked for
/// and we are not root: the test is reported as skipped.
///
/// # Panics
///
/// PostgreSQL is not installed although `CI` is `true`, or it does not start.
pub fn instance_for_tests(options: Options) -> Option<Instance> {
    if !is_there() {
        return None;
    }
    let root = Account::of(super::instance::ACCOUNT).is_ok_and(Account::is_dropped);
    if options.small_tablespace.is_some() && !root {
        skip_test("only root can make a small tablespace");
        return None;
    }
    Some(must_start(options))
}

fn is_there() -> bool {
    if is_installed() {
        return true;
    }
    let why = format!(
        "no PostgreSQL is installed; `cargo xtask services up postgres` shows how to install it, or set {VARIABLE}"
    );
    assert!(
        std::env::var_os("CI").is_none_or(|value| value != "true"),
        "{why}"
    );
    skip_test(&why);
    false
}

#[expect(
    clippy::panic,
    reason = "a test whose server does not start has failed"
)]
fn must_start(options: Options) -> Instance {
    Instance::start(options).unwrap_or_else(|why| panic!("{why}"))
}
