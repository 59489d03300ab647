//! Fencing: commits of partitions that another process has claimed are refused, and no others.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;

use super::{
    cases::rows,
    model::{Reading, graph},
};
use crate::{
    contracts::{
        MemoryStore, Source,
        checkpoint::{CheckpointStore, Claim, Committed, DeadLetter, Progress},
        decode::Typed,
        memory::{MemoryTable, MemoryTx},
        sink::{Outcome, TransactionalSink},
        source::{Batch, OnePartition, Replayable, SourceEvent},
    },
    data::{ErrorKind, Offset, Partition, Position, Result},
    engine::{
        committer::{Committer, SinkKind, Step},
        order::Order,
        outlet::Outlet,
        task::{CommitKind, Inline, KeyLimits, Plan, Task},
    },
    pipeline::Pipeline,
    rows::Row,
    testing::{Script, Scripted},
};

#[tokio::test]
async fn a_zombie_writes_nothing_and_stops() {
    let (store, rows) = (MemoryStore::default(), rows(200));
    let mut other = store.clone();
    let script = [&[Script::Rows(20)][..], &[Script::Idle; 3]].concat();
    let (graph, streams) = graph();
    let source = Scripted::new("memory/0", Arc::clone(&rows), script);
    let claim_soon = graph.id;
    let pipeline = Pipeline::exactly_once(
        source,
        Typed::default(),
        Order::default(),
        graph,
        store.clone(),
    )
    .store(
        "readings",
        streams.readings,
        ClaimedMeanwhile(store.clone(), store.table("readings")),
    );
    let error = pipeline.run().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Fenced, "{error} {claim_soon}");
    assert!(store.rows().is_empty());
    assert_eq!(
        other
            .progress(&Partition::new("memory/0"))
            .await
            .unwrap()
            .unwrap()
            .seq,
        0
    );
}

#[tokio::test]
async fn a_source_that_repeats_an_assignment_is_started() {
    let (store, rows) = (MemoryStore::default(), rows(20));
    let source = Repeating {
        inner: Scripted::new("memory/0", Arc::clone(&rows), []),
        is_started: false,
    };
    let (graph, streams) = graph();
    let order = Order::default();
    let report = Pipeline::exactly_once(source, Typed::default(), order, graph, store.clone())
        .store("readings", streams.readings, store.table("readings"))
        .run()
        .await
        .unwrap();
    assert_eq!(report.counts.read, 20);
    assert_eq!(store.rows()["readings"].len(), 20);
}

#[tokio::test]
async fn a_source_that_does_not_wait_for_its_start_ends_the_run() {
    type Event = SourceEvent<Vec<(Offset, Reading)>>;
    let partition = || Partition::new("memory/0");
    let early: [fn(Partition) -> Event; 3] = [
        |partition| SourceEvent::Batch(Batch::new(partition, Offset(1), Vec::new())),
        SourceEvent::End,
        SourceEvent::Closed,
    ];
    for early in early {
        let (graph, _) = graph();
        let source = Hasty(vec![
            early(partition()),
            SourceEvent::Assigned(vec![partition()]),
        ]);
        let (order, store) = (Order::default(), MemoryStore::default());
        let pipeline = Pipeline::exactly_once(source, Typed::default(), order, graph, store);
        let error = pipeline.run().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Source);
        assert!(
            error.to_string().contains("did not wait for its start"),
            "{error}"
        );
    }
}

/// What each of these steps, from the last to the first, ends the run with.
async fn said(steps: Vec<SourceEvent<Vec<(Offset, Reading)>>>) -> String {
    let (graph, _) = graph();
    let (order, store) = (Order::default(), MemoryStore::default());
    let pipeline = Pipeline::exactly_once(Hasty(steps), Typed::default(), order, graph, store);
    let error = pipeline.run().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Source, "{error}");
    error.to_string()
}

fn batch(partition: &str, rows: std::ops::Range<u64>) -> SourceEvent<Vec<(Offset, Reading)>> {
    let readings = rows.clone().map(|at| (Offset(at), Reading::default()));
    let partition = Partition::new(partition);
    SourceEvent::Batch(Batch::new(partition, Offset(rows.end), readings.collect()))
}

#[tokio::test]
async fn a_source_that_never_assigned_a_partition_ends_the_run() {
    let other = Partition::new("memory/1");
    for early in [
        batch("memory/1", 0..5),
        SourceEvent::End(other.clone()),
        SourceEvent::Closed(other),
    ] {
        let said = said(vec![early]).await;
        assert!(said.contains("it never assigned"), "{said}");
    }
}

