//! The password is in nothing that the command line says, whatever is wrong with it.

use std::process::Command;

use xtask::postgres::{Options, instance_for_tests};

const CANARY: &str = "c4nary7f3c";

/// All that the program says, and whether it was content.
fn said(words: &[&str], url: Option<&str>) -> (String, bool) {
    let mut fleet = Command::new(env!("CARGO_BIN_EXE_fleet"));
    fleet.args(words).env_remove("FLEET_POSTGRES_URL");
    if let Some(url) = url {
        fleet.env("FLEET_POSTGRES_URL", url);
    }
    let output = fleet.output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said).into_owned();
    assert!(!said.contains(CANARY), "{words:?}: {said}");
    (said, output.status.success())
}

#[test]
fn the_command_line_never_repeats_a_password() {
    let Some(server) = instance_for_tests(Options::default()) else {
        return;
    };
    server
        .psql(&format!(
            "CREATE ROLE watcher LOGIN SUPERUSER PASSWORD '{CANARY}'"
        ))
        .unwrap();
    let url = server.url_of("watcher", CANARY, "postgres");
    let demo = ["demo", "--vehicles", "2", "--duration", "20s", "--sink"];

    // It works, by the environment and by a word, and tells the rest.
    let (said_of_demo, good) = said(&[&demo[..], &["postgres:"]].concat(), Some(&url));
    assert!(
        good && said_of_demo.contains("PostgreSQL"),
        "{said_of_demo}"
    );
    for url in [format!("postgres:{url}"), url.clone()] {
        let (report, good) = said(&["report", "--db", &url], None);
        assert!(good && report.contains("demo: complete"), "{report}");
        assert!(report.contains("telemetry"), "{report}");
        assert!(said(&["dead-letters", "--reasons", "--db", &url], None).1);
    }

    // It does not: a wrong password, role, database, port, scheme, encryption; and what is no URL at all.
    let place = server.address();
    for url in [
        server.url_of("postgres", CANARY, "postgres"),
        server.url_of("watcher", CANARY, "nowhere"),
        format!("postgres://watcher:{CANARY}@127.0.0.1:1/postgres?connect_timeout=1"),
        format!("postgres://watcher:{CANARY}@{place}/postgres?sslmode=prefer"),
        format!("postgres://watcher:{CANARY}@@{place}/postgres"),
        format!("postgre://watcher:{CANARY}@{place}/postgres"),
        format!("host=127.0.0.1 user=watcher password={CANARY}"),
    ] {
        let named = format!("postgres:{url}");
        for sink in [named.as_str(), url.as_str(), "postgres:"] {
            // Refused at once, or stopped while it tries again: the server may come back.
            let (report, good) = said(&["report", "--db", sink], Some(&url));
            assert!(!good, "{sink}: {report}");
        }
        said(&[&demo[..], &["--no-such-word", &url]].concat(), None);
        said(&["demo", &url], None);
        said(&["demo", "--sink", &url, "--seed", "x"], None);
    }
    let log = std::fs::read_to_string(server.log()).unwrap();
    assert!(!log.contains(CANARY), "the server's log: {log}");
}
