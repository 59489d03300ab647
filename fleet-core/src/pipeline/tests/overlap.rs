//! One epoch is committed while the next is computed.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use super::hand::{EPOCH, a_while, led, partition, until};
use crate::{
    contracts::source::{RevokeGuard, SourceEvent},
    data::{Offset, Partition},
    pipeline::Ending,
};

/// Revokes the partition. The flag is set when it is released.
fn revoking(
    partition: &Partition,
    within: Duration,
) -> (
    SourceEvent<Vec<(Offset, super::model::Reading)>>,
    Arc<AtomicBool>,
) {
    let gone = Arc::new(AtomicBool::new(false));
    let flag = Arc::clone(&gone);
    let event = SourceEvent::Revoking {
        partitions: vec![partition.clone()],
        within,
        done: RevokeGuard::new(move || flag.store(true, Ordering::Relaxed)),
    };
    (event, gone)
}

#[tokio::test(start_paused = true)]
async fn the_next_epoch_is_computed_while_one_is_committed() {
    let ((pipeline, mut hand), p) = (led(), partition());
    let run = tokio::spawn(pipeline.run());
    hand.say(SourceEvent::Assigned(vec![p.clone()])).await;
    hand.say_batch(&p).await;
    hand.seen(1).await;
    hand.say_batch(&p).await;
    hand.seen(2).await;
    assert_eq!(
        hand.written.load(Ordering::Relaxed),
        0,
        "the first is not written yet"
    );
    hand.permits.add_permits(2);
    hand.say(SourceEvent::End(p.clone())).await;
    let report = run.await.unwrap().unwrap();
    assert_eq!(
        (report.ending, report.counts.accepted),
        (Ending::Complete, 2 * EPOCH as u64)
    );
    assert!(hand.told.have("committed p to 10") && hand.told.have("committed p to 20"));
}

#[tokio::test(start_paused = true)]
async fn no_third_epoch_is_computed_while_the_first_is_committed() {
    let ((pipeline, mut hand), p) = (led(), partition());
    let run = tokio::spawn(pipeline.run());
    hand.say(SourceEvent::Assigned(vec![p.clone()])).await;
    for _ in 0..3 {
        hand.say_batch(&p).await;
    }
    // One more batch is in the channel and stays there, although this source ignores the pause.
    hand.say_batch(&p).await;
    a_while().await;
    assert!(hand.told.have("pause p") && !hand.told.have("resume p"));
    hand.seen(2).await;
    assert_eq!(hand.says.capacity(), 0, "nothing was taken from the source");
    hand.permits.add_permits(4);
    hand.say(SourceEvent::End(p.clone())).await;
    let report = run.await.unwrap().unwrap();
    assert_eq!(report.counts.accepted, 4 * EPOCH as u64);
    assert!(hand.told.have("resume p"));
}

#[tokio::test(start_paused = true)]
async fn a_hand_over_finishes_the_epoch_on_its_way_and_commits_what_was_computed_since() {
    let ((pipeline, mut hand), p) = (led(), partition());
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let run = tokio::spawn(pipeline.run_until(async { _ = stopped.await }));
    hand.say(SourceEvent::Assigned(vec![p.clone()])).await;
    hand.say_batch(&p).await;
    hand.say_batch(&p).await;
    hand.seen(2).await;
    let (event, gone) = revoking(&p, Duration::from_secs(10));
    hand.say(event).await;
    a_while().await;
    assert!(!gone.load(Ordering::Relaxed), "it waits for the commit");
    hand.permits.add_permits(2);
    until(|| gone.load(Ordering::Relaxed)).await;
    assert_eq!(hand.progress(&p).await.next, Some(Offset(20)));
    stop.send(()).unwrap();
    assert_eq!(run.await.unwrap().unwrap().ending, Ending::Stopped);
}

#[tokio::test(start_paused = true)]
async fn a_hand_over_ends_at_its_deadline_also_while_two_epochs_wait_for_a_sink() {
    let ((pipeline, mut hand), p) = (led(), partition());
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let run = tokio::spawn(pipeline.run_until(async { _ = stopped.await }));
    hand.say(SourceEvent::Assigned(vec![p.clone()])).await;
    hand.say_batch(&p).await;
    hand.say_batch(&p).await;
    hand.seen(2).await;
    let (event, gone) = revoking(&p, Duration::from_secs(10));
    hand.say(event).await;
    tokio::time::sleep(Duration::from_secs(11)).await;
    assert!(gone.load(Ordering::Relaxed), "the deadline has passed");
    // The partition belongs to the next owner now: its epoch is dropped before the position moves.
    hand.permits.add_permits(2);
    a_while().await;
    stop.send(()).unwrap();
    run.await.unwrap().unwrap();
    assert_eq!(
        (
            hand.progress(&p).await.seq,
            hand.written.load(Ordering::Relaxed)
        ),
        (0, EPOCH)
    );
}

#[tokio::test(start_paused = true)]
async fn a_lost_partition_is_left_out_of_the_epoch_on_its_way() {
    let ((pipeline, mut hand), p, q) = (led(), partition(), Partition::new("q"));
    let run = tokio::spawn(pipeline.run());
    hand.say(SourceEvent::Assigned(vec![p.clone(), q.clone()]))
        .await;
    // Together they close an epoch, whose first write is blocked.
    hand.say_rows(&p, EPOCH / 2).await;
    hand.say_rows(&q, EPOCH / 2).await;
    hand.seen(1).await;
    hand.say(SourceEvent::Lost(vec![q.clone()])).await;
    a_while().await;
    hand.permits.add_permits(2);
    hand.say(SourceEvent::End(p.clone())).await;
    let report = run.await.unwrap().unwrap();
    assert_eq!(report.ending, Ending::Complete);
    assert_eq!(hand.written.load(Ordering::Relaxed), EPOCH / 2);
    assert_eq!(hand.progress(&q).await.seq, 0);
    assert_eq!(hand.progress(&p).await.next, Some(Offset(5)));
    assert!(!hand.told.have("committed q to 10"));
}

#[tokio::test(start_paused = true)]
async fn a_partition_that_comes_back_is_claimed_while_its_old_epoch_is_on_its_way() {
    let ((pipeline, mut hand), p) = (led(), partition());
    let run = tokio::spawn(pipeline.run());
    hand.say(SourceEvent::Assigned(vec![p.clone()])).await;
    hand.say_batch(&p).await;
    hand.seen(1).await;
    hand.say(SourceEvent::Lost(vec![p.clone()])).await;
    hand.say(SourceEvent::Assigned(vec![p.clone()])).await;
    a_while().await;
    assert_eq!(hand.progress(&p).await.token, 2);
    // The old epoch is written to the plain sink, but not committed.
    hand.permits.add_permits(2);
    hand.say_batch(&p).await;
    hand.say(SourceEvent::End(p.clone())).await;
    run.await.unwrap().unwrap();
    let progress = hand.progress(&p).await;
    assert_eq!((progress.token, progress.next), (2, Some(Offset(20))));
}

#[tokio::test(start_paused = true)]
async fn dropping_a_run_ends_the_commit_on_its_way() {
    let ((pipeline, mut hand), p) = (led(), partition());
    let run = tokio::spawn(pipeline.run());
    hand.say(SourceEvent::Assigned(vec![p.clone()])).await;
    hand.say_batch(&p).await;
    hand.seen(1).await;
    run.abort();
    assert!(run.await.unwrap_err().is_cancelled());
    hand.permits.add_permits(1);
    a_while().await;
    assert_eq!(hand.written.load(Ordering::Relaxed), 0);
    assert_eq!(hand.progress(&p).await.seq, 0);
}
