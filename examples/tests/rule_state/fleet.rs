//! The pipeline of the fixture: cars that stay beyond a limit for a while, so that rules are active
//! where a run ends.

use std::{sync::Arc, time::Duration};

use fleet_core::{
    EventTime, Graph, Order, Pipeline, Result, VehicleId,
    checkpoint::CheckpointStore,
    decode::Typed,
    event::{Alert, Telemetry},
    pipeline::{EpochLimits, Snapshots},
    sink::TransactionalSink,
    testing::{Script, Scripted},
    units::{Percent, Speed, Temperature},
};
use fleet_rules::Rules;

/// The records of the whole input.
const RECORDS: i64 = 120;

/// Four cars in turn. Each spends some time beyond each limit of `VehicleOps`, at other times than
/// the next car.
fn input() -> Vec<Telemetry> {
    let record = |n: i64| {
        let (car, step) = (n % 4, n / 4);
        let wave = |length: i64, shift: i64| (step + car * 2 + shift) / length % 2 == 1;
        let pick = |beyond: bool, far: f64, near: f64| if beyond { far } else { near };
        let at = EventTime::from_micros((1_700_000_000 + step * 2) * 1_000_000);
        Telemetry::new(VehicleId::new(&format!("car-{car}")).unwrap(), at)
            .with_speed(Speed::from_kmh(pick(wave(5, 0), 90.0 + step as f64, 50.0)))
            .with_battery_charge(Percent::from_percent(pick(wave(9, 4), 12.0, 60.0)))
            .with_engine_temperature(Temperature::from_celsius(pick(wave(7, 2), 105.0, 80.0)))
    };
    (0..RECORDS).map(record).collect()
}

/// How a run ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ending {
    /// At the end of the input.
    Whole,
    /// By a crash after so many batches of ten records.
    CrashAfter(usize),
}

/// Runs the pipeline from the position of the store.
pub(super) async fn run<S: CheckpointStore>(
    rules: Rules,
    snapshots: Snapshots,
    ending: Ending,
    store: S,
    alerts: impl TransactionalSink<Alert, S>,
) -> Result<()> {
    let mut script = Vec::new();
    if let Ending::CrashAfter(batches) = ending {
        for _ in 0..batches {
            // Stalls let commits finish: while a partition is paused its steps are skipped.
            script.push(Script::Rows(10));
            script.push(Script::Stall(Duration::from_millis(300)));
        }
        script.push(Script::Crash);
    }
    let (mut graph, telemetry) = Graph::new();
    let found = graph.apply("rules", telemetry, rules);
    let source = Scripted::new("telemetry/0", Arc::new(input()), script);
    let order = Order::within(Duration::from_secs(4));
    Pipeline::exactly_once(source, Typed::default(), order, graph, store)
        .store("alerts", found, alerts)
        .snapshots(snapshots)
        .epochs(EpochLimits {
            records: 10,
            ..EpochLimits::default()
        })
        .run()
        .await
        .map(drop)
}
