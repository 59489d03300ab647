//! A password is told to the brokers and appears nowhere else. In a process of its own, because it
//! captures everything that is logged.

use std::{
    fmt::Write as _,
    sync::{Mutex, PoisonError},
};

use fleet_core::{Offset, Partition, Source};
use fleet_sources::kafka::{
    KafkaOptions, KafkaSource, Login, Mechanism, Security, StartAt, topic_lag,
};
use xtask::kafka::{Options, Tls, broker_for_tests_with};

/// The password that must not appear anywhere.
const CANARY: &str = "c4nary7f3c";

/// Everything that was logged in this process, at every level.
static LOGGED: Mutex<String> = Mutex::new(String::new());

/// Collects what the client and this crate log; `tracing` events arrive here too, because there is
/// no subscriber.
struct Listener;

impl log::Log for Listener {
    fn enabled(&self, _: &log::Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &log::Record<'_>) {
        let mut logged = LOGGED.lock().unwrap_or_else(PoisonError::into_inner);
        let _ = writeln!(logged, "{} {}", record.target(), record.args());
    }

    fn flush(&self) {}
}

fn hidden(what: &str, text: &str) {
    assert!(!text.contains(CANARY), "{what}: {text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_is_in_no_log_error_or_debug_output() {
    static LISTENER: Listener = Listener;
    log::set_logger(&LISTENER).unwrap();
    log::set_max_level(log::LevelFilter::Trace);
    let options = Options {
        tls: Tls::On,
        ..Options::default()
    };
    let Some(broker) = broker_for_tests_with(options) else {
        return;
    };
    let secured = broker.secured().unwrap();
    for mechanism in [Mechanism::Plain, Mechanism::ScramSha512] {
        let options = KafkaOptions {
            security: Security::Tls {
                ca: Some(secured.certificates.authority.clone()),
                login: Some(Login {
                    mechanism,
                    user: "somebody".to_owned(),
                    password: CANARY.to_owned(),
                }),
            },
            // The client tells all it does.
            properties: [("debug".to_owned(), "all".to_owned())].into(),
            ..KafkaOptions::default()
        };
        hidden("options", &format!("{options:?}"));
        let (brokers, start) = (&secured.sasl_ssl, StartAt::Earliest);
        let mut source = KafkaSource::open(brokers, "g", ["t"], start, options.clone()).unwrap();
        hidden("source", &format!("{source:?}"));
        let error = source.next().await.unwrap_err();
        assert!(
            error.to_string().contains("refuses user somebody"),
            "{error}"
        );
        hidden("error", &format!("{error} {error:?}"));
        let position = (Partition::from("kafka:t/0"), Offset(0));
        let error = topic_lag(brokers, [position], options).await.unwrap_err();
        hidden("error", &format!("{error} {error:?}"));
    }
    let logged = LOGGED.lock().unwrap_or_else(PoisonError::into_inner);
    hidden("log", &logged);
    for told in ["sasl.password", "SASL"] {
        assert!(
            logged.contains(told),
            "the client tells all it does: {told}"
        );
    }
}
