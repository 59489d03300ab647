//! The suites of sources: reading, pausing, dropped futures, replay.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    time::Duration,
};

use super::{DROPS, Handover, drop_at};
use crate::{
    contracts::{
        Source,
        source::{Chunk, Replayable, SourceEvent},
    },
    data::{Offset, Partition, Position},
};

/// The records of one batch, as a test compares them.
type Records<'a, P> = dyn Fn(&P) -> Vec<(Offset, Vec<u8>)> + 'a;

/// What was read of each partition.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Read {
    pub(super) records: BTreeMap<Partition, Vec<(Offset, Vec<u8>)>>,
    /// The position after each batch.
    ends: Vec<(Partition, Position)>,
    /// How partitions were given away.
    pub(super) handovers: BTreeSet<Handover>,
}

impl Read {
    /// Takes back the last batch of a partition, as if it had not been committed in time. Returns
    /// where to go on.
    fn rewind(&mut self, partition: &Partition) -> Position {
        if let Some(last) = self.ends.iter().rposition(|(name, _)| name == partition) {
            self.ends.remove(last);
        }
        let mut ends = self.ends.iter().rev();
        let to = ends.find(|(name, _)| name == partition);
        let to = to.map(|(_, end)| end.clone()).unwrap_or_default();
        if let Some(records) = self.records.get_mut(partition) {
            records.retain(|(offset, _)| *offset < to.next);
        }
        to
    }
}

/// How a suite reads.
#[derive(Clone, Copy, Default)]
pub(super) struct How {
    /// Drops `next` at this wait, each time.
    pub(super) drop_at: Option<usize>,
    /// Pauses and resumes the partition of each batch.
    pub(super) pause: bool,
    /// Whether the source may give partitions away.
    pub(super) moves: bool,
}

/// Tests a [`Source`] that keeps its partitions.
///
/// `open` opens the source over the same finite input of two records or more, and `records` returns
/// the records of a payload. The suite runs on a tokio runtime with time enabled, best with its
/// clock paused.
///
/// A source that is tested by this suite never reports `Revoking` or `Lost`: the suite fails if it
/// does. One that gives partitions away is tested by [`rebalancing`](super::rebalancing) instead.
///
/// # Examples
/// ```
/// use fleet_core::testing::{Script, Scripted, conformance};
/// use fleet_core::{EventTime, VehicleId, event::Telemetry};
/// # tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(async {
/// let car = VehicleId::new("car-1").unwrap();
/// let row = |at| Telemetry::new(car.clone(), EventTime::from_micros(at));
/// let rows: Vec<_> = (0..9).map(row).collect();
/// let script = [Script::Rows(2), Script::Idle, Script::Rows(3)];
/// let open = || Scripted::new("memory", rows.clone().into(), script);
/// conformance::replayable(open, |batch| {
///     batch.iter().map(|(at, record)| (*at, format!("{record:?}").into_bytes())).collect()
/// })
/// .await;
/// # });
/// ```
///
/// # Panics
/// If an assertion fails.
pub async fn source<S: Source>(
    open: impl Fn() -> S,
    records: impl Fn(&S::Payload) -> Vec<(Offset, Vec<u8>)>,
) {
    let records: &Records<'_, S::Payload> = &records;
    nothing_comes_before_the_start(open()).await;
    let all = read(open(), records, &BTreeMap::new(), How::default()).await;
    assert!(
        all.records.values().map(Vec::len).sum::<usize>() > 1,
        "the suite needs two records or more"
    );
    let pausing = How {
        pause: true,
        ..How::default()
    };
    let paused = read(open(), records, &BTreeMap::new(), pausing).await;
    assert_eq!(
        paused.records, all.records,
        "a pause loses nothing and repeats nothing"
    );
    for wait in 1..=DROPS {
        let how = How {
            drop_at: Some(wait),
            ..How::default()
        };
        let dropped = read(open(), records, &BTreeMap::new(), how).await;
        assert_eq!(
            dropped.records, all.records,
            "`next` dropped at wait {wait} loses nothing and repeats nothing"
        );
    }
}

