//! Single cases of zipped logs.

use std::{sync::Arc, time::Duration};

use tokio::time::{Instant, timeout};

use super::{
    lanes::{Lane, Lanes, Recorded},
    live::{Event, IDLE, Rows, place, recorded, seconds},
};
use crate::{
    contracts::{Source, source::Batch},
    data::{ErrorKind, EventTime, Mark, Offset, Partition, Position, VehicleId},
    event::Telemetry,
    pipeline::tests::simulation::Dice,
    planted::{Bug, plant},
    testing::{Log, Logged, Scripted},
    zip::{InputState, Place, Zip, Zipped},
};

const HOUR: Duration = Duration::from_secs(3600);

/// A log whose records were taken at these seconds. It ends an hour after the last one.
fn lane(name: &str, seconds: &[i64]) -> Lane {
    Lane {
        partition: Partition::new(name),
        records: Arc::new(seconds.iter().copied().map(recorded).collect()),
        silence: HOUR,
        pace: Duration::ZERO,
        delay: Duration::ZERO,
        oldest: 0,
    }
}

/// Zips `a/N`, `b/N` and so on.
fn zip(lanes: &[Lane], inputs: usize) -> Zip<Lanes> {
    Zip::new(Lanes::new(lanes, Dice::new(1)), inputs, place)
}

/// Starts what is assigned, and returns the next batch; `None` if nothing comes for a minute.
async fn batch(zip: &mut Zip<Lanes>, at: Option<&Position>) -> Option<Batch<Zipped<Rows>>> {
    let wait = async {
        loop {
            match zip.next().await.unwrap() {
                Event::Assigned(bundles) => {
                    for bundle in bundles {
                        zip.start(&bundle, at).await.unwrap();
                    }
                }
                Event::Batch(batch) => return batch,
                _ => {}
            }
        }
    };
    timeout(Duration::from_secs(60), wait).await.ok()
}

/// The input and the second of each record that comes within a minute of the last.
async fn all(zip: &mut Zip<Lanes>, at: Option<&Position>) -> (Vec<(usize, i64)>, Option<Mark>) {
    let (mut records, mut mark) = (Vec::new(), None);
    while let Some(batch) = batch(zip, at).await {
        for run in batch.payload.runs() {
            let second = |(_, record): &(Offset, Recorded)| match record {
                Logged::Timed { log, .. } => log.as_micros() / 1_000_000,
                _ => -1,
            };
            records.extend(
                run.payload()
                    .iter()
                    .map(|record| (run.input(), second(record))),
            );
        }
        mark = batch.mark;
    }
    (records, mark)
}

#[tokio::test(start_paused = true)]
async fn the_least_log_time_is_next_and_a_silent_input_is_waited_for() {
    let lanes = [lane("a/0", &[1, 5, 5, 9]), lane("b/0", &[2, 5, 6])];
    let mut zipped = zip(&lanes, 2);
    let (records, mark) = all(&mut zipped, None).await;
    // The 9 of the first waits for what the second may still have.
    let wanted = [(0, 1), (1, 2), (0, 5), (0, 5), (1, 5), (1, 6)];
    assert_eq!(records, wanted);
    let waits = zipped.watch().inputs();
    let states: Vec<_> = waits
        .iter()
        .map(|input| (input.state, input.waiting))
        .collect();
    assert_eq!(states, [(InputState::Ready, 1), (InputState::WaitedFor, 0)]);
    let mark = mark.unwrap();
    assert_eq!(mark.offset_in("b/0"), Some(Offset(3)));
}

#[tokio::test(start_paused = true)]
async fn an_idle_input_is_not_waited_for_and_that_is_part_of_the_mark() {
    let lanes = [lane("a/0", &[1, 5, 9]), lane("b/0", &[2])];
    let mut zipped = zip(&lanes, 2).idle(IDLE);
    assert!(!zipped.repeats(), "it decides by waiting");
    let (records, mark) = all(&mut zipped, None).await;
    assert_eq!(records, [(0, 1), (1, 2), (0, 5), (0, 9)]);

    let at = Position {
        next: Offset(4),
        mark,
    };
    let longer = [lane("a/0", &[1, 5, 9, 12]), lane("b/0", &[2])];
    for forgets in [false, true] {
        plant(forgets.then_some(Bug::ZipIdleForgotten));
        let mut again = zip(&longer, 2).idle(IDLE);
        let began = Instant::now();
        let batch = batch(&mut again, Some(&at)).await.unwrap();
        plant(None);
        assert_eq!(batch.next, Offset(5));
        let is_late = began.elapsed() >= IDLE;
        assert_eq!(is_late, forgets, "{:?}", began.elapsed());
    }
}

#[tokio::test(start_paused = true)]
async fn a_restart_goes_on_behind_the_last_record() {
    let lanes = [lane("a/0", &[1, 5, 9, 11, 12]), lane("b/0", &[2, 8, 10])];
    let mut first = zip(&lanes, 2).idle(IDLE);
    let mut before = Vec::new();
    let mut at = None;
    while let Some(batch) = batch(&mut first, None).await {
        before.push(at.clone());
        at = Some(Position {
            next: batch.next,
            mark: batch.mark,
        });
    }
    let whole = all(&mut zip(&lanes, 2).idle(IDLE), None).await.0;
    for at in before.into_iter().chain([at]) {
        let rest = all(&mut zip(&lanes, 2).idle(IDLE), at.as_ref()).await.0;
        let from = at.map_or(0, |at| at.next.0) as usize;
        assert_eq!(rest, whole[from..]);
    }
}

