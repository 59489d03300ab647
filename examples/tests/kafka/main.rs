//! A group of workers reads a topic into PostgreSQL. They are killed, and stopped for longer than
//! their session lasts; the broker is killed and comes back. At the end each record is there once.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "test helpers panic on failure and print what they measured"
)]

mod command;
mod group;
mod topic;

use std::time::Duration;

use xtask::{
    kafka,
    postgres::{Options, instance_for_tests},
};

use group::Group;
use topic::Feed;

/// Faults of a group of three: some workers are killed, others wake up after their session.
fn disturbed(kills: u32, zombies: u32) {
    let Some(brokers) = kafka::for_tests() else {
        return;
    };
    let Some(server) = instance_for_tests(Options::default()) else {
        return;
    };
    let feed = Feed::start(brokers);
    let mut group = Group::new(3, feed.input(), server.url());
    group.wait_for_progress(&server);
    for _ in 0..kills {
        group.kill_one();
        group.wait_for_progress(&server);
    }
    for _ in 0..zombies {
        let stopped = group.stop_one();
        // Longer than the session: its partitions go to the others.
        std::thread::sleep(group::SESSION + Duration::from_secs(3));
        group.wait_for_progress(&server);
        group.wake(stopped);
        group.wait_for_progress(&server);
    }
    let fed = feed.stop();
    group.finish(&server, &fed);
    println!(
        "{kills} kills and {zombies} zombies: {} records, none lost, none twice",
        fed.records
    );
}

/// The broker is killed, and comes back with what it wrote.
fn restarts_of_the_broker(restarts: u32) {
    let Some(mut broker) = kafka::broker_for_tests() else {
        return;
    };
    let Some(server) = instance_for_tests(Options::default()) else {
        return;
    };
    let feed = Feed::start(&broker.address());
    let mut group = Group::new(2, feed.input(), server.url());
    group.wait_for_progress(&server);
    for _ in 0..restarts {
        broker.kill().unwrap();
        broker.up().unwrap();
        group.wait_for_progress_within(&server, Duration::from_secs(30));
    }
    let fed = feed.stop();
    group.finish(&server, &fed);
    println!(
        "{restarts} restarts of the broker: {} records, none lost, none twice",
        fed.records
    );
}

#[test]
fn a_broker_that_is_killed_and_comes_back_loses_and_duplicates_nothing() {
    restarts_of_the_broker(1);
}

#[test]
#[ignore = "long"]
fn soak_kafka_restarts() {
    restarts_of_the_broker(5);
}

#[test]
fn killed_and_stopped_workers_lose_and_duplicate_nothing() {
    disturbed(5, 1);
}

#[test]
#[ignore = "long"]
fn soak_kafka_kills() {
    disturbed(100, 0);
}

#[test]
#[ignore = "long"]
fn soak_kafka_zombies() {
    disturbed(0, 20);
}
