//! Which servers are trusted: certificates, authorities and host names.

use std::path::Path;

use fleet_core::ErrorKind;
use xtask::postgres::{Certificates, Instance, Options, Tls, instance_for_tests};

use super::{connect, full_text};

/// A server with TLS for `localhost`, and the authority that signed its certificate.
fn encrypted() -> Option<(Instance, Certificates)> {
    let server = instance_for_tests(Options {
        tls: Tls::On,
        ..Options::default()
    })?;
    let certificates = server.certificates().unwrap().clone();
    Some((server, certificates))
}

fn verified(url: &str, authority: &Path) -> String {
    format!(
        "{url}?sslmode=verify-full&sslrootcert={}",
        authority.display()
    )
}

/// Asserts a refusal that is not retryable, with this reason.
async fn refused(url: &str, why: &str) {
    let error = connect(url).await.unwrap_err();
    assert!(!error.is_retryable(), "{error}");
    assert!(full_text(&error).contains(why), "{}", full_text(&error));
}

#[tokio::test]
async fn a_server_with_its_name_from_a_known_authority_is_believed() {
    let Some((server, certificates)) = encrypted() else {
        return;
    };
    let database = connect(&verified(&server.url(), &certificates.authority))
        .await
        .unwrap();
    let connection = database.connection().await.unwrap();
    let asked = connection.client().query_one(
        "SELECT ssl, version FROM pg_stat_ssl WHERE pid = pg_backend_pid()",
        &[],
    );
    let row = connection
        .run("ask about encryption of", asked)
        .await
        .unwrap();
    assert!(row.get::<_, bool>(0));
    assert_eq!(row.get::<_, &str>(1), "TLSv1.3");
}

#[tokio::test]
async fn another_authority_another_name_and_no_authority_are_refused() {
    let Some((server, certificates)) = encrypted() else {
        return;
    };
    let url = server.url();
    refused(
        &verified(&url, &certificates.other_authority),
        "UnknownIssuer",
    )
    .await;
    // The right server under another name, as with a stolen certificate of another host.
    let by_address = url.replace("@localhost:", "@127.0.0.1:");
    refused(
        &verified(&by_address, &certificates.authority),
        "not valid for name \"127.0.0.1\"",
    )
    .await;
    // The operating system does not trust this authority.
    refused(&format!("{url}?sslmode=verify-full"), "").await;
}

#[tokio::test]
async fn a_server_that_says_it_has_no_encryption_gets_no_password() {
    let Some(server) = instance_for_tests(Options::default()) else {
        return;
    };
    let url = server.url().replace("@127.0.0.1:", "@localhost:");
    let error = connect(&format!("{url}?sslmode=verify-full"))
        .await
        .unwrap_err();
    assert!(!error.is_retryable(), "{error}");
    assert_eq!(error.kind(), ErrorKind::Store);
    assert!(
        full_text(&error).contains("does not support TLS"),
        "{}",
        full_text(&error)
    );
    // The client sent nothing else, so it did not try to log in.
    let log = std::fs::read_to_string(server.log()).unwrap();
    assert!(!log.contains("FATAL"), "{log}");
}
