//! An error that somebody has to resolve pauses a pipeline for as long as it takes.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use async_trait::async_trait;

use super::model::{Reading, graph};
use crate::{
    contracts::{
        MemoryStore,
        decode::Typed,
        sink::{Outcome, Sink},
    },
    data::{Error, ErrorKind, Result},
    engine::order::Order,
    pipeline::{Pipeline, Retry},
    rows::Row,
    testing::{Script, Scripted},
};

/// A sink that has no space for the first writes.
struct Full {
    until: usize,
    tries: Arc<AtomicUsize>,
}

#[async_trait]
impl Sink<Reading> for Full {
    async fn write(&mut self, _: &[Row<Reading>]) -> Result<Outcome> {
        if self.tries.fetch_add(1, Ordering::Relaxed) < self.until {
            return Err(Error::new(ErrorKind::Sink, "no room").pausing());
        }
        Ok(Outcome::default())
    }
}

#[tokio::test(start_paused = true)]
async fn a_full_disk_costs_no_tries() {
    let row = |second| Reading {
        car: 0,
        second,
        kmh: 60,
        id: 0,
    };
    let rows = Arc::new((0..50).map(row).collect());
    let source = Scripted::new("memory/0", rows, [Script::Rows(50)]);
    let (graph, streams) = graph();
    let tries = Arc::<AtomicUsize>::default();
    let full = Full {
        until: 1000,
        tries: Arc::clone(&tries),
    };
    let store = MemoryStore::default();
    let begun = tokio::time::Instant::now();
    let report = Pipeline::at_least_once(source, Typed::default(), Order::default(), graph, store)
        .publish("full", streams.readings, full)
        .retry(Retry {
            times: 1,
            ..Retry::default()
        })
        .run()
        .await
        .unwrap();
    assert_eq!(report.tally("sink.full", "written"), 50);
    assert_eq!(tries.load(Ordering::Relaxed), 1001);
    // Soon at first, for a reader that makes room; seldom after a while.
    let (retry, waited) = (Retry::default(), begun.elapsed());
    assert!(
        waited > retry.longest * 980 && waited < retry.longest * 1000,
        "{waited:?}"
    );
}
