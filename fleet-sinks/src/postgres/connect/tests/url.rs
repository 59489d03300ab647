//! Which URLs are accepted, and when a connection must be encrypted.

use std::time::Duration;

use fleet_core::ErrorKind;

use crate::postgres::connect::{Database, PostgresOptions, Tls, url::read};

const SECRET: &str = "hunter2";

fn encrypted(url: &str, tls: Tls) -> Result<bool, String> {
    let options = PostgresOptions {
        tls,
        ..PostgresOptions::default()
    };
    read(url, options)
        .map(|target| target.encrypted)
        .map_err(|error| {
            assert_eq!(error.kind(), ErrorKind::Config);
            format!("{error} {error:?}")
        })
}

#[test]
fn what_leaves_the_machine_is_encrypted() {
    for (url, expected) in [
        ("postgres://u:p@db.example.org/fleet", true),
        ("postgres://u:p@10.1.2.3:5433/fleet", true),
        ("postgres://u:p@127.0.0.1,db.example.org/fleet", true),
        ("postgres://u:p@localhost/fleet?hostaddr=10.1.2.3", true),
        ("postgres://u:p@127.0.0.1/fleet?sslmode=verify-full", true),
        ("postgres://u:p@127.0.0.1/fleet", false),
        ("postgres://u:p@[::1]:5433/fleet", false),
        ("postgres://u:p@localhost/fleet?sslmode=disable", false),
        ("postgresql:///fleet", false),
        ("postgres://u@%2Frun%2Fpostgresql/fleet", false),
        (
            "postgres://u:p@db.example.org/fleet?insecure_plaintext=true",
            false,
        ),
    ] {
        assert_eq!(encrypted(url, Tls::OffLoopback), Ok(expected), "{url}");
    }
    let local = "postgres://u:p@127.0.0.1/fleet";
    assert_eq!(encrypted(local, Tls::VerifyFull), Ok(true));
    let far = "postgres://u:p@db.example.org/fleet";
    assert_eq!(encrypted(far, Tls::InsecurePlaintext), Ok(false));
}

#[test]
fn plaintext_to_another_machine_takes_words() {
    let url = format!("postgres://u:{SECRET}@db.example.org/fleet?sslmode=disable");
    let refusal = encrypted(&url, Tls::OffLoopback).unwrap_err();
    for part in ["db.example.org:5432/fleet", "insecure_plaintext=true"] {
        assert!(refusal.contains(part), "{refusal}");
    }
    assert!(!refusal.contains(SECRET), "{refusal}");
    for mode in ["allow", "prefer", "require", "verify-ca"] {
        let url = format!("postgres://u:{SECRET}@127.0.0.1/fleet?sslmode={mode}");
        let refusal = encrypted(&url, Tls::OffLoopback).unwrap_err();
        assert!(refusal.contains("verify-full"), "{refusal}");
    }
}

#[test]
fn no_refusal_repeats_a_malformed_url() {
    for url in [
        format!("host=localhost password={SECRET}"),
        format!("postgres://u:p@{SECRET}@localhost/fleet"),
        format!("postgres://u:{SECRET}@localhost:port/fleet"),
        format!("postgres://localhost/fleet?{SECRET}"),
        format!("postgres://localhost/fleet?{SECRET}=1"),
        format!("postgres://localhost/fleet?password={SECRET}&sslmode=verify"),
        format!("postgres://localhost/fleet?insecure_plaintext={SECRET}"),
        format!("postgres://u:{SECRET}%FF@localhost/%FF"),
        format!("postgres://localhost/fleet?password={SECRET}&target_session_attrs=any"),
    ] {
        let refusal = encrypted(&url, Tls::OffLoopback).unwrap_err();
        assert!(!refusal.contains(SECRET), "{refusal}");
    }
}

#[test]
fn no_deadline_means_for_ever() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    for length in [Duration::ZERO, Duration::from_micros(999), Duration::MAX] {
        let options = PostgresOptions {
            statement_timeout: length,
            ..PostgresOptions::default()
        };
        let connecting = Database::connect("postgres://u@db.example.org/fleet", options);
        let refusal = runtime.block_on(connecting).unwrap_err();
        assert!(
            refusal.to_string().contains("statement_timeout"),
            "{refusal}"
        );
    }
}

#[test]
fn a_missing_file_of_authorities_is_named() {
    let url = "postgres://u@db.example.org/fleet?sslrootcert=%2Fnowhere%2Fca.pem";
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    let connecting = Database::connect(url, PostgresOptions::default());
    let refusal = runtime.block_on(connecting).unwrap_err();
    assert_eq!(refusal.kind(), ErrorKind::Config);
    assert!(refusal.to_string().contains("/nowhere/ca.pem"), "{refusal}");
}
