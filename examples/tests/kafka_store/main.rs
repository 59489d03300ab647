//! A group of workers counts the records of each vehicle, from topic to topic, with `KafkaStore`:
//! no database. They are killed, and stopped for longer than their session lasts. A reader of what
//! is committed sees each count once and in order, which it does only if positions, results and
//! state are those of one transaction.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "test helpers panic on failure and print what they measured"
)]

mod crew;
mod feed;
mod members;
mod reader;
mod worker;

use std::time::{Duration, Instant};

use crew::{Crew, SESSION};
use feed::Feed;
use reader::Counts;
use xtask::kafka;

/// A partition whose worker died inside a transaction goes on within this time: the session, the
/// 10 s after which brokers look for transactions whose time is over, and 5 s to take over.
const MOST: Duration = Duration::from_secs(SESSION.as_secs() + 15);

/// Faults of a group: workers are killed, stopped and woken up.
fn disturbed(named: bool, kills: u32, zombies: u32) {
    let Some(brokers) = kafka::for_tests() else {
        return;
    };
    let feed = Feed::start(brokers);
    let mut crew = Crew::new(3, named, &feed);
    let counts = Counts::follow(brokers, &feed.output);
    wait_for_progress(&mut crew, &counts, 4 * MOST);
    let mut longest = Duration::ZERO;
    for _ in 0..kills {
        crew.kill_one();
        longest = longest.max(wait_for_progress(&mut crew, &counts, MOST));
    }
    for _ in 0..zombies {
        let stopped = crew.stop_one();
        // Longer than the session: its partitions go to the others.
        std::thread::sleep(SESSION + Duration::from_secs(3));
        longest = longest.max(wait_for_progress(&mut crew, &counts, MOST));
        crew.wake(stopped);
        wait_for_progress(&mut crew, &counts, MOST);
    }
    let fed = finish(feed, crew, counts);
    println!(
        "named {named}, {kills} kills and {zombies} zombies: {fed} records, none lost, none twice, \
         longest stand-still {longest:.2?}"
    );
}

/// Waits until every vehicle went on; returns how long that took.
fn wait_for_progress(crew: &mut Crew, counts: &Counts, most: Duration) -> Duration {
    let (start, before) = (now(), counts.all());
    while !counts.moved(&before) {
        crew.check();
        assert!(start.elapsed() < most, "no progress within {most:?}");
        std::thread::sleep(Duration::from_millis(20));
    }
    start.elapsed()
}

/// Waits until everything is counted, and stops; returns how many records there were.
fn finish(feed: Feed, mut crew: Crew, counts: Counts) -> u64 {
    let fed = feed.stop();
    let start = now();
    while counts.sum() < fed {
        crew.check();
        assert!(start.elapsed() < 2 * MOST, "{} of {fed}", counts.sum());
        std::thread::sleep(Duration::from_millis(20));
    }
    crew.finish();
    assert_eq!(counts.stop(), fed);
    fed
}

#[expect(clippy::disallowed_methods, reason = "recovery takes real time")]
fn now() -> Instant {
    Instant::now()
}

#[test]
fn killed_workers_lose_and_duplicate_nothing() {
    disturbed(true, 7, 0);
    disturbed(false, 3, 1);
}

/// The broker is killed in the middle of commits, whose outcome nobody can tell, and comes back.
#[test]
fn a_broker_that_is_killed_and_comes_back_loses_and_duplicates_nothing() {
    let Some(mut broker) = kafka::broker_for_tests() else {
        return;
    };
    let feed = Feed::start(&broker.address());
    let mut crew = Crew::new(2, true, &feed);
    let counts = Counts::follow(&broker.address(), &feed.output);
    wait_for_progress(&mut crew, &counts, 4 * MOST);
    for _ in 0..2 {
        broker.kill().unwrap();
        std::thread::sleep(Duration::from_secs(2));
        broker.up().unwrap();
        wait_for_progress(&mut crew, &counts, 4 * MOST);
    }
    finish(feed, crew, counts);
}

#[test]
#[ignore = "long"]
fn soak_kafka_store_kills() {
    disturbed(true, 25, 5);
    disturbed(false, 25, 5);
}