#[tokio::test(start_paused = true)]
async fn a_record_far_ahead_counts_with_the_bound_and_is_counted() {
    let hour = 3600;
    let lanes = [
        lane("a/0", &[1, hour, 5, 6]),
        lane("b/0", &[2, 4, 30, 100, 200]),
    ];
    let mut zipped = zip(&lanes, 2).max_ahead(seconds(60)).idle(IDLE);
    let (records, _) = all(&mut zipped, None).await;
    // The hour counts as 62, and so does what comes after it.
    let wanted = [
        (0, 1),
        (1, 2),
        (1, 4),
        (1, 30),
        (0, hour),
        (0, 5),
        (0, 6),
        (1, 100),
        (1, 200),
    ];
    assert_eq!(records, wanted);
    assert_eq!(zipped.watch().inputs()[0].ahead, 1);
    let mut unbounded = zip(&lanes, 2).idle(IDLE);
    let (records, _) = all(&mut unbounded, None).await;
    assert_eq!(records.last(), Some(&(0, 6)), "it holds back what follows");
}

#[tokio::test(start_paused = true)]
async fn a_bundle_that_stays_incomplete_is_an_error_that_says_what_is_missing() {
    let lanes = [lane("a/0", &[1])];
    let mut zipped = zip(&lanes, 2).complete_within(seconds(90), "Share them out by range.");
    let began = Instant::now();
    let error = zipped.next().await.unwrap_err().to_string();
    assert_eq!(began.elapsed().as_secs(), 90);
    for part in ["all/0", "a/0", "[1]", "Share them out by range."] {
        assert!(error.contains(part), "{error}");
    }
    assert_eq!(zipped.watch().inputs()[1].state, InputState::Missing);
}

#[tokio::test(start_paused = true)]
async fn a_source_without_a_group_has_all_inputs_or_is_refused() {
    let car = VehicleId::new("car-1").unwrap();
    let event = Telemetry::new(car, EventTime::from_micros(0));
    let log = Log::new("a/0", [event]);
    let place = |_: &Partition| {
        let bundle = "all/0".into();
        Some(Place { bundle, input: 0 })
    };
    let open = |source: Scripted<Telemetry>| Zip::new(source, 2, place);
    let mut alone = open(Scripted::several([log.clone()], []));
    let error = alone.next().await.unwrap_err().to_string();
    assert!(error.contains("input [1] is missing"), "{error}");
    // Of a group it may come with the next rebalance.
    let mut member = open(Scripted::several([log], []).in_group());
    assert!(timeout(seconds(3600), member.next()).await.is_err());
}

#[tokio::test(start_paused = true)]
async fn what_belongs_nowhere_is_refused() {
    for (name, why) in [
        ("alone", "no bundle"),
        ("c/0", "the zip has 2"),
        ("a2/0", "is partition a/0 already"),
    ] {
        let lanes = [lane("a/0", &[1]), lane(name, &[1])];
        let error = zip(&lanes, 2).next().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config);
        assert!(error.to_string().contains(why), "{error}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_position_of_another_source_is_refused() {
    let lanes = [lane("a/0", &[1]), lane("b/0", &[1])];
    let (_, mark) = all(&mut zip(&lanes, 2), None).await;
    let others = [lane("a/0", &[1]), lane("b2/0", &[1])];
    for (mark, lanes, why) in [
        (None, &lanes, "without a zip"),
        (
            Some(Mark::new([("a", Offset(1))], b"note")),
            &lanes,
            "another source",
        ),
        (mark, &others, "b2/0"),
    ] {
        let mut zipped = zip(lanes, 2);
        let Event::Assigned(bundles) = zipped.next().await.unwrap() else {
            panic!("the bundles come first")
        };
        let next = Offset(1);
        let at = Position { next, mark };
        let error = zipped.start(&bundles[0], Some(&at)).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config);
        assert!(error.to_string().contains(why), "{error}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_input_that_was_idle_is_waited_for_again_if_it_has_a_backlog() {
    let lanes = [lane("a/0", &[1, 5, 9]), lane("b/0", &[2])];
    let (_, mark) = all(&mut zip(&lanes, 2).idle(IDLE), None).await;
    let at = Position {
        next: Offset(4),
        mark,
    };
    // Both went on meanwhile, and the one that was idle is read later.
    let mut slow = lane("b/0", &[2, 10, 11]);
    slow.delay = seconds(5);
    let lanes = [lane("a/0", &[1, 5, 9, 12]), slow];
    let (records, _) = all(&mut zip(&lanes, 2).idle(IDLE), Some(&at)).await;
    assert_eq!(records, [(1, 10), (1, 11), (0, 12)]);
}

#[tokio::test(start_paused = true)]
async fn an_input_whose_records_are_all_gone_becomes_idle() {
    let mut gone = lane("b/0", &[2, 3]);
    gone.oldest = 2;
    let lanes = [lane("a/0", &[1, 5]), gone];
    let (records, _) = all(&mut zip(&lanes, 2).idle(IDLE), None).await;
    assert_eq!(records, [(0, 1), (0, 5)]);
}

#[tokio::test(start_paused = true)]
async fn records_that_are_gone_before_a_restart_are_refused_and_not_skipped() {
    let mut lanes = [lane("a/0", &[1, 5, 9]), lane("b/0", &[2])];
    // Part of the first batch was handed over: the rest waits for the other input.
    let (records, mark) = all(&mut zip(&lanes, 2), None).await;
    assert_eq!(records, [(0, 1), (1, 2)]);
    lanes[0].oldest = 2;
    let mut again = zip(&lanes, 2);
    let Event::Assigned(bundles) = again.next().await.unwrap() else {
        panic!("the bundles come first")
    };
    let next = Offset(2);
    let at = Position { next, mark };
    let error = again.start(&bundles[0], Some(&at)).await.unwrap_err();
    assert!(
        error.to_string().contains("record 0 of a/0 is gone"),
        "{error}"
    );
}
