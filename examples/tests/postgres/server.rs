//! The worker dies, its connections die, the server dies.

use xtask::postgres::{Options, instance_for_tests};

use crate::worker::{Resumed, Work, moment};

fn killed_workers(kills: u32) {
    let Some(server) = instance_for_tests(Options::default()) else {
        return;
    };
    let work = Work::new(server.url());
    let mut resumed = Resumed::default();
    for _ in 0..kills {
        let mut worker = work.start();
        resumed.add(worker.goes_on(&server));
        moment();
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
    worker.goes_on(&server);
    for _ in 0..ends {
        moment();
        let end = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name = 'fleet'";
        assert_ne!(
            server.psql(end).unwrap(),
            "0",
            "there was no connection to end"
        );
        resumed.add(worker.goes_on(&server));
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
    worker.goes_on(&server);
    for _ in 0..restarts {
        moment();
        server.restart_immediate().unwrap();
        resumed.add(worker.goes_on(&server));
    }
    worker.stop();
    work.finish(&server);
    resumed.print("immediate restarts");
}

#[test]
fn killed_workers_lose_and_double_nothing() {
    killed_workers(10);
}

#[test]
fn terminated_backends_lose_and_double_nothing() {
    terminated_backends(10);
}

#[test]
fn immediate_restarts_lose_and_double_nothing() {
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
