//! The pipeline of the fixtures: rows that wait for their order, windows that are revised, timers,
//! dead letters of the decoder and of a sink.

use std::time::Duration;

use fleet_core::{
    EventTime, Graph, Operator, Order, Pipeline, Result, Row, TableRow, VehicleId,
    checkpoint::CheckpointStore,
    decode::Typed,
    event::Telemetry,
    operator::{Cx, Keep},
    pipeline::EpochLimits,
    sink::TransactionalSink,
    table::{Column, Fields, Replaces, Value},
    testing::{Log, Logged, Script, Scripted},
    units::Speed,
    window::{Summary, SummaryOf, Tumbling, Window},
};

/// The mean speed of one vehicle in one minute.
#[derive(Clone, Debug)]
pub(super) struct Minute {
    vehicle: String,
    start: EventTime,
    revision: i64,
    readings: i64,
    mean_kmh: Option<f64>,
}

impl Minute {
    fn of(window: &Window<Summary>) -> Self {
        Self {
            vehicle: window.key.to_string(),
            start: window.start,
            revision: window.revision.into(),
            readings: i64::try_from(window.value.rows).unwrap_or(i64::MAX),
            mean_kmh: window.value.mean(),
        }
    }
}

impl TableRow for Minute {
    fn columns() -> &'static [Column] {
        const {
            &[
                Column::text("vehicle_id"),
                Column::time("start"),
                Column::integer("revision"),
                Column::integer("readings"),
                Column::real("mean_kmh").nullable(),
            ]
        }
    }
    fn replaces() -> Option<Replaces> {
        Some(Replaces {
            key: &["vehicle_id", "start"],
            revision: "revision",
        })
    }
    fn write(&self, to: &mut dyn Fields) {
        to.put(Value::Text(&self.vehicle));
        to.put(Value::Time(self.start));
        to.put(Value::Integer(self.revision));
        to.put(Value::Integer(self.readings));
        to.put(Value::real_or_null(self.mean_kmh));
    }
}

/// Pauses after these numbers of rows are refused by every sink: one before the crash, one after
/// it.
const REFUSED: [u32; 2] = [23, 46];

/// A vehicle without readings for twenty seconds, and the number of rows before that.
#[derive(Clone, Debug)]
pub(super) struct Pause {
    vehicle: String,
    at: EventTime,
    rows: u32,
}

impl TableRow for Pause {
    fn columns() -> &'static [Column] {
        const {
            &[
                Column::text("vehicle_id"),
                Column::time("time"),
                Column::integer("rows"),
                Column::real("weight"),
            ]
        }
    }
    fn write(&self, to: &mut dyn Fields) {
        to.put(Value::Text(&self.vehicle));
        to.put(Value::Time(self.at));
        to.put(Value::Integer(self.rows.into()));
        // Not finite for some counts: every sink refuses such a row.
        let refused = REFUSED.contains(&self.rows);
        to.put(Value::Real(if refused { f64::NAN } else { 0.5 }));
    }
}

struct Pauses;

impl Operator for Pauses {
    type In = Telemetry;
    type Out = Pause;
    type State = u32;

    fn init(&self) -> u32 {
        0
    }
    fn on_row(&self, rows: &mut u32, _: &Row<Telemetry>, cx: &mut Cx<'_, Pause>) {
        *rows += 1;
        cx.forget_timers();
        cx.wake_at(cx.now() + Duration::from_secs(20));
    }
    fn on_timer(&self, rows: &mut u32, at: EventTime, cx: &mut Cx<'_, Pause>) -> Keep {
        cx.emit(Pause {
            vehicle: cx.key().to_owned(),
            at,
            rows: *rows,
        });
        Keep::State
    }
}

/// Two partitions of 120 records each, with repeats, broken records and rows out of order.
fn logs() -> [Log<Telemetry>; 2] {
    let record = |partition: i64, n: i64| {
        if n % 29 == 7 {
            return Logged::Malformed {
                raw: format!("{{\"broken\": {n}").into_bytes(),
                reason: "cut short".to_owned(),
            };
        }
        let vehicle = VehicleId::new(&format!("car-{}", partition * 2 + n % 2)).unwrap();
        // Some rows are late, and now and then a vehicle pauses.
        let pause = n / 24 * 30;
        let belated = match n % 40 {
            39 => 200,
            9 | 19 | 29 => 45,
            _ => 0,
        };
        let second = n * 4 + pause + (n * 7) % 10 - belated;
        let at = EventTime::from_micros((1_700_000_000 + second) * 1_000_000);
        let kmh = 40.0 + f64::from(u8::try_from((n * 13) % 60).unwrap());
        let event = Telemetry::new(vehicle, at).with_speed(Speed::from_kmh(kmh));
        Logged::Event(event)
    };
    [0, 1].map(|partition| {
        let records = (0..120).map(|n| record(partition, if n % 22 == 21 { n - 2 } else { n }));
        Log::new(&format!("telemetry/{partition}"), records)
    })
}

/// Runs the pipeline from the position of the store to the end of the input. The run that made the
/// fixtures had one more step at the end of its script, `Script::Crash`.
pub(super) async fn run<S: CheckpointStore>(
    store: S,
    minutes: impl TransactionalSink<Minute, S>,
    pauses: impl TransactionalSink<Pause, S>,
) -> Result<()> {
    let mut script = Vec::new();
    for n in 0..16 {
        script.push((n % 2, Script::Rows(10)));
        // Lets commits finish: while a partition is paused its steps are skipped.
        script.push((n % 2, Script::Stall(Duration::from_millis(100))));
    }
    let (mut graph, telemetry) = Graph::new();
    let speeds = SummaryOf::new(|row: &Telemetry| row.speed().map(Speed::as_kmh));
    let windows = graph.apply("speeds", telemetry, Tumbling::minutes(1).aggregate(speeds));
    let each = graph.map("minutes", windows, Minute::of);
    let silent = graph.apply("pauses", telemetry, Pauses);
    let order = Order::within(Duration::from_secs(10)).allowing(Duration::from_secs(60));
    Pipeline::exactly_once(
        Scripted::several(logs(), script),
        Typed::default(),
        order,
        graph,
        store,
    )
    .store("minutes", each, minutes)
    .store("pauses", silent, pauses)
    .epochs(EpochLimits {
        records: 20,
        ..EpochLimits::default()
    })
    .run()
    .await
    .map(drop)
}
