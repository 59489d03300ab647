//! A state that panics while it is encoded stops the run cleanly: nothing of the epoch is
//! committed.

use super::{
    crashes::{Slow, arrive},
    model::Reading,
    simulation::Dice,
};
use crate::{
    contracts::{MemoryStore, Operator, checkpoint::CheckpointStore, decode::Typed, operator::Cx},
    data::{ErrorKind, State},
    engine::{graph::Graph, order::Order},
    pipeline::{EpochLimits, Pipeline},
    rows::Row,
    testing::Script,
};

/// A count that panics when it is encoded at 30 or more.
#[derive(Clone, Copy)]
struct Fragile(u32);

impl State for Fragile {
    const VERSION: u16 = 1;
    fn encode(&self, to: &mut Vec<u8>) {
        assert!(self.0 < 30, "cannot save {}", self.0);
        self.0.encode(to);
    }
    fn decode(version: u16, from: &mut &[u8]) -> Option<Self> {
        u32::decode(version, from).map(Self)
    }
}

/// Counts the rows of a key.
struct Tower;

impl Operator for Tower {
    type In = Reading;
    type Out = u32;
    type State = Fragile;
    fn init(&self) -> Fragile {
        Fragile(0)
    }
    fn on_row(&self, count: &mut Fragile, _: &Row<Reading>, cx: &mut Cx<'_, u32>) {
        count.0 += 1;
        cx.emit(count.0);
    }
}

#[tokio::test(start_paused = true)]
async fn a_state_that_panics_when_it_is_saved_stops_the_run_and_lands_what_was_sealed_before() {
    for (workers, isolates) in [(1, false), (2, false), (1, true), (3, true)] {
        let (rows, store) = (arrive(&mut Dice::new(9)), MemoryStore::default());
        let (mut graph, telemetry) = Graph::new();
        let counted = graph.apply("tower", telemetry, Tower);
        let source = Slow::new(&rows, vec![Script::Rows(6); 90]);
        let limits = EpochLimits {
            records: 1,
            ..EpochLimits::default()
        };
        let order = Order::default();
        let mut run = Pipeline::exactly_once(source, Typed::default(), order, graph, store.clone())
            .store("counted", counted, store.table("counted"))
            .epochs(limits)
            .workers(workers.try_into().unwrap());
        if isolates {
            run = run.isolate_panics();
        }
        let error = run.run().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Panic);
        for part in ["`tower`", "while its state was encoded", "cannot save 3"] {
            assert!(error.to_string().contains(part), "{error}");
        }
        let (partition, at) = error.position().unwrap();
        let progress = store.clone().progress(partition).await.unwrap().unwrap();
        assert!(progress.next < Some(at));
        // Six records of four cars per commit: some are committed, but none with a count that was
        // never saved.
        let counts = &store.rows()["counted"];
        assert!(counts.len() > 50, "{} rows", counts.len());
        assert!(!counts.iter().any(|row| row.ends_with(" 30")), "{counts:?}");
    }
}
