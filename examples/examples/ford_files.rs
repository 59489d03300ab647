//! The producer and consumer of the Ford fleet demo: telemetry of two customers becomes one row for
//! each anomaly, under the names of the demo. Its environment variables set the rate of events and
//! the share of anomalies. A plain loop over the same lines checks the result.
//!
//! This example needs no server. Example `ford` runs the same demo on PostgreSQL, with users who
//! may see different parts of the fleet.
#![expect(clippy::print_stdout, reason = "an example prints its result")]

use std::{collections::BTreeMap, error::Error, time::Duration};

use fleet_core::{
    Graph, Order, Pipeline,
    dialect::{AlertNames, Ford},
    event::Telemetry,
};
use fleet_examples::read_to_string;
use fleet_rules::{Mode, preset};
use fleet_sinks::SqliteStore;
use fleet_sources::{Simulator, simulator::FordEnv};

/// Two vehicles in each of the six territories of two customers.
const VEHICLES: u32 = 24;
const LENGTH: Duration = Duration::from_secs(600);

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    // EVENTS_PER_SECOND and ANOMALY_PROBABILITY have the names of the original.
    let env = FordEnv::from_env().map_err(|error| error.to_string())?;
    let model = env.model();
    let options = model.options(VEHICLES).duration(LENGTH);
    let dialect = Ford::default();
    let source = Simulator::new(model.clone(), dialect, options)?;
    let folder = tempfile::tempdir()?;
    let store = SqliteStore::open(folder.path().join("ford.db"), "ford")?;

    let (mut graph, telemetry) = Graph::<Telemetry>::new();
    // The demo stores one row for each offending event.
    let anomalies = graph.apply("rules", telemetry, preset::ford(Mode::Every));
    let report = Pipeline::exactly_once(source, dialect, Order::default(), graph, store.clone())
        .store("telemetry_raw", telemetry, store.table("telemetry_raw")?)
        .store("anomalies", anomalies, store.table("anomalies")?)
        .tally("anomalies", anomalies, |alert| {
            AlertNames::Ford.name(alert.kind).unwrap_or("OTHER")
        })
        .run()
        .await?;
    assert!(report.balances());

    let again = Simulator::new(model, dialect, options)?;
    let plain = plain_loop(&read_to_string(again).await?)?;
    let found: BTreeMap<_, _> = report.group("anomalies").collect();
    assert_eq!(found, plain.anomalies);
    assert_eq!(report.counts.accepted, plain.events);
    let tables = store.summary()?.tables;
    assert_eq!(tables.get("telemetry_raw"), Some(&plain.events));
    assert_eq!(
        tables.get("anomalies").copied().unwrap_or(0),
        plain.anomalies.values().sum::<u64>()
    );

    // The variables took effect: the rate to within one event of each vehicle, the share to within
    // six standard errors.
    let (events, share) = (plain.events as f64, env.anomaly_probability);
    let expected = env.events_per_second * LENGTH.as_secs_f64();
    assert!((events - expected).abs() <= f64::from(VEHICLES));
    let error = (share * (1.0 - share) / events).sqrt();
    assert!((plain.injected as f64 / events - share).abs() <= 6.0 * error);
    println!(
        "ford_files: ok ({} events at {} a second, {} of them anomalous, anomalies {found:?})",
        plain.events, env.events_per_second, plain.injected
    );
    Ok(())
}

/// Results of the lines, computed without the library.
#[derive(Default)]
struct Plain {
    events: u64,
    /// Events with one of the simulator's three anomalies: a hot engine, a flat battery or a code.
    injected: u64,
    anomalies: BTreeMap<&'static str, u64>,
}

fn plain_loop(lines: &str) -> Result<Plain, Box<dyn Error>> {
    let mut plain = Plain::default();
    for line in lines.lines() {
        let event: serde_json::Value = serde_json::from_str(line)?;
        let number = |key: &str| event.get(key).and_then(serde_json::Value::as_f64);
        let above = |key: &str, limit| number(key).is_some_and(|value| value > limit);
        let below = |key: &str, limit| number(key).is_some_and(|value| value < limit);
        let injected = [
            ("HIGH_ENGINE_TEMP", above("engine_temp", 220.0)),
            ("LOW_BATTERY", below("battery_v", 11.5)),
            (
                "DTC_PRESENT",
                event.get("dtc_code").is_some_and(|code| !code.is_null()),
            ),
        ];
        let driven = [
            ("SPEEDING", above("speed", 80.0)),
            ("LOW_FUEL", below("fuel_pct", 10.0)),
        ];
        plain.events += 1;
        plain.injected += u64::from(injected.iter().any(|(_, offends)| *offends));
        for (name, offends) in injected.into_iter().chain(driven) {
            if offends {
                *plain.anomalies.entry(name).or_default() += 1;
            }
        }
    }
    Ok(plain)
}
