//! A group of workers reads three topics into PostgreSQL. They are killed, and stopped for longer
//! than their session lasts; brokers are killed and come back. At the end each record is there
//! once.
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
    let feed = Feed::start(brokers, 1);
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

/// One of three nodes is killed and comes back, then all of them, so many times.
fn restarts_of_brokers(times: u32) {
    let options = kafka::Options {
        nodes: kafka::Nodes::Three,
        ..kafka::Options::default()
    };
    let Some(mut broker) = kafka::broker_for_tests_with(options) else {
        return;
    };
    let Some(server) = instance_for_tests(Options::default()) else {
        return;
    };
    let most = Duration::from_secs(30);
    let feed = Feed::start(&broker.address(), 3);
    let mut group = Group::new(2, feed.input(), server.url());
    group.wait_for_progress(&server);
    for time in 0..times {
        let node = time % 3 + 1;
        broker.kill_node(node).unwrap();
        group.wait_for_progress_within(&server, most);
        broker.up_node(node).unwrap();
        group.wait_for_progress_within(&server, most);
        broker.kill().unwrap();
        broker.up().unwrap();
        group.wait_for_progress_within(&server, most);
    }
    let fed = feed.stop();
    group.finish(&server, &fed);
    println!(
        "{times} restarts of one node and of all three: {} records, none lost, none twice",
        fed.records
    );
}

#[test]
fn brokers_that_are_killed_and_come_back_lose_and_duplicate_nothing() {
    restarts_of_brokers(1);
}

#[test]
#[ignore = "long"]
fn soak_kafka_restarts() {
    restarts_of_brokers(5);
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