/// Says these, from the last to the first, whether it is started or not.
struct Hasty(Vec<SourceEvent<Vec<(Offset, Reading)>>>);

impl Replayable for Hasty {}

#[tokio::test]
async fn a_source_that_reads_records_again_ends_the_run() {
    for (next, again) in [(10, 10), (10, 5), (10, 0)] {
        let source = Again {
            one: OnePartition::new("memory/0"),
            batches: [(next, 0..10), (again, 0..5)].into(),
        };
        let (graph, _) = graph();
        let (order, store) = (Order::default(), MemoryStore::default());
        let pipeline = Pipeline::exactly_once(source, Typed::default(), order, graph, store);
        let error = pipeline.run().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Source, "{error}");
        let said = error.to_string();
        assert!(said.contains("those before 10 were read already"), "{said}");
    }
}

/// Waits for its start, and then returns these rows, each batch with its next offset.
struct Again {
    one: OnePartition,
    batches: std::collections::VecDeque<(u64, std::ops::Range<u64>)>,
}

impl Replayable for Again {}

#[async_trait]
impl Source for Again {
    type Payload = Vec<(Offset, Reading)>;

    async fn next(&mut self) -> Result<SourceEvent<Self::Payload>> {
        if let Some(assigned) = self.one.ready().await {
            return Ok(assigned);
        }
        let Some((next, rows)) = self.batches.pop_front() else {
            return Ok(self.one.end());
        };
        let rows = rows.map(|at| (Offset(at), Reading::default())).collect();
        Ok(self.one.batch(Offset(next), rows))
    }

    async fn start(&mut self, partition: &Partition, at: Option<&Position>) -> Result<()> {
        self.one.start(partition, at)
    }
}

#[async_trait]
impl Source for Hasty {
    type Payload = Vec<(Offset, Reading)>;

    async fn next(&mut self) -> Result<SourceEvent<Self::Payload>> {
        match self.0.pop() {
            Some(event) => Ok(event),
            None => std::future::pending().await,
        }
    }

    async fn start(&mut self, _: &Partition, _: Option<&Position>) -> Result<()> {
        Ok(())
    }
}

/// Assigns its partition again and again, until it is started.
struct Repeating {
    inner: Scripted<Reading>,
    is_started: bool,
}

impl Replayable for Repeating {}

#[async_trait]
impl Source for Repeating {
    type Payload = <Scripted<Reading> as Source>::Payload;

    async fn next(&mut self) -> Result<SourceEvent<Self::Payload>> {
        if self.is_started {
            return self.inner.next().await;
        }
        Ok(SourceEvent::Assigned(vec![Partition::new("memory/0")]))
    }

    async fn start(&mut self, partition: &Partition, at: Option<&Position>) -> Result<()> {
        assert!(!self.is_started, "started twice");
        self.is_started = true;
        self.inner.next().await?;
        self.inner.start(partition, at).await
    }
}

/// Another process claims the partition while this one writes.
struct ClaimedMeanwhile(MemoryStore, MemoryTable);

#[async_trait]
impl TransactionalSink<Reading, MemoryStore> for ClaimedMeanwhile {
    async fn write(&mut self, tx: &mut MemoryTx, rows: &[Row<Reading>]) -> Result<Outcome> {
        self.0.claim(&Partition::new("memory/0")).await?;
        TransactionalSink::<_, MemoryStore>::write(&mut self.1, tx, rows).await
    }
}

/// Opens an epoch with a piece of this many rows for each partition.
fn opened(pieces: impl IntoIterator<Item = (Partition, Claim, usize)>) -> Committer {
    let (graph, streams) = graph();
    let plan = Plan {
        name: "test".into(),
        reading: String::new(),
        order: Order::within(Duration::ZERO),
        by_arrival: false,
        outlets: vec![Outlet::new("rows", streams.readings)],
        graph,
        tallies: Vec::new(),
        keys: KeyLimits::default(),
        isolate: false,
        clock: None,
    };
    let pieces = pieces.into_iter().map(|(partition, claim, count)| {
        let mut task = Task::restore(&plan, &partition, claim, 1).unwrap();
        let payload: Vec<_> = (0..).map(Offset).zip(rows(count).iter().copied()).collect();
        let batch = Batch {
            partition,
            next: Offset(9),
            time: None,
            mark: None,
            payload,
        };
        super::take(&mut task, &plan, &Typed::<Reading>::default(), batch).unwrap();
        task.seal(&plan, &Inline, CommitKind::Snapshot).unwrap()
    });
    let mut committer = Committer::new(vec![("rows".into(), SinkKind::Plain)]);
    committer.open(pieces.collect());
    committer
}

