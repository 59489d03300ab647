//! What the queries of dashboards answer about the demo equals plain loops over its events, and the
//! reports of both databases agree. So does everything after kills.

mod alerts;
pub(crate) mod database;
mod events;
mod loops;

use fleet_core::{EventTime, dialect::Maybe};
use fleet_sinks::postgres::{
    queries::{
        AlertFilter, AnomalyFilter, Slice, TimeRange, anomalies, driver_scores, fleet_performance,
        overview, self_driving_metrics, speed_series, vehicle_metrics,
    },
    tenancy::Scoped,
};
use serde_json::Number;

use alerts::Found;
use database::{Demo, report_of_sqlite};
use events::{Events, Micros};

#[tokio::test]
async fn the_queries_and_both_reports_agree_with_plain_loops_over_the_demo() {
    let Some(demo) = Demo::new("agreement").await else {
        return;
    };
    let first = demo.run();
    // The second run finds nothing new, and changes nothing.
    assert_eq!(demo.run()["read"], first["read"]);
    check(&demo).await;
    let (ours, sqlite) = (demo.report(), report_of_sqlite());
    for part in ["demo", "demo-self-driving", "demo-trips"] {
        for name in [
            "complete",
            "counts",
            "vehicles",
            "alerts",
            "windows",
            "dead_letters",
        ] {
            assert_eq!(ours[part][name], sqlite[part][name], "{part} {name}");
        }
    }
    assert_eq!(ours["driving"], sqlite["driving"]);
    assert_eq!(ours["scores"], sqlite["scores"]);
    demo.remove().await;
}

#[tokio::test]
async fn the_queries_agree_with_plain_loops_after_kills() {
    let Some(demo) = Demo::new("kills").await else {
        return;
    };
    assert!(demo.run_with_kills() >= 5);
    check(&demo).await;
    demo.remove().await;
}

#[tokio::test]
async fn the_minutes_of_two_inputs_add_up() {
    let Some(demo) = Demo::new("inputs").await else {
        return;
    };
    let line = |second: u32| {
        format!(
            "{{\"vehicle_id\":\"van-1\",\"speed_kmh\":50,\"timestamp\":\"2024-03-01T08:00:{second:02}Z\"}}\n"
        )
    };
    let all: String = (0..30).map(|n| line(2 * n)).collect();
    demo.replay("rides.ndjson", &all);
    // What was missing comes later, as mended dead letters do.
    demo.replay("mended.ndjson", &line(11));
    let scoped = demo.scoped().await;
    let whole = range((1_709_280_000_000_000, 1_709_366_400_000_000));
    let van = "van-1".parse().unwrap();
    // From the roll-up of the day, and by minutes.
    let metrics = vehicle_metrics(&scoped, &van, whole).await.unwrap();
    assert_eq!(metrics.total_readings, 31);
    close(&metrics.avg_speed_kmh, Some(50.0));
    let series = speed_series(&scoped, &van, whole, 1).await.unwrap();
    assert_eq!(series.len(), 1);
    close(&series[0].avg_value, Some(50.0));
    scoped.commit().await.unwrap();
    demo.remove().await;
}

/// Compares every query with plain loops.
async fn check(demo: &Demo) {
    let events = Events::read().await;
    let at = events.telemetry().map(|message| message.at);
    let (first, last) = (at.clone().min().unwrap(), at.max().unwrap());
    let scoped = demo.scoped().await;
    // The whole, and a part with ends inside of minutes.
    for (from, to) in [(first, last + 1), (first + 17_250_000, last - 31_500_000)] {
        check_vehicles(&scoped, &events, (from, to)).await;
        check_overview(&scoped, &events, (from, to)).await;
    }
    check_self_driving(&scoped, &events, (first, last + 1)).await;
    check_scores(&scoped, &events).await;
    check_alerts(&scoped, &events).await;
    scoped.commit().await.unwrap();
}

fn range((from, to): (Micros, Micros)) -> TimeRange {
    let at = EventTime::from_micros;
    TimeRange::new(at(from), at(to)).unwrap()
}

