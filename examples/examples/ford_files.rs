//! The Ford fleet demo's producer and consumer: telemetry of two customers at the rate and with the share of
//! anomalies that its environment variables say, one row for each anomaly, under the demo's names. At the end
//! everything is counted again from the emitted lines by a plain loop.
//!
//! It needs no server; example `ford` runs the same demo on PostgreSQL, with people who see different parts of it.
#![expect(clippy::print_stdout, reason = "an example tells how it went")]

use std::{collections::BTreeMap, error::Error, time::Duration};

use fleet_core::{
    Graph, Order, Pipeline,
    dialect::{AlertNames, Ford},
    event::Telemetry,
};
use fleet_examples::everything;
use fleet_rules::{Mode, preset};
use fleet_sinks::SqliteStore;
use fleet_sources::{Simulator, simulator::FordEnv};

/// Six territories of two customers, two vehicles each.
const VEHICLES: u32 = 24;
const LENGTH: Duration = Duration::from_secs(600);

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    // EVENTS_PER_SECOND and ANOMALY_PROBABILITY keep their names. What is wrong with one is said in words.
    let env = FordEnv::from_env().map_err(|wrong| wrong.to_string())?;
    let model = env.model();
    let options = model.options(VEHICLES).duration(LENGTH);
    let dialect = Ford::default();
    let source = Simulator::new(model.clone(), dialect, options)?;
    let folder = tempfile::tempdir()?;
    let store = SqliteStore::open(folder.path().join("ford.db"), "ford")?;

    let (mut graph, telemetry) = Graph::<Telemetry>::new();
    // One row for each offending event, as the demo stores them.
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
    let plain = plain_loop(&everything(again).await?)?;
    let found: BTreeMap<_, _> = report.group("anomalies").collect();
    assert_eq!(found, plain.anomalies);
    assert_eq!(report.counts.accepted, plain.events);
    let tables = store.summary()?.tables;
    assert_eq!(tables.get("telemetry_raw"), Some(&plain.events));
    assert_eq!(
        tables.get("anomalies").copied().unwrap_or(0),
        plain.anomalies.values().sum::<u64>()
    );

    // The variables did what they say: the rate to one event of each vehicle, the share to six standard errors.
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

/// What the lines give without the library.
#[derive(Default)]
struct Plain {
    events: u64,
    /// Those with a hot engine, a flat battery or a code: the three ways of the simulator.
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
