//! The worker is killed, its connections are terminated, or the server is restarted.

use xtask::postgres::{Options, instance_for_tests};

use crate::worker::{Resumed, Work, random_pause};

fn killed_workers(kills: u32) {
    let Some(server) = instance_for_tests(Options::default()) else {
        return;
    };
    let work = Work::new(server.url());
    let mut resumed = Resumed::default();
    for _ in 0..kills {
        let mut worker = work.start();
        resumed.add(worker.wait_for_commit(&server));
        random_pause();
        worker.kill();
    }
    work.finish(&server);
    resumed.print("killed workers");
}

fn terminated_backends(ends: u32) {
    let Some(server) = instance_for_tests(Options::default()) else {
        return;
    };
    let work = Work::new(server.url());
    let mut resumed = Resumed::default();
    let mut worker = work.start();
    worker.wait_for_commit(&server);
    for _ in 0..ends {
        random_pause();
        let end = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name = 'fleet'";
        assert_ne!(
            server.psql(end).unwrap(),
            "0",
            "there was no connection to terminate"
        );
        resumed.add(worker.wait_for_commit(&server));
    }
    worker.stop();
    work.finish(&server);
    resumed.print("terminated backends");
}

fn immediate_restarts(restarts: u32) {
    let Some(mut server) = instance_for_tests(Options::default()) else {
        return;
    };
    let work = Work::new(server.url());
    let mut resumed = Resumed::default();
    let mut worker = work.start();
    worker.wait_for_commit(&server);
    for _ in 0..restarts {
        random_pause();
        server.restart_immediate().unwrap();
        resumed.add(worker.wait_for_commit(&server));
    }
    worker.stop();
    work.finish(&server);
    resumed.print("immediate restarts");
}

#[test]
fn killed_workers_lose_and_duplicate_nothing() {
    killed_workers(10);
}

#[test]
fn terminated_backends_lose_and_duplicate_nothing() {
    terminated_backends(10);
}

#[test]
fn immediate_restarts_lose_and_duplicate_nothing() {
    immediate_restarts(2);
}

#[test]
#[ignore = "long"]
fn soak_postgres_kills() {
    killed_workers(100);
}

#[test]
#[ignore = "long"]
fn soak_postgres_terminated_backends() {
    terminated_backends(100);
}

#[test]
#[ignore = "long"]
fn soak_postgres_restarts() {
    immediate_restarts(20);
}
