//! Tests of refused options, lost connections, and unreadable rows.

use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering},
};

use fleet_core::{ErrorKind, MemoryStore, Order, Pipeline, Source, source::SourceEvent};

use tokio_postgres::{Config, NoTls};

use super::table::{Table, at, client, events, opened};
use crate::postgres::{HistoryDecoder, HistoryOptions, HistorySource};

fn refusal(options: HistoryOptions) -> String {
    let connect = || async { client("postgres://nowhere").await };
    let error = HistorySource::new(connect, options).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config);
    error.to_string()
}

#[test]
fn options_that_cannot_be_used_are_refused_with_the_way_out() {
    let options = |table: &str, from, to| HistoryOptions::new(table, "acme", at(from), at(to));
    for bad in [
        "",
        "a b",
        "a.b.c",
        "Telemetry",
        "t\"; DROP TABLE x; --",
        "1st",
        "a.",
    ] {
        assert!(
            refusal(options(bad, 0, 1)).contains("schema.table"),
            "{bad}"
        );
    }
    assert!(refusal(options("t", 1, 0)).contains("begins before it ends"));
    assert!(refusal(options("t", -2_000_000_000_000_000, 0)).contains("1970 to 9999"));
    let years = refusal(options("t", 0, 3 * 365 * 86_400_000_000));
    assert!(
        years.contains("1095 days") && years.contains("814"),
        "{years}"
    );
    let none = HistoryOptions {
        page_rows: 0,
        ..options("t", 0, 1)
    };
    assert!(refusal(none).contains("page_rows"));
}

#[tokio::test]
async fn a_lost_connection_is_retryable_and_loses_no_row() {
    let Some(table) = Table::new().await else {
        return;
    };
    table.insert(&events()).await;
    // Lets the test find the source's connections on the server.
    let mut config: Config = table.url.parse().unwrap();
    config.application_name(&table.name);
    let connections = Arc::new(AtomicU32::new(0));
    let counted = Arc::clone(&connections);
    let connect = move || {
        counted.fetch_add(1, Ordering::Relaxed);
        let config = config.clone();
        async move { opened(config.connect(NoTls).await) }
    };
    let mut source = HistorySource::new(connect, table.options()).unwrap();
    let kill = format!(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = '{}'",
        table.name
    );
    let mut rows = 0;
    loop {
        match source.next().await {
            Ok(SourceEvent::Assigned(mine)) => source.start(&mine[0], None).await.unwrap(),
            Ok(SourceEvent::Batch(batch)) => {
                rows += batch.payload.len();
                table.client.batch_execute(&kill).await.unwrap();
            }
            Ok(SourceEvent::End(_)) => break,
            Ok(other) => panic!("{other:?}"),
            Err(error) => assert!(error.is_retryable(), "{error}"),
        }
    }
    assert_eq!(rows, 60);
    let pages = 60_u32.div_ceil(table.options().page_rows);
    assert!(
        connections.load(Ordering::Relaxed) >= pages,
        "each page needs a new one"
    );
}

#[tokio::test]
async fn a_table_that_is_not_there_stops_with_its_name() {
    let Some(table) = Table::new().await else {
        return;
    };
    let options = HistoryOptions {
        table: "no_such_table".into(),
        ..table.options()
    };
    let mut source = table.open(options);
    let SourceEvent::Assigned(mine) = source.next().await.unwrap() else {
        panic!("the first event assigns the partition");
    };
    source.start(&mine[0], None).await.unwrap();
    let error = source.next().await.unwrap_err();
    assert!(!error.is_retryable());
    assert!(
        error.to_string().contains("no_such_table") && error.to_string().contains("42P01"),
        "{error}"
    );
}

#[tokio::test]
async fn a_row_that_no_decoder_would_take_is_a_dead_letter() {
    let Some(table) = Table::new().await else {
        return;
    };
    table.insert(&events()[..5]).await;
    let add = format!(
        "INSERT INTO {} (tenant, time, vehicle_id, latitude, speed_kmh) VALUES
            ('acme', '2026-01-01Z', '', 1, 1), ('acme', '2026-01-01Z', 'car-1', 91, 1), ('acme', '2026-01-01Z', 'car-1', 1, 'NaN')",
        table.name
    );
    table.client.batch_execute(&add).await.unwrap();
    let (graph, telemetry) = fleet_core::Graph::new();
    let store = MemoryStore::default();
    let source = table.open(table.options());
    let report = Pipeline::exactly_once(
        source,
        HistoryDecoder,
        Order::default(),
        graph,
        store.clone(),
    )
    .store("rows", telemetry, store.table("rows"))
    .run()
    .await
    .unwrap();
    assert_eq!(
        (report.counts.accepted, report.counts.dead_lettered),
        (5, 3)
    );
}