#[tokio::test]
async fn one_fenced_partition_does_not_hold_back_the_others() {
    let mut store = MemoryStore::default();
    let (mine, theirs) = (Partition::new("mine"), Partition::new("theirs"));
    let (ours, old) = (
        store.claim(&mine).await.unwrap(),
        store.claim(&theirs).await.unwrap(),
    );
    store.claim(&theirs).await.unwrap();
    let mut committer = opened([(theirs.clone(), old, 3), (mine.clone(), ours, 5)]);
    let mut answers = Vec::new();
    loop {
        match committer.step() {
            Step::Publish { piece, .. } => {
                // Each piece has two rejected rows, with the partition as their reason.
                let (partition, _) = committer.position(piece).unwrap();
                let letter = DeadLetter::new(Offset(1), "rows", partition.to_string());
                committer.written(vec![letter.clone(), letter]);
            }
            Step::Begin => committer.begun(),
            Step::Commit => {
                let tx = store.begin().await.unwrap();
                let answer = store.commit(tx, committer.seals()).await.unwrap();
                answers.push(answer.clone());
                committer.committed(answer);
            }
            Step::Finished => break,
            other => panic!("{other:?}"),
        }
    }
    let committed = committer.finish();
    assert_eq!(
        answers,
        [Committed::Fenced(vec![theirs.clone()]), Committed::Done]
    );
    assert_eq!(committed.fenced, [(theirs, 1)]);
    assert_eq!(
        committed
            .done
            .iter()
            .map(|sealed| &sealed.partition)
            .collect::<Vec<_>>(),
        [&mine]
    );
    let tallies = &committed.done[0].tallies;
    assert_eq!(
        (tallies["sink.rows.given"], tallies["sink.rows.written"]),
        (5, 3)
    );
    // Only its own rejected rows, not those of the fenced partition, and numbered as in a commit
    // that is not repeated.
    let dead = store.dead_letters();
    let dead = dead
        .iter()
        .map(|(partition, letter)| (partition, letter.reason.as_str(), letter.ordinal));
    let expected = [(&mine, "mine", 0), (&mine, "mine", 1)];
    assert_eq!(dead.collect::<Vec<_>>(), expected);
}

/// Commits two partitions without an answer, and returns the committer and its two tokens.
async fn unanswered() -> (Committer, [u64; 2]) {
    let mut store = MemoryStore::default();
    let partitions = ["a", "b"].map(Partition::new);
    let mut pieces = Vec::new();
    for partition in partitions {
        let claim = store.claim(&partition).await.unwrap();
        pieces.push((partition, claim, 3));
    }
    let tokens = [pieces[0].1.token, pieces[1].1.token];
    let mut committer = opened(pieces);
    while let Step::Publish { .. } = committer.step() {
        committer.written(Vec::new());
    }
    committer.begun();
    assert_eq!(committer.step(), Step::Commit);
    committer.failed();
    assert_eq!(committer.step(), Step::Ask { piece: 0 });
    (committer, tokens)
}

fn progress(token: u64, seq: u64) -> Progress {
    Progress {
        token,
        seq,
        next: None,
        mark: None,
        ended: false,
    }
}

#[tokio::test]
async fn after_a_lost_answer_the_progress_of_a_partition_that_is_still_ours_decides() {
    for (seq, step) in [(0, Step::Begin), (1, Step::Finished)] {
        let (mut committer, tokens) = unanswered().await;
        // Another process owns the first partition and has committed more of it.
        committer.answered(Some(&progress(tokens[0] + 1, 7)));
        assert_eq!(committer.step(), Step::Ask { piece: 1 });
        committer.answered(Some(&progress(tokens[1], seq)));
        assert_eq!(committer.step(), step);
        let committed = committer.finish();
        assert_eq!((committed.done.len(), committed.fenced.len()), (2, 0));
    }
}

#[tokio::test]
async fn after_a_lost_answer_no_partition_is_ours_if_other_processes_own_all() {
    let (mut committer, tokens) = unanswered().await;
    for token in tokens {
        committer.answered(Some(&progress(token + 1, 7)));
    }
    assert_eq!(committer.step(), Step::Finished);
    let committed = committer.finish();
    assert!(committed.done.is_empty());
    let refused = ["a", "b"].map(Partition::new).into_iter().zip(tokens);
    assert_eq!(committed.fenced, refused.collect::<Vec<_>>());
}
