//! Rides by vehicle that a first pipeline writes to a log, and sums by driver of a second one.

use std::{collections::BTreeMap, pin::pin, task::Poll, time::Duration};

use fleet_core::{
    ErrorKind, Event, EventTime, Graph, Offset, Operator, Order, Pipeline, Row, TableRow,
    checkpoint::CheckpointStore,
    decode::Typed,
    dialect::{Dialect, Refused},
    event::ContentHasher,
    operator::Cx,
    pipeline::{EpochLimits, Report, Retry},
    sink::TransactionalSink,
    table::{Column, Fields, Replaces, Value, to_ndjson},
    testing::{Script, Scripted},
};
use rand::{Rng, SeedableRng};
use rand_pcg::Pcg64Mcg;

use crate::store_log::{LogDecoder, LogRows, LogSource};

/// A ride of a vehicle.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub(crate) struct Ride {
    pub(crate) vehicle: String,
    pub(crate) driver: String,
    pub(crate) number: i64,
    pub(crate) at_us: i64,
    pub(crate) metres: i64,
}
fleet_core::state_by_serde!(Ride, 1);

impl Ride {
    fn content(&self) -> u64 {
        let mut content = ContentHasher::new();
        content.text(&self.vehicle).text(&self.driver);
        content.integer(self.number.cast_unsigned());
        content.integer(self.metres.cast_unsigned());
        content.finish()
    }
}

impl Event for Ride {
    fn key(&self) -> &str {
        &self.vehicle
    }
    fn at(&self) -> EventTime {
        EventTime::from_micros(self.at_us)
    }
    fn identity(&self) -> u64 {
        self.content()
    }
}

impl TableRow for Ride {
    fn columns() -> &'static [Column] {
        const {
            &[
                Column::text("vehicle"),
                Column::text("driver"),
                Column::integer("number"),
                Column::integer("at_us"),
                Column::integer("metres"),
            ]
        }
    }
    fn write(&self, to: &mut dyn Fields) {
        to.put(Value::Text(&self.vehicle));
        to.put(Value::Text(&self.driver));
        to.put(Value::Integer(self.number));
        to.put(Value::Integer(self.at_us));
        to.put(Value::Integer(self.metres));
    }
}

/// The same ride, as an event of its driver.
#[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
pub(crate) struct DriverRide(pub(crate) Ride);
fleet_core::state_by_serde!(DriverRide, 1);

impl Event for DriverRide {
    fn key(&self) -> &str {
        &self.0.driver
    }
    fn at(&self) -> EventTime {
        self.0.at()
    }
    fn identity(&self) -> u64 {
        self.0.content()
    }
}

/// The JSON of rides.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Rides;

impl Dialect for Rides {
    type Event = DriverRide;
    type Memo = ();

    fn read(&self, record: &str, (): &mut ()) -> Result<Option<DriverRide>, Refused> {
        let ride = serde_json::from_str(record).map_err(|why| Refused(why.to_string()))?;
        Ok(Some(DriverRide(ride)))
    }
    fn write(&self, event: &DriverRide, to: &mut Vec<u8>) {
        to_ndjson(&event.0, to);
        to.pop();
    }
}

/// What a driver has driven so far.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Total {
    driver: String,
    rides: i64,
    metres: i64,
}

impl TableRow for Total {
    fn columns() -> &'static [Column] {
        const {
            &[
                Column::text("driver"),
                Column::integer("revision"),
                Column::integer("metres"),
            ]
        }
    }
    fn replaces() -> Option<Replaces> {
        Some(Replaces {
            key: &["driver"],
            revision: "revision",
        })
    }
    fn write(&self, to: &mut dyn Fields) {
        to.put(Value::Text(&self.driver));
        to.put(Value::Integer(self.rides - 1));
        to.put(Value::Integer(self.metres));
    }
}

/// Adds up, whatever the order.
struct Sums;

#[derive(Clone, Copy, Debug, Default, serde::Serialize, serde::Deserialize)]
struct Sum {
    rides: i64,
    metres: i64,
}
fleet_core::state_by_serde!(Sum, 1);

impl Operator for Sums {
    type In = DriverRide;
    type Out = Total;
    type State = Sum;

    fn init(&self) -> Sum {
        Sum::default()
    }
    fn on_row(&self, sum: &mut Sum, row: &Row<DriverRide>, cx: &mut Cx<'_, Total>) {
        sum.rides += 1;
        sum.metres += row.value.0.metres;
        cx.emit(Total {
            driver: cx.key().to_owned(),
            rides: sum.rides,
            metres: sum.metres,
        });
    }
    fn revises(&self) -> bool {
        true
    }
    fn on_belated(&self, sum: &mut Sum, row: &Row<DriverRide>, cx: &mut Cx<'_, Total>) {
        self.on_row(sum, row, cx);
    }
}

