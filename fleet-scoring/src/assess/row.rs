//! Assessed trips and their events as rows of tables.

use fleet_core::{
    ContentId, DriverId, EventTime, VehicleId,
    table::{Column, Fields, TableRow, Value},
};

use super::{Assessment, FoundEvent, found::after};
use crate::score::{Cause, ScoredTrip};

/// A trip, what was found on it, and its score or why it has none.
#[derive(Clone, Debug, PartialEq)]
pub struct AssessedTrip {
    /// Derived from the content.
    pub id: ContentId,
    /// The vehicle.
    pub vehicle: VehicleId,
    /// The driver, if known.
    pub driver: Option<DriverId>,
    /// The time of the first event or sample.
    pub start: EventTime,
    /// The time of the last event or sample.
    pub end: EventTime,
    /// Events or samples, with or without readings.
    pub samples: u64,
    /// What was found, and the receipt.
    pub assessment: Assessment,
}

/// One event of an assessed trip, as a row of a table.
///
/// # Examples
/// The events of all trips as a second stream:
/// ```
/// use fleet_core::{Graph, Stream, event::Telemetry};
/// use fleet_scoring::assess::{AssessedTrip, TripEvent};
/// fn events(graph: &mut Graph<Telemetry>, trips: Stream<AssessedTrip>) -> Stream<TripEvent> {
///     graph.flat_map("events", trips, |trip| trip.events())
/// }
/// # let _ = events;
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct TripEvent {
    /// The trip.
    pub trip: ContentId,
    /// The vehicle.
    pub vehicle: VehicleId,
    /// When the trip started, from which the event counts.
    pub start: EventTime,
    /// The event.
    pub event: FoundEvent,
}

impl AssessedTrip {
    /// The name of a trip that was found in telemetry, by which its events are identified.
    pub fn name(vehicle: &VehicleId, start: EventTime) -> String {
        format!("{vehicle} {}", start.as_micros())
    }

    /// The events of the trip as rows.
    pub fn events(&self) -> Vec<TripEvent> {
        let rows = self.assessment.events.iter().map(|event| TripEvent {
            trip: self.id,
            vehicle: self.vehicle.clone(),
            start: self.start,
            event: event.clone(),
        });
        rows.collect()
    }

    /// The trip as a row of a log that is keyed by driver, for
    /// [`RollingScores`](crate::score::RollingScores).
    pub fn scored(&self, driver: DriverId) -> ScoredTrip {
        ScoredTrip {
            id: self.id,
            driver,
            end: self.end,
            evidence: self.assessment.evidence.clone(),
        }
    }

    fn count(&self, cause: Cause) -> i64 {
        let events = self.assessment.events.iter();
        i64::try_from(events.filter(|event| event.kind == cause).count()).unwrap_or(i64::MAX)
    }
}

/// The counts of events in a row of a trip.
const COUNTED: [Cause; 5] = [
    Cause::HarshBrake,
    Cause::RapidAccel,
    Cause::HarshCorner,
    Cause::FirmBrake,
    Cause::FirmAccel,
];

impl TableRow for AssessedTrip {
    fn columns() -> &'static [Column] {
        const {
            &[
                Column::text("id"),
                Column::text("vehicle_id"),
                Column::text("driver_id").nullable(),
                Column::time("start"),
                // `end` is a reserved word in SQL.
                Column::time("stop"),
                Column::integer("samples"),
                Column::real("distance_km").nullable(),
                Column::real("driving_s").nullable(),
                Column::integer("harsh_braking"),
                Column::integer("rapid_accel"),
                Column::integer("harsh_cornering"),
                Column::integer("firm_braking"),
                Column::integer("firm_accel"),
                Column::text("profile"),
                Column::integer("profile_version"),
                Column::real("score").nullable(),
                Column::real("score_low").nullable(),
                Column::real("score_high").nullable(),
                Column::text("insufficient").nullable(),
                Column::text("unavailable").nullable(),
            ]
        }
    }

    fn write(&self, to: &mut dyn Fields) {
        let receipt = &self.assessment.receipt;
        let driven = self.assessment.evidence.sums().driven();
        to.put(Value::Text(&self.id.to_string()));
        to.put(Value::Text(self.vehicle.as_str()));
        let driver = self.driver.as_ref().map(DriverId::as_str);
        to.put(Value::text_or_null(driver));
        to.put(Value::Time(self.start));
        to.put(Value::Time(self.end));
        to.put(Value::Integer(
            i64::try_from(self.samples).unwrap_or(i64::MAX),
        ));
        let km = driven.map(|driven| driven.distance().as_km());
        to.put(Value::real_or_null(km));
        let seconds = driven.map(|driven| driven.driving().as_secs_f64());
        to.put(Value::real_or_null(seconds));
        for cause in COUNTED {
            to.put(Value::Integer(self.count(cause)));
        }
        to.put(Value::Text(&receipt.profile));
        to.put(Value::Integer(receipt.version.into()));
        to.put(Value::real_or_null(receipt.score));
        let interval = receipt.interval;
        to.put(Value::real_or_null(interval.map(|limits| limits.low)));
        to.put(Value::real_or_null(interval.map(|limits| limits.high)));
        let why = receipt.insufficient.map(|why| why.to_string());
        to.put(Value::text_or_null(why.as_deref()));
        let lacks = self.assessment.unavailable.iter();
        let lacks: Vec<_> = lacks.map(ToString::to_string).collect();
        let lacks = (!lacks.is_empty()).then(|| lacks.join("; "));
        to.put(Value::text_or_null(lacks.as_deref()));
    }
}

impl TableRow for TripEvent {
    fn columns() -> &'static [Column] {
        const {
            &[
                Column::text("id"),
                Column::text("trip_id"),
                Column::text("vehicle_id"),
                Column::text("kind"),
                Column::time("start"),
                Column::real("start_s").nullable(),
                Column::real("end_s").nullable(),
                Column::real("peak_g").nullable(),
                Column::real("change_kmh").nullable(),
                Column::text("severity"),
                Column::real("confidence").nullable(),
            ]
        }
    }

    fn write(&self, to: &mut dyn Fields) {
        let event = &self.event;
        to.put(Value::Text(&event.id.to_string()));
        to.put(Value::Text(&self.trip.to_string()));
        to.put(Value::Text(self.vehicle.as_str()));
        to.put(Value::Text(event.kind.as_word()));
        to.put(Value::Time(after(
            self.start,
            event.start_s.unwrap_or_default(),
        )));
        to.put(Value::real_or_null(event.start_s));
        to.put(Value::real_or_null(event.end_s));
        to.put(Value::real_or_null(event.peak_g));
        to.put(Value::real_or_null(event.change_kmh));
        to.put(Value::Text(event.severity.as_word()));
        to.put(Value::real_or_null(event.confidence));
    }
}
