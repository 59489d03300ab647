//! A password is told to the brokers and appears nowhere else. In a process of its own, because it
//! captures everything that is logged.

use std::{
    fmt::Write as _,
    sync::{Mutex, PoisonError},
};

use std::time::Duration;

use fleet_core::{
    EventTime, Offset, Row, TableRow,
    sink::Sink,
    table::{Column, Fields, Value},
};
use fleet_sinks::kafka::{KafkaSink, KafkaSinkOptions, Login, Mechanism, Security};
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
        for (user, known) in [("somebody", false), (&*secured.user, true)] {
            let password = if known { &secured.password } else { CANARY };
            let options = KafkaSinkOptions {
                security: Security::Tls {
                    ca: Some(secured.certificates.authority.clone()),
                    login: Some(Login {
                        mechanism,
                        user: user.to_owned(),
                        password: password.to_owned(),
                    }),
                },
                timeout: Duration::from_secs(3),
                // The client tells all it does.
                properties: [("debug".to_owned(), "all".to_owned())].into(),
                ..KafkaSinkOptions::default()
            };
            hidden("options", &format!("{options:?}"));
            let address = &secured.sasl_ssl;
            let mut sink = KafkaSink::<Event>::open(address, "none", &options).unwrap();
            hidden("sink", &format!("{sink:?}"));
            let row = Row::detached(EventTime::MIN, Offset(0), Event);
            let error = sink.write(&[row]).await.unwrap_err();
            // The topic is not there.
            assert_eq!(
                error.to_string().contains("refuses user"),
                !known,
                "{error}"
            );
            hidden("error", &format!("{error} {error:?}"));
        }
    }
    let logged = LOGGED.lock().unwrap_or_else(PoisonError::into_inner);
    hidden("log", &logged);
    assert!(!logged.contains(&secured.password));
    for told in ["sasl.password", "SASL"] {
        assert!(
            logged.contains(told),
            "the client tells all it does: {told}"
        );
    }
}

/// A row without columns that matter.
#[derive(Debug)]
struct Event;

impl TableRow for Event {
    fn columns() -> &'static [Column] {
        const { &[Column::text("text")] }
    }
    fn write(&self, to: &mut dyn Fields) {
        to.put(Value::Text("x"));
    }
}
