//! A pipeline in which answers to commits are lost, before and after they take effect.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use async_trait::async_trait;
use fleet_core::{
    Error, ErrorKind, EventTime, Graph, Order, Partition, Pipeline, Result, Row, VehicleId,
    checkpoint::{CheckpointStore, Claim, Committed, Progress, Sealed},
    decode::Typed,
    event::Telemetry,
    pipeline::EpochLimits,
    sink::{Outcome, TransactionalSink},
    testing::{Script, Scripted},
    units::Speed,
};

use crate::postgres::{PostgresStore, PostgresTable, PostgresTransaction};
use crate::testing::postgres::Scratch;

/// Loses the answers to two of three commits: one after it took effect, the next before.
#[derive(Clone)]
struct LosesAnswers {
    store: PostgresStore,
    commits: Arc<AtomicUsize>,
}

#[async_trait]
impl CheckpointStore for LosesAnswers {
    type Tx = PostgresTransaction;

    fn pipeline(&self) -> Option<&str> {
        CheckpointStore::pipeline(&self.store)
    }

    async fn claim(&mut self, partition: &Partition) -> Result<Claim> {
        self.store.claim(partition).await
    }
    async fn begin(&mut self) -> Result<PostgresTransaction> {
        self.store.begin().await
    }
    async fn commit(&mut self, tx: PostgresTransaction, epoch: &[Sealed]) -> Result<Committed> {
        let lost = || Error::new(ErrorKind::Store, "the answer was lost").retryable();
        match self.commits.fetch_add(1, Ordering::Relaxed) % 3 {
            0 => {
                self.store.commit(tx, epoch).await?;
                Err(lost())
            }
            1 => {
                drop(tx);
                Err(lost())
            }
            _ => self.store.commit(tx, epoch).await,
        }
    }
    async fn progress(&mut self, partition: &Partition) -> Result<Option<Progress>> {
        self.store.progress(partition).await
    }
    async fn partitions(&mut self) -> Result<BTreeMap<Partition, Progress>> {
        self.store.partitions().await
    }
}

struct Through(PostgresTable<Telemetry>);

#[async_trait]
impl TransactionalSink<Telemetry, LosesAnswers> for Through {
    async fn write(
        &mut self,
        tx: &mut PostgresTransaction,
        rows: &[Row<Telemetry>],
    ) -> Result<Outcome> {
        TransactionalSink::<_, PostgresStore>::write(&mut self.0, tx, rows).await
    }
}

#[tokio::test]
async fn a_commit_with_a_lost_answer_takes_effect_once() {
    const EVENTS: usize = 2_000;
    let Some(scratch) = Scratch::new().await else {
        return;
    };
    let store = PostgresStore::open(&scratch.open().await, "demo")
        .await
        .unwrap();
    let table = store.table::<Telemetry>("telemetry").await.unwrap();
    let event = |n: usize| {
        let vehicle = VehicleId::new(&format!("car-{}", n % 7)).unwrap();
        let at =
            EventTime::from_micros(1_700_000_000_000_000 + i64::try_from(n).unwrap() * 100_000);
        Telemetry::new(vehicle, at).with_speed(Speed::from_kmh(60.0))
    };
    let rows = Arc::new((0..EVENTS).map(event).collect());
    let source = Scripted::new("memory/0", rows, [Script::Rows(100); EVENTS / 100]);
    let (graph, telemetry) = Graph::new();
    let commits = Arc::<AtomicUsize>::default();
    let faulty = LosesAnswers {
        store: store.clone(),
        commits: Arc::clone(&commits),
    };
    let report = Pipeline::exactly_once(source, Typed::default(), Order::default(), graph, faulty)
        .store("telemetry", telemetry, Through(table))
        .epochs(EpochLimits {
            records: 100,
            ..EpochLimits::default()
        })
        .run()
        .await
        .unwrap();
    assert!(report.balances(), "{report:?}");
    let sent = commits.load(Ordering::Relaxed);
    assert!(sent > 3, "{sent} commits: an answer is lost in each way");
    let written = "SELECT count(DISTINCT (vehicle_id, time)) FROM telemetry";
    assert_eq!(scratch.number(written).await, 2_000, "none is lost");
    assert_eq!(
        scratch.number("SELECT count(*) FROM telemetry").await,
        2_000,
        "none is there twice"
    );
    let summary = store.summary().await.unwrap();
    assert!(summary.ended);
    assert_eq!(
        (
            summary.counts.read,
            summary.tallies["sink.telemetry.written"]
        ),
        (2_000, 2_000)
    );
}
