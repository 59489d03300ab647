//! The stream of one customer, from its topic into the shared tables.

use fleet_core::{
    Graph, Pipeline,
    dialect::Ford,
    event::{Telemetry, TextField, VehicleState},
};
use fleet_examples::kafka::{Produced, all_read, as_sent};
use fleet_rules::{Mode, preset};
use fleet_sinks::{
    PostgresStore,
    postgres::{Database, TableOptions, WriteMode},
};
use fleet_sources::{KafkaDecoder, KafkaOptions, KafkaSource, StartAt, simulator::FordCustomer};

use crate::Fallible;

/// Reads what was produced, and returns how many events spoke for another customer.
pub(crate) async fn ingest(
    database: &Database,
    brokers: &str,
    customer: FordCustomer,
    produced: Produced,
) -> Fallible<u64> {
    let topic = customer.topic();
    let store = PostgresStore::open(database, topic).await?;
    // By pattern, so that the topic of a new customer may be made later.
    let (pattern, start) = (format!("^{topic}$"), StartAt::Time(produced.since));
    let options = KafkaOptions::default();
    let source = KafkaSource::open(brokers, topic, [&*pattern], start, options)?;
    let decode = KafkaDecoder::new(Ford::default()).with_tenants(same_customer);

    let (mut graph, telemetry) = Graph::<Telemetry>::new();
    // The demo stores one row for each offending event.
    let found = graph.apply("rules", telemetry, preset::ford(Mode::Every));
    let states = graph.map("states", telemetry, |event| VehicleState(event.clone()));
    let newest = TableOptions {
        mode: WriteMode::Latest {
            key: &["vehicle_id"],
            time: "last_seen_ts",
        },
        ..TableOptions::default()
    };
    let table = store.table("fleet.telemetry").await?;
    let anomalies = store.table("fleet.alerts").await?;
    let state = store.table_with("fleet.vehicle_state", newest).await?;
    let pipeline = Pipeline::exactly_once(source, decode, as_sent(), graph, store)
        .store("telemetry", telemetry, table)
        .store("anomalies", found, anomalies)
        .store("vehicle_state", states, state);
    let all = all_read(pipeline.watch(), produced.records);
    let report = pipeline.run_until(all).await?;
    assert!(report.balances());
    assert_eq!(report.counts.read, produced.records);
    Ok(report.counts.dead_lettered)
}

/// The topic says whose an event is, so no message can speak for another customer.
fn same_customer(topic: &str, event: &Telemetry) -> Result<(), String> {
    let says = event.text(TextField::Customer).unwrap_or_default();
    match topic.strip_suffix("_telemetry") {
        Some(customer) if customer == says => Ok(()),
        _ => Err(format!(
            "the event is of customer `{says}`, its topic is {topic}"
        )),
    }
}
