//! Checks that nothing allocates per event, from a line of input to rules and windows.
#![expect(clippy::unwrap_used, reason = "a test stops where it cannot go on")]

use std::{fmt::Write as _, time::Duration};

use async_trait::async_trait;
use fleet_core::{
    Graph, MemoryStore, Offset, Operator, Order, Partition, Pipeline, Result, Row, Source,
    dialect::VehicleOps,
    event::Telemetry,
    operator::Cx,
    pipeline::EpochLimits,
    sink::Null,
    source::{Chunk, OnePartition, Position, Replayable, SourceEvent},
    units::Speed,
    window::{SummaryOf, Tumbling},
};

const VEHICLES: usize = 200;
const LINES: usize = 1_000;

/// A source of chunks that were prepared in advance.
struct Chunks(std::vec::IntoIter<Vec<u8>>, OnePartition);

#[async_trait]
impl Source for Chunks {
    type Payload = Chunk;
    async fn next(&mut self) -> Result<SourceEvent<Chunk>> {
        if let Some(assigned) = self.1.ready().await {
            return Ok(assigned);
        }
        let Some(bytes) = self.0.next() else {
            return Ok(self.1.end());
        };
        let start = self.1.at();
        let next = Offset(start.0 + bytes.len() as u64);
        let payload = Chunk {
            bytes,
            start,
            ..Chunk::default()
        };
        Ok(self.1.batch(next, payload))
    }
    async fn start(&mut self, partition: &Partition, at: Option<&Position>) -> Result<()> {
        self.1.start(partition, at)
    }
}
impl Replayable for Chunks {}

/// A rule that no event breaks.
struct Speeding;
impl Operator for Speeding {
    type In = Telemetry;
    type Out = u32;
    type State = u32;
    fn init(&self) -> u32 {
        0
    }
    fn on_row(&self, times: &mut u32, row: &Row<Telemetry>, cx: &mut Cx<'_, u32>) {
        if row.value.speed() > Some(Speed::from_kmh(200.0)) {
            *times += 1;
            cx.emit(*times);
        }
    }
}

/// Returns chunks of lines. Each chunk has five readings of each vehicle, a second apart and in
/// order, because a straggler would allocate a node of its tree.
fn chunks(count: usize) -> Chunks {
    let chunk = |chunk: usize| {
        let mut text = String::with_capacity(LINES * 240);
        for line in 0..LINES {
            let (tick, vehicle) = (line / VEHICLES, line % VEHICLES);
            let second = chunk * 5 + tick;
            let (hour, minute, second) = (second / 3600 % 24, second / 60 % 60, second % 60);
            writeln!(
                text,
                "{{\"vehicle_id\":\"fleet-001-VH-{vehicle:03}\",\"fleet_id\":\"fleet-001\",\"latitude\":4.711,\
                 \"longitude\":-74.0721,\"speed_kmh\":{:.1},\"battery_pct\":78.0,\"engine_temp_c\":72.3,\
                 \"load_pct\":65.0,\"status\":\"MOVING\",\
                 \"timestamp\":\"2024-02-15T{hour:02}:{minute:02}:{second:02}.000000+00:00\"}}",
                line as f64 / 10.0
            )
            .unwrap();
        }
        text.into_bytes()
    };
    Chunks(
        (0..count).map(chunk).collect::<Vec<_>>().into_iter(),
        OnePartition::new("memory"),
    )
}

/// Counts the allocations of a run over this many chunks.
fn allocations(count: usize, bound: Duration) -> u64 {
    let (mut graph, telemetry) = Graph::<Telemetry>::new();
    let alerts = graph.apply("speeding", telemetry, Speeding);
    let speed = SummaryOf::new(|event: &Telemetry| event.speed().map(Speed::as_kmh));
    let days = Tumbling::of(Duration::from_secs(86_400)).unwrap();
    let windows = graph.apply("days", telemetry, days.aggregate(speed));
    let limits = EpochLimits {
        records: u64::MAX,
        interval: Duration::from_secs(86_400),
        ..EpochLimits::default()
    };
    let source = chunks(count);
    let store = MemoryStore::default();
    let pipeline = Pipeline::exactly_once(
        source,
        VehicleOps::default(),
        Order::within(bound),
        graph,
        store,
    )
    .store("alerts", alerts, Null)
    .store("windows", windows, Null)
    .epochs(limits);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .unwrap();
    let mut report = None;
    let info = allocation_counter::measure(|| report = Some(runtime.block_on(pipeline.run())));
    let report = report.unwrap().unwrap();
    assert_eq!(report.counts.read, (count * LINES) as u64);
    assert_eq!(report.counts.accepted, report.counts.read);
    info.count_total
}

/// Only batches allocate: the name of the partition, a future, a timer.
#[test]
fn a_hundred_thousand_events_more_cost_what_their_batches_cost() {
    for bound in [Duration::ZERO, Duration::from_secs(5)] {
        let batches = 100;
        let more = allocations(50 + batches, bound) - allocations(50, bound);
        assert!(
            more <= 8 * batches as u64,
            "{more} allocations for {} events at a bound of {bound:?}",
            batches * LINES
        );
    }
}
