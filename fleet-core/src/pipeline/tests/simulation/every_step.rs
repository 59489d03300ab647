//! Crashes a process at its first operation, at its second, and so on, until it survives.

use super::{
    Dice,
    input::logs,
    reference::truth,
    world::{Process, World},
};
use crate::testing::{Fault, Faults, Operation, Script};

/// Returns the process to crash: two batches of each partition, in several commits.
fn process(faults: Faults) -> Process {
    let batches = [0, 1, 2, 0, 1, 2].map(|lane| (lane, Script::Rows(30)));
    Process::plain(batches.to_vec(), 50, faults)
}

#[tokio::test(start_paused = true)]
async fn a_death_before_or_after_any_step_changes_nothing() {
    let logs = logs(&mut Dice::new(7));
    let truth = truth(&logs, 0);
    for fault in [Fault::CrashBefore, Fault::CrashAfter] {
        let mut steps = 0;
        for n in 1.. {
            let world = World::new(logs.clone(), 0).storing_late();
            let first = world.run(process(Faults::nth(n, fault))).await;
            if first.is_none() {
                world.run(process(Faults::none())).await.unwrap().unwrap();
            }
            let outcome = world.check(&truth).await;
            assert_eq!(outcome, Ok(()), "{} at step {n}", fault.word());
            if first.is_some() {
                break;
            }
            steps = n;
        }
        println!("{} each of {steps} steps", fault.word());
        assert!(steps > 50, "only {steps} steps");
    }
}

/// What was read before the source failed is committed, unless the failure came before it.
#[tokio::test(start_paused = true)]
async fn an_error_of_the_source_at_any_step_commits_what_was_read() {
    let logs = logs(&mut Dice::new(9));
    let truth = truth(&logs, 0);
    for operation in [Operation::Next, Operation::Start, Operation::Acknowledge] {
        let mut steps = 0;
        for n in 1.. {
            let world = World::new(logs.clone(), 0);
            let faults = Faults::at([(operation, n, Fault::Broken)]);
            let first = world.run(process(faults)).await.unwrap();
            if first.is_err() {
                world.run(process(Faults::none())).await.unwrap().unwrap();
            }
            let outcome = world.check(&truth).await;
            assert_eq!(outcome, Ok(()), "{operation} {n}");
            if first.is_ok() {
                break;
            }
            steps = n;
        }
        println!("{operation}: an error at each of {steps} steps");
        assert!(steps >= 3, "only {steps} steps");
    }
}

/// A commit may take effect after its process has crashed, at any moment of the next process.
#[tokio::test(start_paused = true)]
async fn a_commit_that_lands_while_the_next_process_works_changes_nothing() {
    let logs = logs(&mut Dice::new(8));
    let truth = truth(&logs, 0);
    for commit in 1..4 {
        for wait in 0..24 {
            let world = World::new(logs.clone(), 0).storing_late();
            let fault = Fault::CrashInFlight(wait);
            let faults = Faults::at([(Operation::Commit, commit, fault)]);
            assert!(world.run(process(faults)).await.is_none());
            // The late commit may fence the first of these; nothing disturbs the second.
            for _ in 0..2 {
                let _ = world.run(process(Faults::none())).await;
            }
            let outcome = world.check(&truth).await;
            assert_eq!(outcome, Ok(()), "commit {commit} after {wait} operations");
        }
    }
}
