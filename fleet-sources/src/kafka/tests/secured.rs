//! Brokers with TLS and users: who is let in, and what is told to the others.

use std::{path::Path, time::Duration};

use fleet_core::{Error, ErrorKind, Offset, source::SourceEvent};
use xtask::kafka::{Broker, Options, Secured, Tls, broker_for_tests_with};

use super::rig::{Reader, Topic, block_on, unique};
use crate::kafka::{
    KafkaOptions, KafkaSource, Login, Mechanism, Security, StartAt, shared::now, topic_lag,
};

const MECHANISMS: [Mechanism; 3] = [
    Mechanism::Plain,
    Mechanism::ScramSha256,
    Mechanism::ScramSha512,
];
/// How long a broker that ends connections is given.
const PATIENCE: Duration = Duration::from_secs(3);

/// One broker for one test: they run in processes of their own, or share what is slow.
fn broker() -> Option<Broker> {
    let options = Options {
        tls: Tls::On,
        ..Options::default()
    };
    broker_for_tests_with(options)
}

fn login(secured: &Secured, mechanism: Mechanism) -> Login {
    Login {
        mechanism,
        user: secured.user.clone(),
        password: secured.password.clone(),
    }
}

fn tls(ca: &Path, login: Option<Login>) -> Security {
    Security::Tls {
        ca: Some(ca.to_owned()),
        login,
    }
}

fn options(security: Security) -> KafkaOptions {
    KafkaOptions {
        security,
        timeout: PATIENCE,
        ..KafkaOptions::default()
    }
}

fn open(address: &str, topic: &str, security: Security) -> KafkaSource {
    let (group, start) = (unique("secured"), StartAt::Earliest);
    KafkaSource::open(address, &group, [topic], start, options(security)).unwrap()
}

/// The first error of a source, and how soon it came.
fn refused(address: &str, security: Security) -> (Error, Duration) {
    let from = now();
    let mut reader = Reader::new(open(address, "any", security));
    let error = block_on(reader.step(None)).unwrap_err();
    (error, from.elapsed())
}

#[test]
fn who_is_known_reads_over_tls_with_each_mechanism_also_after_an_outage() {
    let Some(mut broker) = broker() else {
        return;
    };
    let secured = broker.secured().unwrap().clone();
    let topic = block_on(Topic::on(broker.address()));
    topic.produce(0..30);
    let ca = &secured.certificates.authority;
    let with_login = |mechanism| tls(ca, Some(login(&secured, mechanism)));
    let readers = MECHANISMS.map(|mechanism| (&secured.sasl_ssl, with_login(mechanism)));
    let mut readers: Vec<Reader> = readers
        .into_iter()
        .chain([(&secured.ssl, tls(ca, None))])
        .map(|(address, security)| Reader::new(open(address, &topic.name, security)))
        .collect();
    for reader in &mut readers {
        while reader.count() < 30 {
            block_on(reader.step(None)).unwrap();
        }
    }
    broker.kill().unwrap();
    // Longer than a broker has before the first contact.
    std::thread::sleep(PATIENCE);
    broker.up().unwrap();
    topic.produce(30..60);
    for reader in &mut readers {
        while reader.count() < 60 {
            let step = block_on(reader.step(None));
            assert!(!matches!(step.unwrap(), SourceEvent::End(_)));
        }
    }
    let positions = [(topic.partition(0), Offset(5))];
    let options = options(with_login(Mechanism::Plain));
    let lag = block_on(topic_lag(&secured.sasl_ssl, positions, options));
    assert_eq!(lag.unwrap()[0].behind, 15);
}

#[test]
fn who_is_not_let_in_is_told_why_and_what_to_do() {
    let Some(broker) = broker() else {
        return;
    };
    let secured = broker.secured().unwrap();
    let right = &secured.certificates.authority;
    let other = &secured.certificates.other_authority;
    let known = || Some(login(secured, Mechanism::Plain));
    let wrong = |mechanism| {
        let password = "wrong-password".to_owned();
        Some(Login {
            password,
            ..login(secured, mechanism)
        })
    };
    let plain = broker.address();
    let mut cases = vec![
        (
            &secured.ssl,
            tls(other, None),
            vec!["no authority in", "other.crt"],
        ),
        (
            &secured.sasl_ssl,
            tls(other, known()),
            vec!["no authority in", "other.crt"],
        ),
        (
            &secured.other_name,
            tls(right, known()),
            vec!["not for the host name 127.0.0.1"],
        ),
    ];
    for mechanism in MECHANISMS {
        let words = vec!["refuses user fleet by", mechanism.as_word(), "password"];
        cases.push((&secured.sasl_ssl, tls(right, wrong(mechanism)), words));
    }
    let certain = cases.len();
    cases.extend([
        (
            &secured.ssl,
            Security::Plaintext,
            vec!["wants TLS", "Security::Tls"],
        ),
        (&secured.sasl_ssl, tls(right, None), vec!["without a login"]),
        (&plain, tls(right, None), vec!["no TLS at this port"]),
    ]);
    for (index, (address, security, words)) in cases.into_iter().enumerate() {
        let (error, after) = refused(address, security);
        let told = error.to_string();
        println!("{after:.1?}: {told}");
        assert_eq!(error.kind(), ErrorKind::Source);
        assert!(!error.is_retryable(), "{told}");
        for word in [&**address].into_iter().chain(words) {
            assert!(told.contains(word), "{word}: {told}");
        }
        assert!(!told.contains("wrong-password") && !told.contains(&secured.password));
        let patience = if index < certain {
            Duration::ZERO
        } else {
            PATIENCE
        };
        assert!(
            after < patience + Duration::from_secs(5),
            "{after:?}: {told}"
        );
    }
    let positions = [("kafka:any/0".into(), Offset(0))];
    let asked = topic_lag(&secured.ssl, positions, options(tls(other, None)));
    let told = block_on(asked).unwrap_err().to_string();
    assert!(told.contains("no authority in"), "{told}");
}
