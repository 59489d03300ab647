//! A scored trip as rows of the tables of FleetFlow.

use fleet_core::{
    DriverId, TableRow,
    event::TripStatus,
    table::{Column, Fields, Value},
};

use super::Trip;

/// The log entry of a trip that was scored, with the columns of `fleet.trip_logs`.
///
/// It was received when it ended, in event time. The reason says why a trip has no score. Its
/// [`DriverScore`] refers to it.
#[derive(Clone, Debug, PartialEq)]
pub struct TripLog(pub Trip);

impl TableRow for TripLog {
    fn columns() -> &'static [Column] {
        const {
            &[
                Column::text("trip_id"),
                Column::text("vehicle_id"),
                Column::text("driver_id").nullable(),
                Column::time("received_at"),
                Column::time("started_at"),
                Column::text("status"),
                Column::text("reason").nullable(),
            ]
        }
    }

    fn write(&self, to: &mut dyn Fields) {
        let trip = &self.0;
        to.put(Value::Text(&trip.id.to_string()));
        to.put(Value::Text(trip.vehicle.as_str()));
        let driver = trip.driver.as_ref().map(DriverId::as_str);
        to.put(Value::text_or_null(driver));
        to.put(Value::Time(trip.end));
        to.put(Value::Time(trip.start));
        to.put(Value::Text(TripStatus::Completed.as_word()));
        to.put(Value::text_or_null(trip.score.insufficient));
    }
}

/// The score of a trip, with the columns of `fleet.driver_scores`. It was made when the trip ended,
/// in event time.
#[derive(Clone, Debug, PartialEq)]
pub struct DriverScore(pub Trip);

impl TableRow for DriverScore {
    fn columns() -> &'static [Column] {
        const {
            &[
                Column::text("trip_id"),
                Column::text("driver_id").nullable(),
                Column::text("vehicle_id"),
                Column::integer("safety_score").nullable(),
                Column::integer("harsh_braking_count"),
                Column::integer("rapid_accel_count"),
                Column::real("distance_km").nullable(),
                Column::time("created_at"),
            ]
        }
    }

    fn write(&self, to: &mut dyn Fields) {
        let count = |count| Value::Integer(i64::try_from(count).unwrap_or(i64::MAX));
        let trip = &self.0;
        to.put(Value::Text(&trip.id.to_string()));
        let driver = trip.driver.as_ref().map(DriverId::as_str);
        to.put(Value::text_or_null(driver));
        to.put(Value::Text(trip.vehicle.as_str()));
        to.put(Value::integer_or_null(trip.score.value.map(i64::from)));
        to.put(count(trip.sums.harsh_braking));
        to.put(count(trip.sums.rapid_accel));
        to.put(Value::real_or_null(trip.sums.distance_km()));
        to.put(Value::Time(trip.end));
    }
}

#[cfg(test)]
mod tests {
    use fleet_core::{ContentId, EventTime, table::to_ndjson};

    use super::*;
    use crate::{Score, TripSums};

    #[test]
    fn each_column_has_the_value_of_its_name() {
        let trip = Trip {
            id: ContentId(7),
            vehicle: "v".parse().unwrap(),
            driver: Some("d".parse().unwrap()),
            start: EventTime::from_micros(0),
            end: EventTime::from_micros(60_000_000),
            sums: TripSums {
                harsh_braking: 2,
                rapid_accel: 3,
                distance_um: Some(1_500_000_000),
                ..TripSums::default()
            },
            score: Score {
                value: Some(75),
                insufficient: Some("why"),
                components: Vec::new(),
            },
        };
        let line = |write: &dyn Fn(&mut Vec<u8>)| {
            let mut line = Vec::new();
            write(&mut line);
            String::from_utf8(line).unwrap()
        };
        let id = trip.id.to_string();
        assert_eq!(
            line(&|to| to_ndjson(&TripLog(trip.clone()), to)),
            format!(
                "{{\"trip_id\":\"{id}\",\"vehicle_id\":\"v\",\"driver_id\":\"d\",\"received_at\":\"1970-01-01T00:01:00Z\",\
                \"started_at\":\"1970-01-01T00:00:00Z\",\"status\":\"COMPLETED\",\"reason\":\"why\"}}\n"
            )
        );
        assert_eq!(
            line(&|to| to_ndjson(&DriverScore(trip.clone()), to)),
            format!(
                "{{\"trip_id\":\"{id}\",\"driver_id\":\"d\",\"vehicle_id\":\"v\",\"safety_score\":75,\"harsh_braking_count\":2,\
                \"rapid_accel_count\":3,\"distance_km\":1.5,\"created_at\":\"1970-01-01T00:01:00Z\"}}\n"
            )
        );
    }
}
