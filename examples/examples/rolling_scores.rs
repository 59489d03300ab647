//! Rolling scores of drivers from telemetry of vehicles, by two pipelines with a log in the store
//! between them. The first finds trips and assesses each at its end; a rota says who drove, and the
//! log is keyed by driver. The second scores what each driver drove in the last week, once a day. A
//! plain loop over the trips checks every score.
#![expect(clippy::print_stdout, reason = "an example prints its result")]

use std::{collections::BTreeMap, error::Error, path::Path, time::Duration};

use fleet_core::{
    DriverId, EventTime, Graph, Order, Pipeline, VehicleId,
    decode::Typed,
    event::{ContentHasher, Telemetry},
    testing::Scripted,
    units::Speed,
};
use fleet_scoring::{
    TripOptions, VehicleClass,
    assess::{Assess, AssessTrips, AssessedTrip, Finder, TripRecorder},
    profile,
    score::{DriverRating, Evidence, RollingScores, ScoredTrip, ScoredTrips},
};
use fleet_sinks::{
    SqliteStore,
    sqlite::rusqlite::Connection,
    store_log::{LogDecoder, LogOptions, LogRows, LogSourceOptions},
};

type Fallible<T> = Result<T, Box<dyn Error + Send + Sync>>;

const VEHICLES: u32 = 4;
/// Trips of each vehicle, one every eight hours.
const TRIPS: u32 = 15;
const DRIVERS: u64 = 5;
/// Midnight, UTC.
const START: EventTime = EventTime::from_micros(1_700_006_400 * 1_000_000);
const DAY: Duration = Duration::from_secs(24 * 3600);
const WEEK: Duration = Duration::from_secs(7 * 24 * 3600);

fn draw(what: &str, vehicle: u32, trip: u32) -> u64 {
    let mut content = ContentHasher::new();
    content.text(what).integer(vehicle.into());
    content.integer(trip.into()).finish()
}

/// A trip at one event in a second: a quarter of an hour from stop to stop, some of them harsh.
fn trip(vehicle: u32, number: u32) -> Fallible<Vec<Telemetry>> {
    let car = VehicleId::new(&format!("car-{vehicle}"))?;
    let begin = u64::from(number) * 8 * 3600 + u64::from(vehicle) * 600;
    let begin = START + Duration::from_secs(begin);
    let (mut rows, mut kmh) = (Vec::new(), 0.0_f64);
    for second in 0..1080_u32 {
        let (leg, phase) = (second / 60, second % 60);
        let harsh = draw("harsh", vehicle, number * 100 + leg).is_multiple_of(5);
        // Speeds up for 20 s, and brakes within 4 s or 15 s; parked in the end.
        kmh += match phase {
            0..20 if leg < 15 => 3.0,
            40..44 if harsh => -15.0,
            40..55 if !harsh => -4.0,
            _ => 0.0,
        };
        kmh = kmh.max(0.0);
        let at = begin + Duration::from_secs(second.into());
        rows.push(Telemetry::new(car.clone(), at).with_speed(Speed::from_kmh(kmh)));
    }
    Ok(rows)
}

/// Who drove: the drivers change vehicles.
fn rota(trip: &AssessedTrip) -> Option<DriverId> {
    let mut content = ContentHasher::new();
    content.text(trip.vehicle.as_str());
    content.integer(trip.start.as_micros().unsigned_abs());
    DriverId::new(&format!("driver-{}", content.finish() % DRIVERS)).ok()
}

fn assess() -> fleet_core::Result<Assess> {
    Assess::new(
        Finder::production(VehicleClass::Passenger),
        profile::per_100km(),
    )
}

/// The rows of the log: the key is the driver.
fn by_driver() -> fleet_core::Result<LogRows<ScoredTrip>> {
    let rows = LogRows::new("trips")?;
    Ok(rows.with_key(|trip: &ScoredTrip| trip.driver.as_str().to_owned()))
}

/// The first pipeline: finds and assesses the trips of each vehicle.
async fn write(file: &Path, events: Vec<Telemetry>) -> Fallible<()> {
    let store = SqliteStore::open(file, "trips-by-vehicle")?;
    store.make_log("trips", &LogOptions::default())?;
    let (mut graph, telemetry) = Graph::new();
    let operator = AssessTrips::new(TripOptions::default(), assess()?);
    let trips = graph.apply("trips", telemetry, operator);
    let driven = graph.flat_map("by driver", trips, |trip: &AssessedTrip| {
        rota(trip).map(|driver| trip.scored(driver))
    });
    let (log, table) = (store.log(by_driver()?)?, store.table("trips")?);
    let source = Scripted::of_events("memory", events);
    Pipeline::exactly_once(source, Typed::default(), Order::default(), graph, store)
        .store("log", driven, log)
        .store("trips", trips, table)
        .run()
        .await?;
    Ok(())
}

