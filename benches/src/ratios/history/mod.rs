//! The queries of dashboards about a month, on a database of ten million readings.

mod fill;

use fleet_core::{EventTime, FleetId, VehicleId};
use fleet_sinks::postgres::{
    Database, PostgresOptions,
    migrations::{Migrations, migrate},
    queries::{TimeRange, fleet_performance, speed_series, vehicle_metrics},
    tenancy::{Scope, Scoped},
};
use tokio_postgres::{Client, NoTls};

use super::growth::now;

/// The name of the bench's database and login, which are dropped at the end.
const NAME: &str = "fleet_bench_history";
const TENANT: &str = "acme";
const FLEET: &str = "fleet-001";
const FROM: &str = "2026-01-01T10:20:30Z";
const TO: &str = "2026-01-31T10:20:30Z";
/// The target for each query, ms.
const AIM: f64 = 200.0;
const WARM_UP: usize = 3;
const RUNS: usize = 20;

/// Fills a database with this many readings of 30 days, and measures the queries.
pub(crate) fn run(readings: usize) {
    let Some(server) = xtask::postgres::for_tests() else {
        return;
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let admin = client(server).await;
        clear(&admin).await;
        admin
            .batch_execute(&format!("CREATE DATABASE {NAME}"))
            .await
            .unwrap();
        let owner = url(server, None);
        measure(&owner, &url(server, Some(NAME)), readings).await;
        clear(&admin).await;
    });
}

async fn measure(owner: &str, login: &str, readings: usize) {
    let database = Database::connect(owner, PostgresOptions::default())
        .await
        .unwrap();
    migrate(&database, Migrations::Fleet).await.unwrap();
    let admin = client(owner).await;
    let began = now();
    fill::fill(&admin, readings).await;
    println!(
        "history: {readings} readings of {} vehicles in 30 days, filled in {:.0} s",
        fill::VEHICLES,
        began.elapsed().as_secs_f64()
    );
    let make =
        format!("CREATE ROLE {NAME} LOGIN PASSWORD 'history' IN ROLE fleet_regional_manager");
    admin.batch_execute(&make).await.unwrap();
    let database = Database::connect(login, PostgresOptions::default())
        .await
        .unwrap();
    let range = TimeRange::new(
        EventTime::parse(FROM).unwrap(),
        EventTime::parse(TO).unwrap(),
    )
    .unwrap();
    let vehicle: VehicleId = fill::vehicle(7).parse().unwrap();
    let fleet: FleetId = FLEET.parse().unwrap();
    let own = readings / fill::VEHICLES;
    for question in ["vehicle metrics", "speed series", "fleet performance"] {
        let mut took = Vec::with_capacity(RUNS);
        for run in 0..WARM_UP + RUNS {
            let began = now();
            let scope = Scope::of(TENANT).with_roles([FLEET]);
            let scoped = Scoped::begin(&database, scope).await.unwrap();
            // Check each answer, so that no query is measured that found nothing.
            match question {
                "vehicle metrics" => {
                    let found = vehicle_metrics(&scoped, &vehicle, range).await.unwrap();
                    assert_eq!(found.total_readings, own as u64);
                }
                "speed series" => {
                    let found = speed_series(&scoped, &vehicle, range, 5).await.unwrap();
                    assert!(found.len() >= own.min(8_000));
                }
                _ => {
                    let found = fleet_performance(&scoped, &fleet, range).await.unwrap();
                    assert_eq!(found.vehicles.len(), fill::VEHICLES);
                }
            }
            scoped.commit().await.unwrap();
            if run >= WARM_UP {
                took.push(began.elapsed().as_secs_f64() * 1e3);
            }
        }
        took.sort_unstable_by(f64::total_cmp);
        let (median, most) = (took.get(RUNS / 2).unwrap(), took.last().unwrap());
        println!(
            "  {question:<18} median {median:>6.1} ms, longest {most:>6.1} ms, aim {AIM:.0} ms"
        );
    }
}

async fn clear(admin: &Client) {
    let drop = format!("DROP DATABASE IF EXISTS {NAME} WITH (FORCE)");
    admin.batch_execute(&drop).await.unwrap();
    admin
        .batch_execute(&format!("DROP ROLE IF EXISTS {NAME}"))
        .await
        .unwrap();
}

async fn client(url: &str) -> Client {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}

/// The server's URL with the bench's database, and with this login if one is given.
fn url(server: &str, login: Option<&str>) -> String {
    let (front, query) = server.split_once('?').unwrap_or((server, ""));
    let (authority, _) = front.rsplit_once('/').unwrap();
    let (user, host) = authority.rsplit_once('@').unwrap();
    let user = login.map_or(user.to_owned(), |login| {
        format!("postgres://{login}:history")
    });
    format!("{user}@{host}/{NAME}?{query}")
}
