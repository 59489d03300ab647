//! Tests that a history returns what was stored, at stable offsets.

use std::{collections::BTreeMap, sync::Arc};

use fleet_core::{
    Event, Graph, MemoryStore, Offset, Order, Pipeline, Source,
    decode::Typed,
    event::Telemetry,
    source::{Position, SourceEvent},
    testing::Scripted,
    window::{SummaryOf, Tumbling},
};

use super::table::{Table, at, events};
use crate::postgres::{HistoryDecoder, HistoryOptions, HistoryRow, HistorySource};

async fn read(mut source: HistorySource, from: Option<Offset>) -> Vec<(Offset, HistoryRow)> {
    let mut rows = Vec::new();
    loop {
        match source.next().await.unwrap() {
            SourceEvent::Assigned(mine) => source
                .start(&mine[0], from.map(Position::from).as_ref())
                .await
                .unwrap(),
            SourceEvent::Batch(batch) => rows.extend(batch.payload),
            SourceEvent::End(_) => return rows,
            other => panic!("{other:?}"),
        }
    }
}

fn telemetry(rows: &[(Offset, HistoryRow)]) -> Vec<Telemetry> {
    let event = |(_, row): &(Offset, HistoryRow)| match row {
        HistoryRow::Telemetry(event) => event.clone(),
        HistoryRow::Unreadable { reason, .. } => panic!("{reason}"),
    };
    rows.iter().map(event).collect()
}

#[tokio::test]
async fn what_was_stored_comes_back_in_the_order_of_time_within_the_span() {
    let Some(table) = Table::new().await else {
        return;
    };
    let mut events = events();
    table.insert(&events).await;
    let (from, to) = (at(333_333), at(2_333_333));
    let options = HistoryOptions {
        from,
        to,
        ..table.options()
    };
    let found = telemetry(&read(table.open(options), None).await);
    events.retain(|event| event.at() >= from && event.at() < to);
    events.sort_by(|a, b| (a.at(), a.key()).cmp(&(b.at(), b.key())));
    assert_eq!(found, events);
    let stranger = HistoryOptions {
        tenant: "other".into(),
        ..table.options()
    };
    assert!(read(table.open(stranger), None).await.is_empty());
}

#[tokio::test]
async fn an_offset_stays_valid_when_older_rows_expire_and_newer_ones_arrive() {
    let Some(table) = Table::new().await else {
        return;
    };
    table.insert(&events()).await;
    let before = read(table.open(table.options()), None).await;
    let (offset, _) = before[25];
    let rest = before[25..].to_vec();
    let drop = format!(
        "DELETE FROM {} WHERE time < '2026-01-01T00:00:01Z'",
        table.name
    );
    table.client.batch_execute(&drop).await.unwrap();
    assert_eq!(read(table.open(table.options()), Some(offset)).await, rest);
    let mut late = events()[0].clone();
    late = Telemetry::new(late.vehicle().clone(), at(900_000_000));
    table.insert(&[late]).await;
    let longer = read(table.open(table.options()), Some(offset)).await;
    assert_eq!(
        (&longer[..rest.len()], longer.len()),
        (&rest[..], rest.len() + 1)
    );
}

/// Runs a pipeline and returns its rows and windows as text.
async fn run<S, D>(source: S, decode: D) -> BTreeMap<Arc<str>, Vec<String>>
where
    S: fleet_core::source::Replayable,
    D: fleet_core::Decode<S::Payload, Event = Telemetry>,
{
    let (mut graph, telemetry) = Graph::new();
    let speed = SummaryOf::new(|event: &Telemetry| event.value(fleet_core::event::Signal::Speed));
    let minutes = graph.apply("minutes", telemetry, Tumbling::minutes(1).aggregate(speed));
    let store = MemoryStore::default();
    let (rows, windows) = (store.table("rows"), store.table("windows"));
    Pipeline::exactly_once(source, decode, Order::default(), graph, store.clone())
        .store("rows", telemetry, rows)
        .store("windows", minutes, windows)
        .run()
        .await
        .unwrap();
    store.rows()
}

#[tokio::test]
async fn the_same_graph_finds_the_same_in_history_as_live() {
    let Some(table) = Table::new().await else {
        return;
    };
    let mut live = events();
    // Live rows arrive in the order of time, as nearly all do.
    live.sort_by_key(Event::at);
    table.insert(&live).await;

    let again = run(table.open(table.options()), HistoryDecoder).await;
    let once = run(Scripted::of_events("live", live), Typed::default()).await;
    assert_eq!(again, once);
    assert_eq!((once["rows"].len(), once["windows"].len()), (60, 3));
}
