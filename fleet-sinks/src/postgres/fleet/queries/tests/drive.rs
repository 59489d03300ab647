//! Readings of some vehicles in a database and in memory, where plain loops compute expected
//! results.

use fleet_core::{EventTime, VehicleId, dialect::Maybe};
use rand::{Rng, SeedableRng};
use serde_json::Number;
use tokio_postgres::types::ToSql;

use crate::postgres::{
    Database,
    queries::TimeRange,
    tenancy::{Scope, Scoped, tests::rig::Rig},
};

pub(super) const TENANT: &str = "vehicleops";
pub(super) const FLEET: &str = "fleet-demo-001";
/// The start of the drive, not at a full minute.
pub(super) const START: &str = "2026-01-04T21:59:17.500Z";

#[derive(Clone, Debug)]
pub(super) struct Reading {
    pub(super) vehicle: VehicleId,
    pub(super) at: EventTime,
    pub(super) speed_kmh: Option<f64>,
    pub(super) battery_pct: Option<f64>,
    pub(super) engine_temp_c: Option<f64>,
    pub(super) distance_m: Option<f64>,
    pub(super) status: &'static str,
}

pub(super) struct Drive {
    pub(super) rig: Rig,
    pub(super) database: Database,
    pub(super) readings: Vec<Reading>,
}

impl Drive {
    /// Three vehicles with a reading about every 40 s for two days, rolled up to minutes.
    pub(super) async fn new() -> Option<Self> {
        let rig = Box::pin(Rig::new()).await?;
        let readings = readings();
        for table in ["telemetry", "minutes", "hours", "days"] {
            let sql =
                format!("SELECT fleet.make_partitions('{table}', '2026-01-01Z', '2026-02-01Z')");
            rig.run(&sql).await;
        }
        let columns = "INSERT INTO fleet.telemetry (tenant, access_roles, vehicle_id, time, speed_kmh, battery_pct,
                engine_temp_c, distance_m, status)
            SELECT $1, $2, vehicle, 'epoch'::timestamptz + at * interval '1 microsecond', speed, battery, temp, distance, status
            FROM unnest($3::text[], $4::bigint[], $5::float8[], $6::float8[], $7::float8[], $8::float8[], $9::text[])
                AS t (vehicle, at, speed, battery, temp, distance, status)";
        let vehicles: Vec<_> = readings.iter().map(|r| r.vehicle.as_str()).collect();
        let times: Vec<_> = readings.iter().map(|r| r.at.as_micros()).collect();
        let column = |of: fn(&Reading) -> Option<f64>| readings.iter().map(of).collect::<Vec<_>>();
        let numbers = [
            column(|r| r.speed_kmh),
            column(|r| r.battery_pct),
            column(|r| r.engine_temp_c),
            column(|r| r.distance_m),
        ];
        let [speed, battery, temp, distance] = &numbers;
        let status: Vec<_> = readings.iter().map(|r| r.status).collect();
        // Every row names its roles; minutes take those of their vehicle.
        let roles = ",fleet-demo-001,";
        let values: [&(dyn ToSql + Sync); 9] = [
            &TENANT, &roles, &vehicles, &times, speed, battery, temp, distance, &status,
        ];
        rig.admin.execute(columns, &values).await.unwrap();
        rig.run("SELECT fleet.roll_up('2026-01-01Z', '2026-02-01Z')")
            .await;
        let database = rig.member_of("fleet_regional_manager").await;
        Some(Self {
            rig,
            database,
            readings,
        })
    }

    pub(super) async fn scoped(&self) -> Scoped {
        let scope = Scope::of(TENANT).with_roles([FLEET]).as_user("op-001");
        Scoped::begin(&self.database, scope).await.unwrap()
    }

    /// The readings of a vehicle in a range.
    pub(super) fn of(&self, vehicle: &VehicleId, range: TimeRange) -> Vec<&Reading> {
        let own = self.readings.iter().filter(|r| r.vehicle == *vehicle);
        own.filter(|r| range.contains(r.at)).collect()
    }
}

pub(super) fn vehicle(number: usize) -> VehicleId {
    format!("fleet-demo-001-VH-{number:03}").parse().unwrap()
}

/// A range by seconds after the start.
pub(super) fn seconds(from: f64, to: f64) -> TimeRange {
    let start = EventTime::parse(START).unwrap();
    let at = |seconds: f64| start + std::time::Duration::from_secs_f64(seconds);
    TimeRange::new(at(from), at(to)).unwrap()
}

/// Ranges of every kind: across midnight, within an hour, within a minute, empty, and everything.
pub(super) fn ranges() -> Vec<TimeRange> {
    let mut ranges = vec![
        seconds(0.0, 2.0 * 86_400.0),
        seconds(0.0, 0.0),
        seconds(10.0, 40.0),
        seconds(30.0, 120.0),
        seconds(42.5, 42.5 + 3600.0),
        seconds(500.0, 9_000.0),
        seconds(7_242.5, 93_642.5),
    ];
    let mut random = rand_pcg::Pcg64Mcg::seed_from_u64(11);
    ranges.extend((0..12).map(|_| {
        let from = random.random_range(0.0..100_000.0);
        seconds(from, from + random.random_range(0.0..80_000.0))
    }));
    ranges
}

fn readings() -> Vec<Reading> {
    let mut random = rand_pcg::Pcg64Mcg::seed_from_u64(5);
    let mut readings = Vec::new();
    for number in 1..=3 {
        let mut at = EventTime::parse(START).unwrap();
        for _ in 0..4_300 {
            // Quarters are exact in binary, so sums do not depend on the order.
            let mut quarters = |most: u32| {
                let number = f64::from(random.random_range(0..most * 4)) / 4.0;
                random.random_bool(0.95).then_some(number)
            };
            let speed = quarters(100);
            readings.push(Reading {
                vehicle: vehicle(number),
                at,
                speed_kmh: speed,
                battery_pct: quarters(100),
                engine_temp_c: quarters(110),
                distance_m: quarters(900),
                status: if speed > Some(80.0) {
                    "ALERT"
                } else {
                    "MOVING"
                },
            });
            at = at + std::time::Duration::from_millis(random.random_range(1..160) * 500);
        }
    }
    readings
}

/// The mean of the values that are present.
pub(super) fn mean(values: impl IntoIterator<Item = Option<f64>>) -> Option<f64> {
    let values: Vec<_> = values.into_iter().flatten().collect();
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
}

/// The greatest value that is present, or with `f64::min` the least.
pub(super) fn most(
    values: impl IntoIterator<Item = Option<f64>>,
    of: fn(f64, f64) -> f64,
) -> Option<f64> {
    values.into_iter().flatten().reduce(of)
}

/// The value as a response has it.
pub(super) fn answered(value: Option<f64>) -> Maybe<Number> {
    Maybe::or_null(value.and_then(Number::from_f64))
}