/// Tests a [`Replayable`] source that keeps its partitions: the assertions are those of [`source`],
/// and that the source gives the same records again from the end of any batch.
///
/// # Examples
/// See [`source`].
///
/// # Panics
/// If an assertion fails.
pub async fn replayable<S: Replayable>(
    open: impl Fn() -> S,
    records: impl Fn(&S::Payload) -> Vec<(Offset, Vec<u8>)>,
) {
    source(&open, &records).await;
    let all = read(open(), &records, &BTreeMap::new(), How::default()).await;
    for (partition, at) in &all.ends {
        for wait in [None, Some(1)] {
            let start = BTreeMap::from([(partition.clone(), at.clone())]);
            let at = at.next;
            let how = How {
                drop_at: wait,
                ..How::default()
            };
            let again = read(open(), &records, &start, how).await;
            let rest = all.records.get(partition).into_iter().flatten();
            let rest: Vec<_> = rest.filter(|(offset, _)| *offset >= at).collect();
            let found: Vec<_> = again.records.get(partition).into_iter().flatten().collect();
            assert_eq!(
                found, rest,
                "{partition} from {at} gives the rest, and only that"
            );
        }
    }
}

/// The lines of a chunk, for [`source`].
pub fn lines(chunk: &Chunk) -> Vec<(Offset, Vec<u8>)> {
    let mut at = chunk.start;
    let lines = chunk
        .bytes
        .split_inclusive(|byte| *byte == b'\n')
        .map(|line| {
            let start = at;
            at = Offset(at.0 + line.len() as u64);
            (start, line.to_vec())
        });
    lines.collect()
}

async fn nothing_comes_before_the_start(mut source: impl Source) {
    loop {
        match source
            .next()
            .await
            .expect("a source begins without an error")
        {
            SourceEvent::Idle => {}
            SourceEvent::Assigned(partitions) => {
                assert!(!partitions.is_empty(), "an assignment names partitions");
                break;
            }
            _ => panic!("a source begins with an assignment"),
        }
    }
    for _ in 0..3 {
        let next = drop_at(1, source.next()).await;
        let batch = matches!(next, Some(Ok(SourceEvent::Batch(_) | SourceEvent::End(_))));
        assert!(!batch, "a partition gives nothing before it is started");
    }
}

