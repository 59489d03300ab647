//! What the first pipeline writes for the second, and what the second makes of it.

use fleet_core::{
    Event, EventTime, Operator, Row, TableRow,
    dialect::{Dialect, Refused},
    event::ContentHasher,
    operator::Cx,
    state::state_by_serde,
    table::{Column, Fields, Replaces, Value, to_ndjson},
};
use fleet_scoring::{SeedFleetflow, Trip, TripSums};

/// A scored trip, as a row of the log and as an event of its driver.
#[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
pub(crate) struct DrivenTrip {
    id: String,
    pub(crate) driver_id: String,
    vehicle_id: String,
    ended_us: i64,
    samples: i64,
    measured: i64,
    harsh_braking: i64,
    rapid_accel: i64,
}
state_by_serde!(DrivenTrip, 1);

impl DrivenTrip {
    pub(crate) fn of(trip: &Trip) -> Self {
        let count = |count| i64::try_from(count).unwrap_or(i64::MAX);
        let sums = &trip.sums;
        Self {
            id: trip.id.to_string(),
            driver_id: trip.driver.as_ref().map_or("", |id| id.as_str()).to_owned(),
            vehicle_id: trip.vehicle.to_string(),
            ended_us: trip.end.as_micros(),
            samples: count(sums.samples),
            measured: count(sums.measured),
            harsh_braking: count(sums.harsh_braking),
            rapid_accel: count(sums.rapid_accel),
        }
    }

    fn sums(&self) -> TripSums {
        TripSums {
            samples: self.samples.unsigned_abs(),
            measured: self.measured.unsigned_abs(),
            harsh_braking: self.harsh_braking.unsigned_abs(),
            rapid_accel: self.rapid_accel.unsigned_abs(),
            ..TripSums::default()
        }
    }
}

impl TableRow for DrivenTrip {
    fn columns() -> &'static [Column] {
        const {
            &[
                Column::text("id"),
                Column::text("driver_id"),
                Column::text("vehicle_id"),
                Column::integer("ended_us"),
                Column::integer("samples"),
                Column::integer("measured"),
                Column::integer("harsh_braking"),
                Column::integer("rapid_accel"),
            ]
        }
    }
    fn write(&self, to: &mut dyn Fields) {
        to.put(Value::Text(&self.id));
        to.put(Value::Text(&self.driver_id));
        to.put(Value::Text(&self.vehicle_id));
        to.put(Value::Integer(self.ended_us));
        to.put(Value::Integer(self.samples));
        to.put(Value::Integer(self.measured));
        to.put(Value::Integer(self.harsh_braking));
        to.put(Value::Integer(self.rapid_accel));
    }
}

impl Event for DrivenTrip {
    fn key(&self) -> &str {
        &self.driver_id
    }
    fn at(&self) -> EventTime {
        EventTime::from_micros(self.ended_us)
    }
    fn identity(&self) -> u64 {
        let mut content = ContentHasher::new();
        content.text(&self.id);
        content.finish()
    }
}

/// Trips as JSON.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct DrivenTrips;

impl Dialect for DrivenTrips {
    type Event = DrivenTrip;
    type Memo = ();

    fn read(&self, record: &str, (): &mut ()) -> Result<Option<DrivenTrip>, Refused> {
        let trip = serde_json::from_str(record);
        trip.map(Some).map_err(|why| Refused(why.to_string()))
    }
    fn write(&self, event: &DrivenTrip, to: &mut Vec<u8>) {
        to_ndjson(event, to);
        to.pop();
    }
}

/// What a driver has driven so far, with the score of all of it.
#[derive(Clone, Debug)]
pub(crate) struct DriverTotal {
    driver_id: String,
    revision: i64,
    sums: TripSums,
    score: Option<u8>,
}

impl TableRow for DriverTotal {
    fn columns() -> &'static [Column] {
        const {
            &[
                Column::text("driver_id"),
                Column::integer("revision"),
                Column::integer("samples"),
                Column::integer("harsh_braking"),
                Column::integer("rapid_accel"),
                Column::integer("score").nullable(),
            ]
        }
    }
    fn replaces() -> Option<Replaces> {
        Some(Replaces {
            key: &["driver_id"],
            revision: "revision",
        })
    }
    fn write(&self, to: &mut dyn Fields) {
        let count = |count| Value::Integer(i64::try_from(count).unwrap_or(i64::MAX));
        to.put(Value::Text(&self.driver_id));
        to.put(Value::Integer(self.revision));
        to.put(count(self.sums.samples));
        to.put(count(self.sums.harsh_braking));
        to.put(count(self.sums.rapid_accel));
        to.put(Value::integer_or_null(self.score.map(i64::from)));
    }
}

/// Adds up the trips of a driver. They come from several vehicles, in any order between them, so
/// the sums are those that do not depend on it: a belated trip is added like any other.
#[derive(Debug, Default)]
pub(crate) struct SumDrivers(SeedFleetflow);

/// The trips of a driver.
#[derive(Clone, Copy, Debug, Default, serde::Serialize, serde::Deserialize)]
pub(crate) struct Driven {
    trips: i64,
    sums: TripSums,
}
state_by_serde!(Driven, 1);

impl Operator for SumDrivers {
    type In = DrivenTrip;
    type Out = DriverTotal;
    type State = Driven;

    fn init(&self) -> Driven {
        Driven::default()
    }
    fn on_row(&self, driven: &mut Driven, row: &Row<DrivenTrip>, cx: &mut Cx<'_, DriverTotal>) {
        driven.sums.merge(&row.value.sums());
        cx.emit(DriverTotal {
            driver_id: cx.key().to_owned(),
            revision: driven.trips,
            sums: driven.sums,
            score: self.0.score_sums(&driven.sums).value,
        });
        driven.trips += 1;
    }
    fn revises(&self) -> bool {
        true
    }
    fn on_belated(&self, driven: &mut Driven, row: &Row<DrivenTrip>, cx: &mut Cx<'_, DriverTotal>) {
        self.on_row(driven, row, cx);
    }
}