/// The second pipeline: scores the last week of each driver, once a day.
async fn score(file: &Path) -> Fallible<()> {
    let store = SqliteStore::open(file, "scores-by-driver")?;
    let source = store.log_source("trips", "scores-by-driver", LogSourceOptions::until_now())?;
    let (mut graph, trips) = Graph::new();
    let scores = RollingScores::over(WEEK, profile::per_100km())?;
    let scores = graph.apply("scores", trips, scores);
    let ratings = graph.map("ratings", scores, |score| DriverRating(score.clone()));
    let table = store.table("driver_ratings")?;
    // Vehicles send whenever they can, so the trips of a driver come in any order.
    let order = Order::within(Duration::ZERO).allowing(30 * DAY);
    let decode = LogDecoder::new(ScoredTrips);
    Pipeline::exactly_once(source, decode, order, graph, store)
        .store("driver_ratings", ratings, table)
        .run()
        .await?;
    Ok(())
}

/// The scores by driver and end of the window, of a plain loop over the trips. A window is scored
/// once the driver's trips have passed its end.
fn expected(trips: &[Vec<Telemetry>]) -> Fallible<BTreeMap<(String, i64), f64>> {
    let mut weeks = BTreeMap::<(String, i64), Evidence>::new();
    let mut newest = BTreeMap::<String, i64>::new();
    for rows in trips {
        let mut recorder = TripRecorder::default();
        let moving = |row: &Telemetry| row.speed().is_some_and(|speed| speed.as_kmh() >= 1.0);
        let last = rows.iter().rposition(moving).unwrap_or_default();
        // From the first event in motion to the first at rest.
        for row in rows.iter().take(last + 2).skip_while(|row| !moving(row)) {
            recorder.push(row);
        }
        let vehicle = rows.first().ok_or("a trip has no events")?.vehicle();
        let name = AssessedTrip::name(vehicle, recorder.start());
        let trip = AssessedTrip {
            id: fleet_core::ContentId(0),
            vehicle: vehicle.clone(),
            driver: None,
            start: recorder.start(),
            end: recorder.end(),
            samples: recorder.len() as u64,
            assessment: recorder.assess(&name, &assess()?),
        };
        let driver = rota(&trip).ok_or("nobody drove")?.as_str().to_owned();
        let latest = newest.entry(driver.clone()).or_default();
        *latest = (*latest).max(trip.end.as_micros());
        for day in 1..=7 {
            let end = trip.end.floor_to(DAY) + day * DAY;
            let week = weeks.entry((driver.clone(), end.as_micros())).or_default();
            week.merge(&trip.assessment.evidence);
        }
    }
    let profile = profile::per_100km();
    let passed = |(driver, end): &(String, i64)| newest.get(driver).is_some_and(|at| at >= end);
    let weeks = weeks.into_iter().filter(|(key, _)| passed(key));
    let scores = weeks.filter_map(|(key, week)| {
        let score = profile.shrunk_receipt(&week).score?;
        Some((key, score))
    });
    Ok(scores.collect())
}

/// The scores that are stored.
fn stored(file: &Path) -> Fallible<BTreeMap<(String, i64), f64>> {
    let db = Connection::open(file)?;
    let mut query = db.prepare("SELECT driver_id, to_time, score FROM driver_ratings")?;
    let rows = query.query_map([], |row| {
        let end: String = row.get(1)?;
        Ok(((row.get(0)?, end), row.get(2)?))
    })?;
    let mut scores = BTreeMap::new();
    for row in rows {
        let ((driver, end), score): ((String, String), f64) = row?;
        scores.insert((driver, EventTime::parse(&end)?.as_micros()), score);
    }
    Ok(scores)
}

#[tokio::main]
async fn main() -> Fallible<()> {
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("fleet.db");
    let numbers = (0..VEHICLES).flat_map(|car| (0..TRIPS).map(move |number| (car, number)));
    let trips = numbers.map(|(car, number)| trip(car, number));
    let trips = trips.collect::<Fallible<Vec<_>>>()?;
    write(&file, trips.concat()).await?;
    score(&file).await?;
    let (found, expected) = (stored(&file)?, expected(&trips)?);
    assert_eq!(found, expected, "each score is that of the plain loop");
    let differ = expected.values().any(|score| (score - 100.0).abs() > 5.0);
    assert!(differ, "harsh driving costs points");
    println!(
        "rolling_scores: ok ({} trips, {} scores of drivers)",
        trips.len(),
        found.len()
    );
    Ok(())
}
