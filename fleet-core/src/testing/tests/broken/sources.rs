//! Sources that break one promise each, and the assertion that refuses them.

use async_trait::async_trait;

use super::*;
use crate::{
    contracts::{
        Source,
        source::{Replayable, SourceEvent},
    },
    data::{Partition, Position},
    testing::conformance::{Handover, rebalancing, source},
};

/// Forgets a batch when it is dropped while it waits.
struct Forgetful(Scripted<Telemetry>);

#[async_trait]
impl Source for Forgetful {
    type Payload = Vec<(Offset, Logged<Telemetry>)>;
    async fn next(&mut self) -> Result<SourceEvent<Self::Payload>> {
        let event = self.0.next().await;
        tokio::time::sleep(Duration::from_millis(1)).await;
        event
    }
    async fn start(&mut self, partition: &Partition, at: Option<&Position>) -> Result<()> {
        self.0.start(partition, at).await
    }
    fn pause(&mut self, partition: &Partition) {
        self.0.pause(partition);
    }
    fn resume(&mut self, partition: &Partition) {
        self.0.resume(partition);
    }
}

/// Begins at the beginning, wherever it should, or does not hear of pauses.
struct Amnesiac {
    inner: Scripted<Telemetry>,
    deaf: bool,
}

#[async_trait]
impl Source for Amnesiac {
    type Payload = Vec<(Offset, Logged<Telemetry>)>;
    async fn next(&mut self) -> Result<SourceEvent<Self::Payload>> {
        self.inner.next().await
    }
    async fn start(&mut self, partition: &Partition, _: Option<&Position>) -> Result<()> {
        self.inner.start(partition, None).await
    }
    fn pause(&mut self, partition: &Partition) {
        if !self.deaf {
            self.inner.pause(partition);
        }
    }
    fn resume(&mut self, partition: &Partition) {
        self.inner.resume(partition);
    }
}

impl Replayable for Amnesiac {}

fn scripted() -> Scripted<Telemetry> {
    let car = VehicleId::new("car-1").unwrap();
    let rows = (0..9).map(|n| Telemetry::new(car.clone(), EventTime::from_micros(n)));
    Scripted::new("p", rows.collect::<Vec<_>>().into(), [Script::Rows(2); 3])
}

#[expect(clippy::ptr_arg, reason = "what the suites ask for")]
fn records(batch: &Vec<(Offset, Logged<Telemetry>)>) -> Vec<(Offset, Vec<u8>)> {
    batch.iter().map(|(at, _)| (*at, Vec::new())).collect()
}

#[test]
fn sources_that_forget_or_cannot_pause_or_go_on_are_refused() {
    let why = refused(source(|| Forgetful(scripted()), records));
    assert!(why.contains("goes on until"), "{why}");
    let amnesiac = |deaf| Amnesiac {
        inner: scripted(),
        deaf,
    };
    let why = refused(source(|| amnesiac(true), records));
    assert!(why.contains("paused"), "{why}");
    let why = refused(replayable(|| amnesiac(false), records));
    assert!(why.contains("is in its batch"), "{why}");
}

/// Gives its one partition away, in one wrong way.
struct Moving {
    inner: Scripted<Telemetry>,
    how: Moves,
    assigned: bool,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Moves {
    /// As it should.
    Rightly,
    /// Without a word, and assigns it again.
    Silently,
    /// For good.
    Forever,
    /// And begins at the beginning when it is back.
    Anew,
    /// And goes on behind what was read when it is back, whatever was committed.
    Ahead,
    /// Never.
    Never,
}

#[async_trait]
impl Source for Moving {
    type Payload = Vec<(Offset, Logged<Telemetry>)>;
    async fn next(&mut self) -> Result<SourceEvent<Self::Payload>> {
        loop {
            let event = self.inner.next().await?;
            match &event {
                SourceEvent::Lost(_) if self.how == Moves::Silently => {}
                SourceEvent::Assigned(_) if self.how == Moves::Forever && self.assigned => {}
                SourceEvent::Assigned(_) => {
                    self.assigned = true;
                    return Ok(event);
                }
                _ => return Ok(event),
            }
        }
    }
    async fn start(&mut self, partition: &Partition, at: Option<&Position>) -> Result<()> {
        let at = match self.how {
            Moves::Anew => None,
            Moves::Ahead => at.map(|at| Offset(at.next.0 + 2).into()),
            _ => at.cloned(),
        };
        self.inner.start(partition, at.as_ref()).await
    }
    fn pause(&mut self, partition: &Partition) {
        self.inner.pause(partition);
    }
    fn resume(&mut self, partition: &Partition) {
        self.inner.resume(partition);
    }
}

impl Replayable for Moving {}

/// A source that loses its partition after the second batch, unless it never gives it away.
fn moving(how: Moves) -> Moving {
    let car = VehicleId::new("car-1").unwrap();
    let rows = (0..9).map(|n| Telemetry::new(car.clone(), EventTime::from_micros(n)));
    let rows: Vec<_> = rows.collect();
    let lost = [Script::Rows(2), Script::Rows(2), Script::Lost];
    let script = if how == Moves::Never {
        &lost[..2]
    } else {
        &lost
    };
    Moving {
        inner: Scripted::new("p", rows.into(), script.iter().copied()),
        how,
        assigned: false,
    }
}

#[test]
fn sources_that_move_partitions_other_than_they_should_are_refused() {
    let suite = |how| {
        rebalancing(
            || moving(Moves::Never),
            move || moving(how),
            &[Handover::Lost],
            records,
        )
    };
    for (how, promise) in [
        (Moves::Silently, "is assigned while it is ours"),
        (Moves::Forever, "goes on until"),
        (Moves::Anew, "is in its batch"),
        (Moves::Ahead, "goes on where it was started"),
        (Moves::Never, "as it is said to"),
    ] {
        let why = refused(suite(how));
        assert!(why.contains(promise), "{how:?}: {why}");
    }
    let why = refused(source(|| moving(Moves::Rightly), records));
    assert!(why.contains("tested by `rebalancing`"), "{why}");
    let runtime = tokio::runtime::Builder::new_current_thread();
    let runtime = { runtime }.enable_time().start_paused(true).build();
    runtime.unwrap().block_on(suite(Moves::Rightly));
}
