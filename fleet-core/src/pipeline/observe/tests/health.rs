//! Health during and after a run.

use std::sync::{Arc, Mutex};

use super::{assigned, batch, eventful, failed, partition, pipeline};
use crate::{
    contracts::source::SourceEvent,
    data::{Error, ErrorKind, Offset, Partition},
    pipeline::{
        Ending, Health, Phase,
        observe::{RetriedOperation, Trouble},
    },
};

#[tokio::test]
async fn progress_is_told_by_partition_with_the_lag_where_the_end_is_known() {
    let (steps, stop) = (eventful(), std::future::pending());
    let scene = pipeline(steps);
    let health = scene.watch();
    let report = scene.run_until(stop).await.unwrap();
    let health = health.borrow();
    assert_eq!(health.phase, Phase::Ended(Ending::Complete));
    assert!(health.is_well());
    let names: Vec<_> = health.partitions.keys().map(Partition::as_str).collect();
    assert_eq!(names, ["a"], "the others went elsewhere");
    let known = &health.partitions[&partition("a")];
    assert_eq!(known.committed, Some(Offset(200)));
    assert_eq!(
        (known.computed, known.end),
        (Offset(200), Some(Offset(1000)))
    );
    assert_eq!((known.lag(), health.lag()), (Some(800), Some(800)));
    assert_eq!((known.keys(), known.counts.read), (1, 10));
    assert_eq!(health.tally("sink", "picky.dead_lettered"), 3);
    assert!(health.counts().balances());
    assert_eq!(health.read(), 10);
    assert!(report.read_now > 10, "of the others too");
    assert!(health.last_commit.is_some());
    assert_eq!((health.waiting_rows, health.waiting_bytes), (0, 0));
}

#[tokio::test]
async fn a_lag_is_unknown_as_soon_as_one_end_is() {
    let scene = pipeline([assigned(&["a", "b"])]);
    let health = scene.watch();
    let assigned = async {
        let mut health = health.clone();
        _ = health.wait_for(|health| health.partitions.len() == 2).await;
    };
    scene.run_until(assigned).await.unwrap();
    let health = health.borrow();
    assert_eq!(health.partitions[&partition("a")].lag(), Some(1000));
    assert_eq!(health.lag(), None);
}

#[tokio::test]
async fn what_is_computed_and_what_is_committed_are_told_apart() {
    let steps = [assigned(&["a"]), batch("a", 50, &[10, 20, 30])];
    let scene = pipeline(steps).epochs(crate::pipeline::EpochLimits::default());
    let health = scene.watch();
    let computed = async {
        let mut health = health.clone();
        let found = health.wait_for(|health| health.read() > 0).await;
        let known = found.unwrap().partitions[&partition("a")].clone();
        (known.computed, known.committed)
    };
    let seen = Mutex::new(None);
    let stop = async { *seen.lock().unwrap() = Some(computed.await) };
    scene.run_until(stop).await.unwrap();
    assert_eq!(*seen.lock().unwrap(), Some((Offset(50), None)));
    let health = health.borrow();
    assert_eq!(health.phase, Phase::Ended(Ending::Stopped));
    let known = &health.partitions[&partition("a")];
    assert_eq!(known.committed, Some(Offset(50)));
}

/// The state at each retry.
async fn at_retries(steps: Vec<super::Step>) -> Vec<Health> {
    let scene = pipeline(steps);
    let (health, seen) = (scene.watch(), Arc::new(Mutex::new(Vec::new())));
    let to = Arc::clone(&seen);
    let scene = scene.on_retry(move |_, _| to.lock().unwrap().push(health.borrow().clone()));
    scene.run().await.unwrap();
    seen.lock().unwrap().clone()
}

#[tokio::test]
async fn trouble_is_told_while_it_lasts_and_gone_after() {
    let retries = at_retries(eventful()).await;
    let troubles: Vec<_> = retries
        .iter()
        .map(|health| health.troubles.iter().collect::<Vec<_>>())
        .collect();
    let is = |trouble: &Trouble, error: &str, times| {
        trouble.error.contains(error) && trouble.times == times && !trouble.pause.is_zero()
    };
    assert_eq!(troubles.len(), 3, "{troubles:?}");
    for (times, told) in (1..).zip(&troubles[..2]) {
        assert!(
            matches!(told[..], [(RetriedOperation::Read, trouble)] if is(trouble, "line is busy", times)),
            "{told:?}"
        );
    }
    assert!(
        matches!(troubles[2][..], [(RetriedOperation::Publish, trouble)] if is(trouble, "sink is busy", 1)),
        "{:?}",
        troubles[2]
    );
    assert!(retries.iter().all(|health| !health.is_well()));
}

#[tokio::test]
async fn a_failure_is_told_with_its_reason() {
    let gone = Err(Error::new(ErrorKind::Source, "the line is cut"));
    let scene = pipeline([assigned(&["a"]), failed(), gone]);
    let health = scene.watch();
    scene.run().await.unwrap_err();
    let health = health.borrow();
    assert_eq!(health.phase, Phase::Failed("the line is cut".into()));
    assert!(!health.is_well());
}

#[tokio::test]
async fn a_run_that_is_dropped_is_told() {
    let scene = pipeline([assigned(&["a"]), Ok(SourceEvent::Idle)]);
    let mut health = scene.watch();
    let run = tokio::spawn(scene.run());
    let running = |health: &Health| health.phase == Phase::Running;
    health.wait_for(running).await.unwrap();
    run.abort();
    run.await.unwrap_err();
    assert_eq!(health.borrow().phase, Phase::Dropped);
    assert!(!health.borrow().is_well());
}
