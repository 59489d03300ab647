//! A log in the store between two pipelines, beside one pipeline that writes the same rows.

use std::time::Duration;

use fleet_core::{
    Graph, Order, Pipeline, Stream,
    dialect::{NativeEvents, VehicleOps},
    event::{FleetEvent, Telemetry},
};
use fleet_sinks::{
    PostgresStore, SqliteStore,
    postgres::{Database, PostgresOptions},
    store_log::{LogDecoder, LogRows, LogSource, LogSourceOptions},
};
use fleet_sources::{FileOptions, FileSource};
use xtask::postgres::{Options, instance_for_tests};

use super::{growth::now, input::Input, run::block_on};

/// The number of runs of each side, in turns.
const ROUNDS: usize = 3;

/// What was timed: one pipeline into a table, the first of two into a log, the second from the log
/// into a table.
#[derive(Default)]
struct Times([Vec<Duration>; 3]);

impl Times {
    fn add(&mut self, times: [Duration; 3]) {
        for (all, took) in self.0.iter_mut().zip(times) {
            all.push(took);
        }
    }

    fn print(self, store: &str, events: u32) {
        let [one, first, second] = self.0.map(|mut all| {
            all.sort_unstable();
            all.get(all.len() / 2).copied().unwrap_or_default()
        });
        let rate = |took: Duration| f64::from(events) / took.as_secs_f64() / 1e3;
        for (what, took) in [
            ("one pipeline into a table", one),
            ("the first of two into a log", first),
            ("the second, log to table", second),
        ] {
            let ratio = one.as_secs_f64() / took.as_secs_f64();
            println!(
                "  {store:<10} {what:<28} {:6.0} k/s, ratio {ratio:.2}",
                rate(took)
            );
        }
    }
}

/// Prints the rates, and their ratios to one pipeline.
pub(crate) fn run(events: u32) {
    let input = Input::new(events);
    println!("log: {events} events from a file, median of {ROUNDS}, interleaved");
    let mut times = Times::default();
    for _ in 0..ROUNDS {
        times.add(in_sqlite(&input));
    }
    times.print("SQLite", events);
    let Some(server) = instance_for_tests(Options::default()) else {
        println!("log: PostgreSQL skipped, no server can be started");
        return;
    };
    let mut times = Times::default();
    for round in 0..ROUNDS {
        times.add(in_postgres(&input, &server.url(), round));
    }
    times.print("PostgreSQL", events);
}

fn file(input: &Input) -> FileSource {
    FileSource::open([input.path()], FileOptions::default()).unwrap()
}

/// The graph of the second pipeline: the rows of the log as telemetry again.
fn telemetry() -> (Graph<FleetEvent>, Stream<Telemetry>) {
    let (mut graph, events) = Graph::new();
    let rows = graph.flat_map("telemetry", events, |event: &FleetEvent| {
        event.telemetry().cloned()
    });
    (graph, rows)
}

fn order() -> Order {
    Order::within(Duration::ZERO)
}

fn in_sqlite(input: &Input) -> [Duration; 3] {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("fleet.db");
    let open = |pipeline| SqliteStore::open(&path, pipeline).unwrap();

    let (store, (graph, rows)) = (open("one"), Graph::<Telemetry>::new());
    let table = store.table::<Telemetry>("by_one").unwrap();
    let pipeline =
        Pipeline::exactly_once(file(input), VehicleOps::default(), order(), graph, store);
    let start = now();
    block_on(pipeline.store("rows", rows, table).run());
    let one = start.elapsed();

    let (store, (graph, rows)) = (open("first"), Graph::<Telemetry>::new());
    let log = store.log(LogRows::new("rows").unwrap()).unwrap();
    let pipeline =
        Pipeline::exactly_once(file(input), VehicleOps::default(), order(), graph, store);
    let start = now();
    block_on(pipeline.store("rows", rows, log).run());
    let first = start.elapsed();

    let (store, (graph, rows)) = (open("second"), telemetry());
    let options = LogSourceOptions::until_now();
    let source: LogSource = store.log_source("rows", "second", options).unwrap();
    let table = store.table::<Telemetry>("by_two").unwrap();
    let decode = LogDecoder::new(NativeEvents::default());
    let pipeline = Pipeline::exactly_once(source, decode, order(), graph, store);
    let start = now();
    let report = block_on(pipeline.store("rows", rows, table).run());
    assert_eq!(report.counts.read, report.counts.accepted);
    [one, first, start.elapsed()]
}

fn in_postgres(input: &Input, url: &str, round: usize) -> [Duration; 3] {
    let runtime = tokio::runtime::Builder::new_current_thread();
    let runtime = { runtime }.enable_all().build().unwrap();
    runtime.block_on(async {
        let options = PostgresOptions::default();
        let database = Database::connect(url, options).await.unwrap();
        let named = |what: &str| format!("{what}_{round}");
        let open = async |pipeline: &str| {
            let store = PostgresStore::open(&database, &named(pipeline)).await;
            store.unwrap()
        };

        let (store, (graph, rows)) = (open("one").await, Graph::<Telemetry>::new());
        let table = store.table::<Telemetry>(&named("by_one")).await.unwrap();
        let pipeline =
            Pipeline::exactly_once(file(input), VehicleOps::default(), order(), graph, store);
        let start = now();
        pipeline.store("rows", rows, table).run().await.unwrap();
        let one = start.elapsed();

        let (store, (graph, rows)) = (open("first").await, Graph::<Telemetry>::new());
        let to = LogRows::new(&named("rows")).unwrap();
        let log = store.log(to).await.unwrap();
        let pipeline =
            Pipeline::exactly_once(file(input), VehicleOps::default(), order(), graph, store);
        let start = now();
        pipeline.store("rows", rows, log).run().await.unwrap();
        let first = start.elapsed();

        let (store, (graph, rows)) = (open("second").await, telemetry());
        let options = LogSourceOptions::until_now();
        let source = store.log_source(&named("rows"), "second", options).await;
        let table = store.table::<Telemetry>(&named("by_two")).await.unwrap();
        let decode = LogDecoder::new(NativeEvents::default());
        let pipeline = Pipeline::exactly_once(source.unwrap(), decode, order(), graph, store);
        let start = now();
        let report = pipeline.store("rows", rows, table).run().await.unwrap();
        assert_eq!(report.counts.read, report.counts.accepted);
        [one, first, start.elapsed()]
    })
}