/// Reads to the end and checks what holds of every reading.
pub(super) async fn read<S: Source>(
    mut source: S,
    records: &Records<'_, S::Payload>,
    from: &BTreeMap<Partition, Position>,
    how: How,
) -> Read {
    let mut read = Read::default();
    let mut next: BTreeMap<Partition, Position> = BTreeMap::new();
    let mut ended: BTreeMap<Partition, bool> = BTreeMap::new();
    // Where the partitions that were given away go on.
    let mut resume: BTreeMap<Partition, Position> = BTreeMap::new();
    let mut waiting = VecDeque::new();
    loop {
        let event = match waiting.pop_front() {
            Some(event) => event,
            None => next_event(&mut source, how.drop_at).await,
        };
        match event {
            SourceEvent::Assigned(partitions) => {
                for partition in partitions {
                    let known = ended.get(&partition);
                    assert_eq!(known, None, "{partition} is assigned while it is ours");
                    let again = resume.remove(&partition);
                    let at = again.or_else(|| from.get(&partition).cloned());
                    let started = source.start(&partition, at.as_ref()).await;
                    started.expect("an assigned partition can be started");
                    next.insert(partition.clone(), at.unwrap_or_default());
                    ended.insert(partition, false);
                }
            }
            SourceEvent::Batch(batch) => {
                let name = &batch.partition;
                assert_eq!(
                    ended.get(name),
                    Some(&false),
                    "{name} is started and not ended"
                );
                let at = next.entry(name.clone()).or_default();
                let own = read.records.entry(name.clone()).or_default();
                for (offset, record) in records(&batch.payload) {
                    assert!(
                        offset >= at.next && offset < batch.next,
                        "{name}: {offset} is in its batch"
                    );
                    assert!(
                        own.last().is_none_or(|last| last.0 < offset),
                        "{name}: offsets grow"
                    );
                    own.push((offset, record));
                }
                let after = Position {
                    next: batch.next,
                    mark: batch.mark,
                };
                assert!(
                    after.next >= at.next,
                    "{name}: the place after a batch never goes back"
                );
                let before = std::mem::replace(at, after.clone());
                read.ends.push((name.clone(), after.clone()));
                // What may be lost is not committed yet.
                let durable = if how.moves { before } else { after };
                let told = source.committed(name, &durable).await;
                told.expect("a commit can be told of at any time");
                if how.pause {
                    waiting.extend(stays_silent(&mut source, name).await);
                }
            }
            SourceEvent::End(partition) | SourceEvent::Closed(partition) => {
                let before = ended.insert(partition.clone(), true);
                assert_eq!(before, Some(false), "{partition} ends once");
                if resume.is_empty() && ended.values().all(|ended| *ended) {
                    return read;
                }
            }
            SourceEvent::Idle => {}
            SourceEvent::Revoking { .. } | SourceEvent::Lost(_) if !how.moves => {
                panic!("a source that gives partitions away is tested by `rebalancing`")
            }
            SourceEvent::Revoking {
                partitions, done, ..
            } => {
                read.handovers.insert(Handover::Revoking);
                for partition in partitions {
                    gone(&partition, &mut ended);
                    let at = next.get(&partition).cloned().unwrap_or_default();
                    resume.insert(partition, at);
                }
                // Everything is committed: the partitions may go.
                drop(done);
            }
            SourceEvent::Lost(partitions) => {
                read.handovers.insert(Handover::Lost);
                for partition in partitions {
                    gone(&partition, &mut ended);
                    let at = read.rewind(&partition);
                    resume.insert(partition, at);
                }
            }
        }
    }
}

/// A partition is given away, which must be ours. It may have ended.
fn gone(partition: &Partition, ours: &mut BTreeMap<Partition, bool>) {
    let ended = ours.remove(partition);
    assert!(ended.is_some(), "{partition} is given away but not started");
}

/// How long a source may be silent. Our choice: longer than any that reads a test's input.
const PATIENCE: Duration = Duration::from_secs(60);

const GOOD: &str = "a source over a good input has no error";

/// The next event, after one try that is dropped at the given wait.
async fn next_event<S: Source>(source: &mut S, dropped: Option<usize>) -> SourceEvent<S::Payload> {
    if let Some(wait) = dropped
        && let Some(event) = drop_at(wait, source.next()).await
    {
        return event.expect(GOOD);
    }
    let next = tokio::time::timeout(PATIENCE, source.next()).await;
    next.expect("a source goes on until all its partitions have ended")
        .expect(GOOD)
}

/// Pauses one partition for a while; returns what the others had to say.
async fn stays_silent<S: Source>(
    source: &mut S,
    partition: &Partition,
) -> Vec<SourceEvent<S::Payload>> {
    source.pause(partition);
    let mut others = Vec::new();
    for _ in 0..3 {
        let event = drop_at(1, source.next())
            .await
            .map(|event| event.expect(GOOD));
        let whose = match &event {
            Some(SourceEvent::Batch(batch)) => Some(&batch.partition),
            Some(SourceEvent::End(ended) | SourceEvent::Closed(ended)) => Some(ended),
            _ => None,
        };
        assert_ne!(whose, Some(partition), "a paused partition is silent");
        others.extend(event);
    }
    source.resume(partition);
    others
}
