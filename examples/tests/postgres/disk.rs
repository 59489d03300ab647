//! The disk of the server is full, and later has room again.

use std::time::Duration;

use xtask::postgres::{Instance, Options, instance_for_tests};

use crate::worker::{Resumed, Work};

const MEBIBYTES: u32 = 192;

/// Fills the disk. The pages of a failed statement stay allocated.
fn fill(server: &Instance) {
    server
        .psql("CREATE TABLE filler (bytes text) TABLESPACE small")
        .unwrap();
    let all =
        "INSERT INTO filler SELECT repeat(md5(n::text), 50) FROM generate_series(1, 1000000) n";
    let full = server.psql(all).unwrap_err();
    assert!(full.contains("No space left on device"), "{full}");
}

/// Frees the disk again.
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
        worker.wait_for_commit(&server);
        fill(&server);
        // The worker has stopped when two positions, many commits apart, are equal.
        let mut before = None;
        while before != work.position(&server) {
            before = work.position(&server);
            std::thread::sleep(Duration::from_secs(2));
        }
        assert!(worker.is_running(), "a full disk does not end the worker");
        make_room(&server);
        resumed.add(worker.wait_for_commit(&server));
    }
    let errors = worker.stop();
    assert!(errors.contains("free some space on the server"), "{errors}");
    work.finish(&server);
    resumed.print("full disks");
}

#[test]
fn a_full_disk_loses_and_duplicates_nothing() {
    full_disk(1);
}

#[test]
#[ignore = "long"]
fn soak_postgres_full_disks() {
    full_disk(3);
}
