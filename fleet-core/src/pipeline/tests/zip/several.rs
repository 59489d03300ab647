//! Several sources as one: they take turns, and are idle together.

use tokio::time::{Instant, timeout_at};

use super::live::{Line, Live, Rows, new, old, seconds};
use crate::{
    contracts::{Source as _, source::SourceEvent},
    zip::Several,
};

/// A log of single records whose source says when it is idle.
fn one(name: &str, lines: &[Line]) -> Live {
    let mut source = Live::new(&[(name, lines)]);
    (source.single, source.says_idle) = (true, true);
    source
}

fn several(sources: [Live; 2]) -> Several<Rows> {
    Several::new(sources.map(|source| Box::new(source) as _))
}

/// Polls for so long, and says what came.
async fn events(several: &mut Several<Rows>, long: u64) -> Vec<String> {
    let (mut told, until) = (Vec::new(), Instant::now() + seconds(long));
    while let Ok(event) = timeout_at(until, several.next()).await {
        told.push(match event.unwrap() {
            SourceEvent::Assigned(all) => {
                for partition in &all {
                    several.start(partition, None).await.unwrap();
                }
                "assigned".to_owned()
            }
            SourceEvent::Batch(batch) => format!("{} {}", batch.partition, batch.next),
            SourceEvent::Idle => "idle".to_owned(),
            SourceEvent::Closed(partition) => format!("{partition} closed"),
            other => panic!("{other:?}"),
        });
    }
    told
}

#[tokio::test(start_paused = true)]
async fn several_sources_take_turns_and_are_idle_together() {
    let mut several = several([
        one("a/0", &[old(1), old(2), new(30, 3)]),
        one("b/0", &[old(1), new(5, 2)]),
    ]);
    let told = events(&mut several, 4).await;
    let wanted = ["assigned", "assigned", "a/0 1", "b/0 1", "a/0 2", "idle"];
    assert_eq!(told, wanted);
    assert_eq!(events(&mut several, 20).await, ["b/0 2", "idle"]);
    assert_eq!(events(&mut several, 20).await, ["a/0 3", "idle"]);
}

#[tokio::test(start_paused = true)]
async fn several_sources_of_which_the_busy_one_closes_are_idle() {
    let mut closing = Live::new(&[("b/0", &[old(1)])]);
    closing.logs[0].closes = Some(5);
    let mut several = several([one("a/0", &[old(1)]), closing]);
    let told = events(&mut several, 20).await;
    assert_eq!(told[2..], ["a/0 1", "b/0 1", "b/0 closed", "idle"]);
    assert!(!several.in_group());
}

#[tokio::test(start_paused = true)]
async fn several_sources_are_not_idle_while_one_has_more() {
    let lines = [new(5, 1), new(5, 2), new(5, 3)];
    let mut several = several([one("a/0", &lines), one("b/0", &lines[..1])]);
    let told = events(&mut several, 20).await;
    assert_eq!(
        told[2..],
        ["idle", "a/0 1", "b/0 1", "a/0 2", "a/0 3", "idle"]
    );
}