/// Random rides. Drivers change vehicles, and clocks of vehicles are hours apart.
pub(crate) fn rides(count: i64, seed: u64) -> Vec<Ride> {
    let mut random = Pcg64Mcg::seed_from_u64(seed);
    let ride = |number: i64| {
        let vehicle = random.random_range(0..7_i64);
        Ride {
            vehicle: format!("car-{vehicle}"),
            driver: format!("driver-{}", random.random_range(0..11)),
            number,
            at_us: 1_700_000_000_000_000 + vehicle * 3_600_000_000 + number * 1_000_000,
            metres: random.random_range(1..50_000),
        }
    };
    (0..count).map(ride).collect()
}

/// Rides and metres of each driver, by a plain loop.
pub(crate) fn plain(rides: &[Ride]) -> BTreeMap<String, (i64, i64)> {
    let mut sums = BTreeMap::new();
    for ride in rides {
        let own: &mut (i64, i64) = sums.entry(ride.driver.clone()).or_default();
        own.0 += 1;
        own.1 += ride.metres;
    }
    sums
}

/// The rows of a log of rides, by driver.
pub(crate) fn by_driver() -> LogRows<Ride> {
    let rows = LogRows::new("rides").unwrap();
    rows.with_key(|ride: &Ride| ride.driver.clone())
}

/// Small epochs, and retries that do not take long.
fn small() -> (EpochLimits, Retry) {
    let limits = EpochLimits {
        records: 20,
        ..EpochLimits::default()
    };
    let retry = Retry {
        first: Duration::from_millis(1),
        longest: Duration::from_millis(5),
        ..Retry::default()
    };
    (limits, retry)
}

/// The first pipeline: rides by vehicle, to a log. Counts its pauses in `paused`.
pub(crate) async fn write<S: CheckpointStore>(
    rides: &[Ride],
    store: S,
    log: impl TransactionalSink<Ride, S>,
    paused: impl Fn() + Send + Sync + 'static,
) -> fleet_core::Result<Report> {
    let pages = rides.len().div_ceil(10);
    let source = Scripted::new(
        "rides/0",
        rides.to_vec().into(),
        vec![Script::Rows(10); pages],
    );
    let (graph, all) = Graph::new();
    let (limits, retry) = small();
    // Vehicles are hours apart, each in its own order.
    Pipeline::exactly_once(source, Typed::default(), Order::default(), graph, store)
        .store("log", all, log)
        .epochs(limits)
        .retry(retry)
        .on_retry(move |error, _| {
            assert!(error.is_retryable(), "{error}");
            if error.is_pausing() {
                paused();
            }
        })
        .run()
        .await
}

/// The second pipeline: a log by driver, to sums.
pub(crate) async fn sum<S: CheckpointStore>(
    source: LogSource,
    store: S,
    table: impl TransactionalSink<Total, S>,
    stop: impl Future<Output = ()> + Send,
) -> fleet_core::Result<Report> {
    let (mut graph, rides) = Graph::new();
    let sums = graph.apply("sums", rides, Sums);
    let (limits, retry) = small();
    let order = Order::within(Duration::ZERO).allowing(Duration::from_secs(365 * 24 * 3600));
    Pipeline::exactly_once(source, LogDecoder::new(Rides), order, graph, store)
        .store("totals", sums, table)
        .epochs(limits)
        .retry(retry)
        .run_until(stop)
        .await
}

/// Polls a future up to so many times, and then drops it, as a crash would. A pipeline that waits
/// for another that has crashed is dropped, too.
pub(crate) async fn crash_after<F: Future>(polls: u32, future: F) -> Option<F::Output> {
    const WAITS: Duration = Duration::from_millis(200);
    let mut future = pin!(future);
    let mut left = polls;
    let polled = std::future::poll_fn(|cx| match future.as_mut().poll(cx) {
        Poll::Ready(done) => Poll::Ready(Some(done)),
        Poll::Pending if left == 0 => Poll::Ready(None),
        Poll::Pending => {
            left -= 1;
            Poll::Pending
        }
    });
    tokio::time::timeout(WAITS, polled).await.ok().flatten()
}

/// Whether a run ended because of the one that crashed before it: a call of that one may still have
/// been under way, and claimed what the next one had.
pub(crate) fn is_fenced<T>(outcome: &fleet_core::Result<T>) -> bool {
    let fenced = |error: &fleet_core::Error| error.kind() == ErrorKind::Fenced;
    outcome.as_ref().err().is_some_and(fenced)
}

/// A row of a log with this key and number.
pub(crate) fn ride(driver: &str, number: i64) -> Row<Ride> {
    let ride = Ride {
        vehicle: "car-1".to_owned(),
        driver: driver.to_owned(),
        number,
        at_us: number,
        metres: 1,
    };
    Row::detached(ride.at(), Offset(0), ride)
}

/// A random number below `most`.
pub(crate) fn below(random: &mut impl Rng, most: u32) -> u32 {
    random.random_range(0..most)
}
