//! What a zip takes for silence, and what it does not.

use std::{future::Future as _, task::Poll, time::Duration};

use tokio::time::{sleep, timeout};

use super::live::{IDLE, Line, Live, new, old, read, rows, seconds, slow, zip};
use crate::{contracts::Source as _, data::Partition, zip::Zip};

/// A zip of `a/0` and `b/0` that takes ten seconds for silence.
fn open(first: &[Line], second: &[Line]) -> Zip<Live> {
    zip(Live::new(&[("a/0", first), ("b/0", second)])).idle(IDLE)
}

/// Also across a restart behind the far record.
#[tokio::test(start_paused = true)]
async fn records_after_one_far_ahead_count_with_its_first_bound() {
    let far = 3600;
    // The second input is idle from 10 s on, and back at `then`.
    let open = |then: u64| {
        let first = [old(far), new(then + 1, 5), new(then + 1, 6)];
        let second = [100, 150, 170, 200, 250].map(|log| new(then, log));
        open(&first, &second).max_ahead(seconds(60))
    };
    let wanted = [
        (1, 100),
        (1, 150),
        (0, 5),
        (0, 6),
        (1, 170),
        (1, 200),
        (1, 250),
    ];
    let mut zipped = open(15);
    let before = read(&mut zipped, seconds(14), None).await;
    assert_eq!(before.rows, [(0, far)]);
    assert_eq!(rows(&mut zipped, 60).await, wanted);
    let again = read(&mut open(5), seconds(60), before.at.as_ref()).await;
    assert_eq!(again.rows, wanted);
}

#[tokio::test(start_paused = true)]
async fn what_was_too_far_ahead_is_counted_on_after_a_restart() {
    let open = || {
        let zipped = open(&[old(1), old(3600), old(5)], &[old(2), old(4), old(100)]);
        zipped.max_ahead(seconds(60))
    };
    let before = read(&mut open(), seconds(60), None).await;
    let mut again = open();
    read(&mut again, seconds(60), before.at.as_ref()).await;
    assert_eq!(again.watch().inputs()[0].ahead, 1);
}

#[tokio::test(start_paused = true)]
async fn an_idle_input_that_got_a_record_is_waited_for_again() {
    let second = [old(2), new(39, 40), new(42, 45)];
    let mut zipped = open(&[old(1), new(40, 50)], &second);
    let before = read(&mut zipped, seconds(41), None).await;
    assert_eq!(before.rows, [(0, 1), (1, 2), (1, 40)]);
    assert_eq!(rows(&mut zipped, 60).await, [(1, 45), (0, 50)]);
    // The mark behind 40 says that it is awake.
    let mut again = open(&[old(1), old(50)], &[old(2), old(40), new(5, 45)]);
    let after = read(&mut again, seconds(60), before.at.as_ref()).await;
    assert_eq!(after.rows, [(1, 45), (0, 50)]);
}

#[tokio::test(start_paused = true)]
async fn an_input_with_records_on_their_way_is_not_idle() {
    let mut zipped = open(&[old(1), old(50)], &[old(2), slow(8, 15, 40)]);
    let wanted = [(0, 1), (1, 2), (1, 40), (0, 50)];
    assert_eq!(rows(&mut zipped, 60).await, wanted);
}

#[tokio::test(start_paused = true)]
async fn an_input_is_not_idle_while_nobody_knows_where_it_ends() {
    let logs: [(&str, &[Line]); 2] = [
        ("a/0", &[old(1), old(50)]),
        ("b/0", &[old(2), slow(8, 25, 40)]),
    ];
    let mut source = Live::new(&logs);
    source.unreachable = Some((3, 25));
    let found = rows(&mut zip(source).idle(IDLE), 60).await;
    assert_eq!(found, [(0, 1), (1, 2), (1, 40), (0, 50)]);
}

