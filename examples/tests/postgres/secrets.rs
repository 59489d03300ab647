//! The command never prints a password, whatever is wrong with its arguments.

use std::process::Command;

use xtask::postgres::{Options, instance_for_tests};

const CANARY: &str = "c4nary7f3c";

/// Runs the command; returns all its output and whether it succeeded.
fn output_of(args: &[&str], url: Option<&str>) -> (String, bool) {
    let mut fleet = Command::new(env!("CARGO_BIN_EXE_fleet"));
    fleet.args(args).env_remove("FLEET_POSTGRES_URL");
    if let Some(url) = url {
        fleet.env("FLEET_POSTGRES_URL", url);
    }
    let output = fleet.output().unwrap();
    let text = [output.stdout, output.stderr].concat();
    let text = String::from_utf8_lossy(&text).into_owned();
    assert!(!text.contains(CANARY), "{args:?}: {text}");
    (text, output.status.success())
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

    // Right addresses, in the environment and as an argument: everything else is printed.
    let (text, good) = output_of(&[&demo[..], &["postgres:"]].concat(), Some(&url));
    assert!(good && text.contains("PostgreSQL"), "{text}");
    for url in [format!("postgres:{url}"), url.clone()] {
        let (report, good) = output_of(&["report", "--db", &url], None);
        assert!(good && report.contains("demo: complete"), "{report}");
        assert!(report.contains("telemetry"), "{report}");
        assert!(output_of(&["dead-letters", "--reasons", "--db", &url], None).1);
    }

    // Wrong addresses: password, role, database, port, encryption, syntax, scheme, and no URL at
    // all.
    let address = server.address();
    for url in [
        server.url_of("postgres", CANARY, "postgres"),
        server.url_of("watcher", CANARY, "nowhere"),
        format!("postgres://watcher:{CANARY}@127.0.0.1:1/postgres?connect_timeout=1"),
        format!("postgres://watcher:{CANARY}@{address}/postgres?sslmode=prefer"),
        format!("postgres://watcher:{CANARY}@@{address}/postgres"),
        format!("postgre://watcher:{CANARY}@{address}/postgres"),
        format!("host=127.0.0.1 user=watcher password={CANARY}"),
    ] {
        let named = format!("postgres:{url}");
        for sink in [named.as_str(), url.as_str(), "postgres:"] {
            let (report, good) = output_of(&["report", "--db", sink], Some(&url));
            assert!(!good, "{sink}: {report}");
        }
        output_of(&[&demo[..], &["--no-such-word", &url]].concat(), None);
        output_of(&["demo", &url], None);
        output_of(&["demo", "--sink", &url, "--seed", "x"], None);
    }
    let log = std::fs::read_to_string(server.log()).unwrap();
    assert!(!log.contains(CANARY), "the server's log: {log}");
}
