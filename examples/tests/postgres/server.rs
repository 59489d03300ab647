//! The worker dies, its connections die, the server dies.

use std::time::Duration;

use xtask::postgres::{Instance, Options, instance_for_tests};

use crate::worker::{Resumed, Work, random_part};

/// Lines for each fault: more than a worker writes while one is being looked for.
const LINES_PER_FAULT: u64 = 12_000;

fn started(faults: u32) -> Option<(Instance, Work, crate::input::Fates)> {
    let server = instance_for_tests(Options::default())?;
    let (work, fates) = Work::new(LINES_PER_FAULT * u64::from(faults), server.url());
    Some((server, work, fates))
}

/// Where the input has come to when each fault happens: one in each part of it, and then a moment that no
/// commit knows of.
fn moments(faults: u32) -> impl Iterator<Item = (f64, Duration)> {
    (0..faults).map(move |fault| {
        let part = (f64::from(fault) + random_part() * 0.8) / f64::from(faults);
        (part, Duration::from_millis(30).mul_f64(random_part()))
    })
}

fn killed_workers(kills: u32) {
    let Some((server, work, fates)) = started(kills) else {
        return;
    };
    let mut hits = 0;
    for (part, pause) in moments(kills) {
        let mut worker = work.start();
        worker.reaches(part, &server);
        std::thread::sleep(pause);
        hits += u32::from(worker.kill());
    }
    work.finish(&server, &fates);
    println!("{hits} of {kills} kills hit a running worker");
    assert!(hits >= kills / 2, "too few kills hit a running worker");
}

fn terminated_backends(ends: u32) {
    let Some((server, work, fates)) = started(ends) else {
        return;
    };
    let (mut hits, mut resumed) = (0, Resumed::default());
    let mut worker = work.start();
    for (part, pause) in moments(ends) {
        if !worker.reaches(part, &server) {
            break;
        }
        std::thread::sleep(pause);
        let end = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name = 'fleet'";
        let ended: u32 = server.psql(end).unwrap().parse().unwrap();
        hits += u32::from(ended > 0);
        let from = work.position(&server).unwrap_or(part);
        resumed.add(worker.resumes(from, &server));
    }
    worker.finish();
    work.finish(&server, &fates);
    println!("{hits} of {ends} terminations hit a connection");
    resumed.print("terminated backends");
    assert!(hits >= ends / 2, "too few terminations hit a connection");
}

fn immediate_restarts(restarts: u32) {
    let Some((mut server, work, fates)) = started(restarts) else {
        return;
    };
    let (mut hits, mut resumed) = (0, Resumed::default());
    let mut worker = work.start();
    for (part, pause) in moments(restarts) {
        if !worker.reaches(part, &server) {
            break;
        }
        std::thread::sleep(pause);
        server.restart_immediate().unwrap();
        hits += 1;
        let from = work.position(&server).unwrap_or(part);
        resumed.add(worker.resumes(from, &server));
    }
    worker.finish();
    work.finish(&server, &fates);
    resumed.print("immediate restarts");
    assert!(
        hits >= restarts / 2,
        "too few restarts hit a running worker"
    );
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