#[tokio::test(start_paused = true)]
async fn a_record_begins_the_silence_anew() {
    let mut zipped = open(&[old(1), old(50)], &[old(2), new(8, 40), new(16, 45)]);
    let wanted = [(0, 1), (1, 2), (1, 40), (1, 45), (0, 50)];
    assert_eq!(rows(&mut zipped, 60).await, wanted);
}

#[tokio::test(start_paused = true)]
async fn a_pipeline_that_does_not_poll_makes_no_input_idle() {
    let open = || {
        open(
            &[old(1), old(5), old(30)],
            &[old(2), new(8, 20), new(16, 28)],
        )
    };
    let polled = rows(&mut open(), 60).await;
    let wanted = [(0, 1), (1, 2), (0, 5), (1, 20), (1, 28), (0, 30)];
    assert_eq!(polled, wanted);
    let mut zipped = open();
    let mut found = rows(&mut zipped, 5).await;
    // A commit takes its time, which the clock of the test only skips.
    sleep(seconds(20)).await;
    found.extend(rows(&mut zipped, 60).await);
    assert_eq!(found, wanted);
}

#[tokio::test(start_paused = true)]
async fn an_idle_input_is_waited_for_by_a_run_without_idleness() {
    let mut before = open(&[old(1), old(5)], &[old(2)]);
    let at = read(&mut before, seconds(60), None).await.at;
    let first = [old(1), old(5), old(9)];
    let second = [old(2), new(30, 8)];
    let mut again = zip(Live::new(&[("a/0", &first), ("b/0", &second)]));
    let after = read(&mut again, seconds(60), at.as_ref()).await;
    assert_eq!(after.rows, [(1, 8)]);
}

#[tokio::test(start_paused = true)]
async fn idleness_is_told_once_after_the_last_batch() {
    let mut zipped = open(&[old(1), new(20, 21)], &[old(2)]);
    for long in [15, 60] {
        let seen = read(&mut zipped, seconds(long), None).await;
        assert_eq!((seen.idle, seen.closed), (1, 0));
    }
    // Nobody is idle while a record is on its way.
    let mut zipped = open(&[], &[slow(0, 9, 2)]);
    assert_eq!(read(&mut zipped, seconds(7), None).await.idle, 0);
}

#[tokio::test(start_paused = true)]
async fn an_input_that_closes_ends_the_run_and_nothing_passes_it() {
    for other_closes in [false, true] {
        let logs: [(&str, &[Line]); 2] = [("a/0", &[old(1), old(50)]), ("b/0", &[old(2)])];
        let mut source = Live::new(&logs);
        source.logs[0].closes = other_closes.then_some(3);
        source.logs[1].closes = Some(3);
        let seen = read(&mut zip(source).idle(IDLE), seconds(60), None).await;
        assert_eq!((seen.rows, seen.closed), (vec![(0, 1), (1, 2)], 1));
    }
}

#[tokio::test(start_paused = true)]
async fn a_paused_bundle_with_a_closed_input_does_not_spin() {
    let mut source = Live::new(&[("a/0", &[old(1), old(50)]), ("b/0", &[old(2)])]);
    source.logs[1].closes = Some(1);
    let mut zipped = zip(source).idle(Duration::from_millis(1500));
    // The second has caught up and is quiet; then the sink is slow, and it closes.
    let before = read(&mut zipped, Duration::from_millis(500), None).await;
    assert_eq!(before.rows, [(0, 1), (1, 2)]);
    zipped.pause(&Partition::new("all/0"));
    let mut next = Box::pin(timeout(seconds(3), zipped.next()));
    let mut polls = 0;
    // A spin lets no simulated time pass, so it is cut short.
    let outcome = std::future::poll_fn(|cx| {
        polls += 1;
        match next.as_mut().poll(cx) {
            Poll::Pending if polls == 200 => Poll::Ready(None),
            polled => polled.map(Some),
        }
    });
    let outcome = outcome.await.expect("fewer polls in three seconds");
    assert!(outcome.is_err(), "{outcome:?}");
}