#[track_caller]
fn close(found: &Maybe<Number>, expected: Option<f64>) {
    let found = found.get().and_then(Number::as_f64);
    let near =
        |(found, expected): (f64, f64)| (found - expected).abs() <= 1e-7 * expected.abs().max(1.0);
    let agree = match (found, expected) {
        (Some(found), Some(expected)) => near((found, expected)),
        (found, expected) => found == expected,
    };
    assert!(agree, "{found:?} instead of {expected:?}");
}

async fn check_vehicles(scoped: &Scoped, events: &Events, ends: (Micros, Micros)) {
    let readings = loops::readings(events, ends.0, ends.1);
    assert_eq!(readings.len(), 12);
    for (vehicle, of) in &readings {
        let id = vehicle.parse().unwrap();
        let found = vehicle_metrics(scoped, &id, range(ends)).await.unwrap();
        assert_eq!(
            (found.total_readings, found.alert_count),
            (of.count, of.alerts)
        );
        close(&found.avg_speed_kmh, of.speed.mean());
        close(&found.max_speed_kmh, of.speed.max());
        close(&found.avg_battery_pct, of.battery.mean());
        close(&found.min_battery_pct, of.battery.min());
        close(&found.avg_engine_temp_c, of.engine.mean());
        close(&found.max_engine_temp_c, of.engine.max());
        close(
            &found.total_distance_km,
            of.metres.sum().map(|m| m / 1000.0),
        );

        let series = speed_series(scoped, &id, range(ends), 2).await.unwrap();
        let buckets = loops::speeds(events, vehicle, ends, 2);
        assert_eq!(series.len(), buckets.len());
        for (found, (start, speeds)) in series.iter().zip(&buckets) {
            assert_eq!(found.bucket.at, EventTime::from_micros(*start));
            close(&found.avg_value, speeds.mean());
            close(&found.max_value, speeds.max());
            close(&found.min_value, speeds.min());
        }
    }
    let fleet = "fleet-demo-001".parse().unwrap();
    let found = fleet_performance(scoped, &fleet, range(ends))
        .await
        .unwrap();
    assert_eq!(found.vehicles.len(), 10);
    let mut before = f64::INFINITY;
    for vehicle in &found.vehicles {
        let of = &readings[vehicle.vehicle.as_str()];
        close(&vehicle.avg_speed, of.speed.mean());
        close(&vehicle.avg_battery, of.battery.mean());
        close(&vehicle.distance_km, of.metres.sum().map(|m| m / 1000.0));
        assert_eq!(vehicle.alerts, of.alerts);
        let km = of.metres.sum().unwrap();
        assert!(km <= before + 1e-6, "{found:?}");
        before = km;
    }
}

