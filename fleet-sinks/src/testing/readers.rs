//! Reads logs in tests, row by row.

use std::collections::BTreeMap;

use fleet_core::{
    Partition, Source,
    source::{Position, SourceEvent},
};

use crate::store_log::{LogRecord, LogRecords, LogSource};

/// What was read of each partition, in order.
pub(crate) type Seen = BTreeMap<Partition, Vec<LogRecord>>;

/// Starts all lanes of a source at these positions.
pub(crate) async fn start(source: &mut LogSource, at: &BTreeMap<Partition, Position>) {
    let SourceEvent::Assigned(lanes) = source.next().await.unwrap() else {
        panic!("a source begins with its lanes")
    };
    for lane in lanes {
        source.start(&lane, at.get(&lane)).await.unwrap();
    }
}

/// Reads on until so many rows were seen in all, and commits each batch if `commits`.
pub(crate) async fn read(source: &mut LogSource, seen: &mut Seen, rows: usize, commits: bool) {
    while seen.values().map(Vec::len).sum::<usize>() < rows {
        match source.next().await.unwrap() {
            SourceEvent::Batch(batch) => {
                let own = seen.entry(batch.partition.clone()).or_default();
                own.extend(batch.payload.iter().cloned());
                if commits {
                    let upto: Position = batch.next.into();
                    source.committed(&batch.partition, &upto).await.unwrap();
                }
            }
            SourceEvent::Idle | SourceEvent::Closed(_) => {}
            other => panic!("{other:?}"),
        }
    }
}

/// Reads what a log holds from its beginning, without committing anything.
pub(crate) async fn read_all(source: &mut LogSource) -> Seen {
    let mut seen = Seen::new();
    start(source, &BTreeMap::new()).await;
    let mut open = usize::MAX;
    let mut closed = 0;
    while closed < open {
        match source.next().await.unwrap() {
            SourceEvent::Batch(batch) => {
                let own = seen.entry(batch.partition.clone()).or_default();
                own.extend(batch.payload.iter().cloned());
            }
            SourceEvent::Closed(_) => closed += 1,
            SourceEvent::Idle => {}
            other => panic!("{other:?}"),
        }
        open = source.lanes();
    }
    seen
}

/// The keys of rows, as text.
pub(crate) fn keys(seen: &Seen) -> Vec<String> {
    let rows = seen.values().flatten();
    let mut keys: Vec<_> = rows
        .map(|row| String::from_utf8(row.key.clone()).unwrap())
        .collect();
    keys.sort();
    keys
}

/// The rows of a payload, for the suites of sources.
pub(crate) fn records(payload: &LogRecords) -> Vec<(fleet_core::Offset, Vec<u8>)> {
    let rows = payload.iter();
    rows.map(|row| (row.offset, row.body.clone())).collect()
}
