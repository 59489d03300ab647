//! A worker: a separate process, which another test starts and kills.

use std::{env, io::Read, time::Duration};

use fleet_core::{
    EventTime, Graph, Operator, Order, Pipeline, Row, TableRow,
    dialect::VehicleOps,
    event::Telemetry,
    operator::Cx,
    pipeline::EpochLimits,
    table::{Column, Fields, Value},
};
use fleet_sinks::kafka::{KafkaStore, KafkaStoreOptions};
use fleet_sources::{KafkaDecoder, KafkaOptions, KafkaSource, StartAt};

use crate::crew::SESSION;

/// Which variables tell a worker what to do.
pub(crate) const BROKERS: &str = "FLEET_WORKER_BROKERS";
pub(crate) const INPUT: &str = "FLEET_WORKER_INPUT";
pub(crate) const OUTPUT: &str = "FLEET_WORKER_OUTPUT";
pub(crate) const INSTANCE: &str = "FLEET_WORKER_INSTANCE";

/// The name of the test that is a worker.
pub(crate) const TEST: &str = "worker::held_until_killed";

/// The n-th record of a vehicle.
#[derive(Clone)]
struct Nth {
    n: u64,
    at: EventTime,
}

impl TableRow for Nth {
    fn columns() -> &'static [Column] {
        const { &[Column::integer("n"), Column::time("at")] }
    }

    fn write(&self, fields: &mut dyn Fields) {
        fields.put(Value::Integer(self.n.cast_signed()));
        fields.put(Value::Time(self.at));
    }
}

struct Count;

impl Operator for Count {
    type In = Telemetry;
    type Out = Nth;
    type State = u64;

    fn init(&self) -> u64 {
        0
    }

    fn on_row(&self, count: &mut u64, row: &Row<Telemetry>, cx: &mut Cx<'_, Nth>) {
        *count += 1;
        cx.emit(Nth {
            n: *count,
            at: row.at,
        });
    }
}

#[test]
#[ignore = "started and killed by another test"]
fn held_until_killed() {
    let Ok(brokers) = env::var(BROKERS) else {
        return;
    };
    let [input, output] = [INPUT, OUTPUT].map(|name| env::var(name).unwrap());
    let options = KafkaOptions {
        instance: env::var(INSTANCE).ok(),
        session_timeout: SESSION,
        ..KafkaOptions::default()
    };
    let group = &output;
    let source = KafkaSource::open(&brokers, group, [&*input], StartAt::Earliest, options);
    let source = source.unwrap();
    let options = KafkaStoreOptions::default();
    let store = KafkaStore::open(&brokers, group, source.membership(), options).unwrap();
    let (mut graph, telemetry) = Graph::<Telemetry>::new();
    let counted = graph.apply("count", telemetry, Count);
    let topic = store.topic::<Nth>(&output).unwrap();
    let decode = KafkaDecoder::new(VehicleOps::default());
    let order = Order::within(Duration::ZERO);
    let limits = EpochLimits {
        interval: Duration::from_millis(50),
        ..EpochLimits::default()
    };
    let pipeline = Pipeline::exactly_once(source, decode, order, graph, store)
        .store("counts", counted, topic)
        .epochs(limits);
    let runtime = tokio::runtime::Builder::new_multi_thread();
    let runtime = { runtime }.enable_all().build().unwrap();
    let report = runtime.block_on(pipeline.run_until(async {
        // Until the one who started it lets go of it.
        let ended = tokio::task::spawn_blocking(|| std::io::stdin().read(&mut [0; 1]));
        let _ = ended.await;
    }));
    assert!(report.unwrap().counts.balances());
}
