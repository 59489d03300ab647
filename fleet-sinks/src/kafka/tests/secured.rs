//! Brokers with TLS and users: who is let in, and what is told to the others.

use std::{path::Path, time::Duration};

use fleet_core::{Error, ErrorKind, sink::Sink};
use xtask::kafka::{Options, Tls, broker_for_tests_with};

use super::{Sample, sample};
use crate::kafka::{
    KafkaSink, KafkaSinkOptions, Login, Mechanism, Security,
    test_topic::Topic,
    topics::{self, ensure},
};

const MECHANISMS: [Mechanism; 3] = [
    Mechanism::Plain,
    Mechanism::ScramSha256,
    Mechanism::ScramSha512,
];

fn tls(ca: &Path, login: Option<Login>) -> KafkaSinkOptions {
    KafkaSinkOptions {
        security: Security::Tls {
            ca: Some(ca.to_owned()),
            login,
        },
        timeout: Duration::from_secs(5),
        ..KafkaSinkOptions::default()
    }
}

async fn refused(address: &str, topic: &str, options: &KafkaSinkOptions) -> (Error, Duration) {
    let mut sink = KafkaSink::<Sample>::open(address, topic, options).unwrap();
    let from = tokio::time::Instant::now();
    let error = sink.write(&[sample("x".into())]).await.unwrap_err();
    (error, from.elapsed())
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_known_writes_over_tls_and_the_others_are_told_why_not_and_what_to_do() {
    let options = Options {
        tls: Tls::On,
        ..Options::default()
    };
    let Some(mut broker) = broker_for_tests_with(options) else {
        return;
    };
    let secured = broker.secured().unwrap().clone();
    let plain = broker.address();
    let topic = Topic::at(&plain, "secured", &[]).await;
    let right = &secured.certificates.authority;
    let other = &secured.certificates.other_authority;
    let login = |mechanism, password: &str| {
        Some(Login {
            mechanism,
            user: secured.user.clone(),
            password: password.to_owned(),
        })
    };
    let with = |mechanism| tls(right, login(mechanism, &secured.password));
    let opened = MECHANISMS.map(|mechanism| (&secured.sasl_ssl, with(mechanism)));
    let mut sinks = Vec::new();
    for (address, options) in opened.into_iter().chain([(&secured.ssl, tls(right, None))]) {
        let mut sink = KafkaSink::open(address, &topic.name, &options).unwrap();
        sink.write(&[sample("known".into())]).await.unwrap();
        sinks.push(sink);
    }
    assert_eq!(topic.count(), 4);

    let known = || login(Mechanism::Plain, &secured.password);
    let mut cases = vec![
        (
            &secured.ssl,
            tls(other, None),
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
        let options = tls(right, login(mechanism, "wrong-password"));
        cases.push((&secured.sasl_ssl, options, words));
    }
    let certain = cases.len();
    let unencrypted = KafkaSinkOptions {
        security: Security::Plaintext,
        ..tls(right, None)
    };
    cases.extend([
        (
            &secured.ssl,
            unencrypted,
            vec!["wants TLS", "Security::Tls"],
        ),
        (&secured.sasl_ssl, tls(right, None), vec!["without a login"]),
        (&plain, tls(right, None), vec!["no TLS at this port"]),
    ]);
    for (index, (address, options, words)) in cases.iter().enumerate() {
        let (error, after) = refused(address, &topic.name, options).await;
        let told = error.to_string();
        println!("{after:.1?}: {told}");
        assert_eq!(error.kind(), ErrorKind::Sink);
        assert!(!error.is_retryable(), "{told}");
        for word in [&***address].iter().chain(words) {
            assert!(told.contains(word), "{word}: {told}");
        }
        assert!(!told.contains("wrong-password") && !told.contains(&secured.password));
        let at_most = if index < certain { 5 } else { 10 };
        assert!(after < Duration::from_secs(at_most), "{after:?}: {told}");
    }
    assert_eq!(topic.count(), 4);
    let declared = topics::vehicleops();
    for (address, options, words) in &cases[..certain] {
        let told = ensure(address, &declared, options).await.unwrap_err();
        assert!(
            words.iter().all(|word| told.to_string().contains(word)),
            "{told}"
        );
    }

    // What had been let in waits for an outage to pass.
    broker.kill().unwrap();
    let mut sink = sinks.swap_remove(0);
    let error = sink.write(&[sample("down".into())]).await.unwrap_err();
    assert!(error.is_retryable(), "{error}");
    broker.up().unwrap();
    sink.write(&[sample("up".into())]).await.unwrap();
}
