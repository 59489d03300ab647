//! One name: that of the store is that of the pipeline.

use fleet_core::{
    ContentId, ErrorKind, EventTime, Graph, MemoryStore, Operator, Order, Pipeline, Result, Row,
    VehicleId,
    checkpoint::CheckpointStore,
    decode::Typed,
    event::Telemetry,
    operator::Cx,
    sink::Null,
    testing::{Recording, Scripted},
};

use crate::{files::FileStore, sqlite::SqliteStore};

/// Emits the id of each row, which depends on the name of the pipeline.
struct Ids;

impl Operator for Ids {
    type In = Telemetry;
    type Out = ContentId;
    type State = ();
    fn init(&self) {}
    fn on_row(&self, (): &mut (), _: &Row<Telemetry>, cx: &mut Cx<'_, ContentId>) {
        let id = cx.content_id("row", 0);
        cx.emit(id);
    }
}

/// The ids of one event with this store, under this name if there is one.
async fn ids(store: impl CheckpointStore, name: Option<&str>) -> Result<Vec<ContentId>> {
    let (mut graph, telemetry) = Graph::new();
    let ids = graph.apply("ids", telemetry, Ids);
    let car = VehicleId::new("car-1").unwrap();
    let source = Scripted::of_events("memory", [Telemetry::new(car, EventTime::MIN)]);
    let (order, seen) = (Order::default(), Recording::default());
    let mut run = Pipeline::at_least_once(source, Typed::default(), order, graph, store)
        .publish("all", telemetry, Null)
        .publish("ids", ids, seen.clone());
    if let Some(name) = name {
        run = run.named(name);
    }
    run.run().await.map(|_| seen.values())
}

#[tokio::test]
async fn a_pipeline_without_a_name_has_that_of_its_store() {
    let folder = tempfile::tempdir().unwrap();
    let expected = ids(MemoryStore::default(), Some("demo")).await.unwrap();
    let sqlite = || SqliteStore::open_in_memory("demo").unwrap();
    assert_eq!(ids(sqlite(), None).await.unwrap(), expected);
    assert_eq!(ids(sqlite(), Some("demo")).await.unwrap(), expected);
    let files = FileStore::open(folder.path(), "demo").unwrap();
    assert_eq!(ids(files, None).await.unwrap(), expected);
    let files = FileStore::open(folder.path(), "demo-csv").unwrap();
    let files = files.of_pipeline("demo");
    assert_eq!(ids(files, None).await.unwrap(), expected);
    let other = ids(MemoryStore::default(), None).await.unwrap();
    assert_ne!(other, expected, "an id depends on the name");
}

#[tokio::test]
async fn a_pipeline_with_another_name_than_its_store_is_refused() {
    let store = SqliteStore::open_in_memory("demo").unwrap();
    let error = ids(store, Some("other")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config);
    let message = error.to_string();
    for part in ["`other`", "`demo`", "leave out `named`"] {
        assert!(message.contains(part), "{message}");
    }
}