async fn check_overview(scoped: &Scoped, events: &Events, ends: (Micros, Micros)) {
    let found = overview(scoped, range(ends), 60).await.unwrap().summary;
    let (last, readings) = (loops::last(events), loops::readings(events, ends.0, ends.1));
    let mean = |of: &dyn Fn(&events::Message) -> Option<f64>| {
        let values: Vec<f64> = last.values().filter_map(|message| of(message)).collect();
        (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
    };
    assert_eq!(found.total_vehicles, loops::vehicles(events).len() as u64);
    assert_eq!(found.active_vehicles, readings.len() as u64);
    let all: u64 = readings.values().map(|of| of.count).sum();
    assert_eq!(found.telemetry_count, all);
    close(
        &found.avg_speed,
        mean(&events::Message::speed).map(|kmh| kmh / 1.609_344),
    );
    let engine = mean(&|message| message.number("engine_temp_c"));
    close(&found.avg_engine_temp, engine.map(|c| c * 1.8 + 32.0));
    let alerts = alerts::by_loop(events);
    let known = alerts
        .iter()
        .filter(|alert| is_anomaly(alert) && (ends.0..ends.1).contains(&alert.at));
    assert_eq!(found.total_anomalies, known.count() as u64);
    assert_eq!(found.unacknowledged_anomalies, found.total_anomalies);
}

/// Whether Ford's system has this kind, too.
fn is_anomaly(alert: &Found) -> bool {
    matches!(alert.kind, "OVERSPEED" | "ENGINE_OVERHEAT")
}

async fn check_self_driving(scoped: &Scoped, events: &Events, ends: (Micros, Micros)) {
    // The rows of an hour count for a range that has its start.
    let hour = 3_600_000_000;
    let from = ends.0 - ends.0.rem_euclid(hour);
    let found = self_driving_metrics(scoped, None, range((from, ends.1)))
        .await
        .unwrap();
    let driven = loops::driven(events);
    assert_eq!(found.len(), driven.len());
    for totals in &found {
        let of = &driven[totals.vehicle.as_str()];
        let near = |found: f64, expected: f64| {
            assert!((found - expected).abs() < 1e-6, "{found} {expected}");
        };
        near(totals.km, of.km);
        near(totals.engaged_km, of.engaged_km);
        let counts = (totals.interventions, totals.disengagements, totals.episodes);
        assert_eq!(counts, (of.interventions, of.disengagements, of.episodes));
        assert_eq!(totals.speed_violations, of.violations);
        near(totals.autopilot_engagement_pct.unwrap(), of.engaged_pct());
        let per = (of.interventions > 0).then(|| of.km / of.interventions as f64);
        assert_eq!(totals.km_per_intervention.is_some(), per.is_some());
        near(
            totals.km_per_intervention.unwrap_or(0.0),
            per.unwrap_or(0.0),
        );
    }
}

async fn check_scores(scoped: &Scoped, events: &Events) {
    let scores = loops::scores(events);
    assert_eq!(scores.len(), 2);
    for (driver, expected) in &scores {
        let driver = driver.parse().unwrap();
        let found = driver_scores(scoped, &driver, Slice::default())
            .await
            .unwrap();
        let found: Vec<_> = found
            .iter()
            .map(|score| {
                let at = score.created_at.at.as_micros();
                let counts = (score.harsh_braking_count, score.rapid_accel_count);
                (counts.0, counts.1, score.safety_score.unwrap(), at)
            })
            .collect();
        assert_eq!(&found, expected);
    }
}

async fn check_alerts(scoped: &Scoped, events: &Events) {
    let mut expected = alerts::by_loop(events);
    let order = |alert: &Found| (alert.at, alert.vehicle.clone(), alert.kind);
    expected.sort_by_key(order);
    let kinds: std::collections::BTreeSet<_> = expected.iter().map(|alert| alert.kind).collect();
    assert!(kinds.len() >= 3, "{kinds:?}");
    let slice = Slice {
        limit: 100_000,
        offset: 0,
    };
    let filter = AlertFilter::default();
    let found = fleet_sinks::postgres::queries::alerts(scoped, &filter, slice)
        .await
        .unwrap();
    let mut found: Vec<_> = found
        .iter()
        .map(|item| {
            let vehicle = item.vehicle.to_string();
            (
                item.triggered_at.at.as_micros(),
                vehicle,
                item.alert_type.clone(),
                item,
            )
        })
        .collect();
    found.sort_by(|a, b| (a.0, &a.1, &a.2).cmp(&(b.0, &b.1, &b.2)));
    assert_eq!(found.len(), expected.len());
    for ((at, vehicle, kind, item), alert) in found.iter().zip(&expected) {
        assert_eq!((*at, vehicle.as_str()), (alert.at, alert.vehicle.as_str()));
        assert_eq!(kind, vehicleops_name(alert.kind));
        close(&item.value, Some(alert.value));
        close(&item.threshold, alert.threshold);
    }
    let page = anomalies(scoped, &AnomalyFilter::default(), slice)
        .await
        .unwrap();
    let known = expected.iter().filter(|alert| is_anomaly(alert));
    assert_eq!(page.total, known.clone().count() as u64);
    let mut times: Vec<_> = page
        .items
        .iter()
        .map(|item| item.detected_at.at.as_micros())
        .collect();
    times.sort_unstable();
    assert_eq!(times, known.map(|alert| alert.at).collect::<Vec<_>>());
}

/// The name that the queries list an alert by.
fn vehicleops_name(kind: &str) -> &str {
    match kind {
        "TRACTION_SOC_LOW" => "LOW_BATTERY",
        kind => kind,
    }
}
