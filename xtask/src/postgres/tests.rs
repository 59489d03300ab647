//! Tests of instances. They are reported as skipped where PostgreSQL is not installed.

use std::io::{BufRead, BufReader};
use std::net::TcpStream;
use std::process::{Command, Stdio};
use std::time::Duration;

use super::*;

fn started(options: Options) -> Option<Instance> {
    instance_for_tests(options)
}

#[test]
fn what_is_committed_survives_every_way_to_stop_and_nothing_is_left_behind() {
    let Some(mut server) = started(Options::default()) else {
        return;
    };
    server.psql("CREATE TABLE kept AS SELECT 1 AS n").unwrap();
    server.restart_immediate().unwrap();
    server.psql("INSERT INTO kept VALUES (2)").unwrap();
    server.kill().unwrap();
    assert!(TcpStream::connect(server.address()).is_err());
    server.start_again().unwrap();
    assert_eq!(server.psql("SELECT sum(n) FROM kept").unwrap(), "3");

    let (address, folder) = (server.address(), server.log());
    let folder = folder.parent().unwrap();
    assert!(folder.exists());
    server.stop().unwrap();
    assert!(!folder.exists());
    assert!(TcpStream::connect(address).is_err());
}

#[test]
fn every_setting_is_in_force_and_the_password_is_asked_for() {
    let Some(server) = started(Options::default()) else {
        return;
    };
    for (name, value) in SETTINGS {
        assert_eq!(
            server.psql(&format!("SHOW {name}")).unwrap(),
            *value,
            "{name}"
        );
    }
    assert_eq!(
        server.psql("SHOW password_encryption").unwrap(),
        "scram-sha-256"
    );
    let rules = "SELECT string_agg(DISTINCT auth_method, ',') FROM pg_hba_file_rules";
    assert_eq!(server.psql(rules).unwrap(), "scram-sha-256");
}

#[test]
fn with_tls_the_certificate_is_for_its_name_and_from_its_authority() {
    let Some(server) = started(Options {
        tls: Tls::On,
        ..Options::default()
    }) else {
        return;
    };
    let certificates = server.certificates().unwrap();
    let ask = |host: &str, authority: &std::path::Path| {
        let mut openssl = Command::new("openssl");
        openssl.args([
            "s_client",
            "-starttls",
            "postgres",
            "-verify_return_error",
            "-verify_hostname",
            host,
        ]);
        openssl
            .arg("-connect")
            .arg(server.address().to_string())
            .arg("-CAfile")
            .arg(authority);
        openssl
            .stdin(Stdio::null())
            .output()
            .unwrap()
            .status
            .success()
    };
    assert!(ask("localhost", &certificates.authority));
    assert!(!ask("127.0.0.1", &certificates.authority));
    assert!(!ask("localhost", &certificates.other_authority));
}

#[test]
fn a_small_tablespace_is_soon_full_and_the_server_goes_on() {
    let Some(server) = started(Options {
        small_tablespace: Some(8),
        ..Options::default()
    }) else {
        return;
    };
    server
        .psql("CREATE TABLE filler (bytes text) TABLESPACE small")
        .unwrap();
    let fill =
        "INSERT INTO filler SELECT repeat(md5(n::text), 50) FROM generate_series(1, 20000) n";
    let full = server.psql(fill).unwrap_err();
    assert!(full.contains("No space left on device"), "{full}");
    server.psql("DROP TABLE filler").unwrap();
    server.psql("CHECKPOINT").unwrap();
    server
        .psql("CREATE TABLE again TABLESPACE small AS SELECT 1")
        .unwrap();
}

/// Runs in the process that the next test starts and kills.
#[test]
#[ignore = "started and killed by another test"]
fn held_until_killed() {
    let server = Instance::start(Options::default()).unwrap();
    println!("\naddress {}", server.address());
    println!("log {}", server.log().display());
    std::thread::sleep(Duration::from_mins(10));
}

#[test]
fn a_killed_test_leaves_no_server_and_no_folder() {
    if !is_installed() {
        return crate::skip::skip_test("no PostgreSQL is installed");
    }
    let mut test = Command::new(std::env::current_exe().unwrap())
        .args([
            "--ignored",
            "--exact",
            "--nocapture",
            "postgres::tests::held_until_killed",
        ])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(test.stdout.take().unwrap())
        .lines()
        .map(Result::unwrap);
    let mut said = lines.filter_map(|line| {
        let (what, value) = line.split_once(' ')?;
        ["address", "log"].contains(&what).then(|| value.to_owned())
    });
    let (address, log) = (said.next().unwrap(), said.next().unwrap());
    assert!(TcpStream::connect(&address).is_ok());
    test.kill().unwrap();
    test.wait().unwrap();

    let folder = std::path::Path::new(&log).parent().unwrap();
    let gone = (0..600).any(|_| {
        std::thread::sleep(Duration::from_millis(50));
        !folder.exists()
    });
    assert!(gone, "{} is still there", folder.display());
    assert!(TcpStream::connect(&address).is_err());
}
