//! The disk is full, and somebody makes room.

use std::time::Duration;

use xtask::postgres::{Instance, Options, instance_for_tests};

use crate::worker::{Resumed, Work};

const MEBIBYTES: u32 = 192;

/// Takes all that is left: what a failed statement wrote stays allocated.
fn fill(server: &Instance) {
    server
        .psql("CREATE TABLE filler (bytes text) TABLESPACE small")
        .unwrap();
    let all =
        "INSERT INTO filler SELECT repeat(md5(n::text), 50) FROM generate_series(1, 1000000) n";
    let full = server.psql(all).unwrap_err();
    assert!(full.contains("No space left on device"), "{full}");
}

/// Gives it back.
fn make_room(server: &Instance) {
    server.psql("DROP TABLE filler").unwrap();
    server.psql("CHECKPOINT").unwrap();
}

fn full_disk(cycles: u32) {
    let small = Options {
        small_tablespace: Some(MEBIBYTES),
        ..Options::default()
    };
    let Some(server) = instance_for_tests(small) else {
        return;
    };
    server
        .psql("CREATE DATABASE filling TABLESPACE small")
        .unwrap();
    let url = server.url_of("postgres", server.password(), "filling");
    let work = Work::new(url);
    let mut resumed = Resumed::default();
    let mut worker = work.start();
    for _ in 0..cycles {
        worker.goes_on(&server);
        fill(&server);
        // It comes to a stop: two looks, many commits apart, see the same.
        let mut before = None;
        while before != work.position(&server) {
            before = work.position(&server);
            std::thread::sleep(Duration::from_secs(2));
        }
        assert!(worker.is_running(), "a full disk ends nothing");
        make_room(&server);
        resumed.add(worker.goes_on(&server));
    }
    let said = worker.stop();
    assert!(said.contains("free some space on the server"), "{said}");
    work.finish(&server);
    resumed.print("full disks");
}

#[test]
fn a_full_disk_loses_and_doubles_nothing() {
    full_disk(1);
}

#[test]
#[ignore = "long"]
fn soak_postgres_full_disks() {
    full_disk(3);
}
