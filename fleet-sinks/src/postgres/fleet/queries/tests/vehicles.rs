//! Queries about vehicles, compared with plain loops over the same readings.

use std::collections::BTreeMap;

use fleet_core::{EventTime, FleetId, units::Speed};

use super::drive::{Drive, FLEET, Reading, answered, mean, most, ranges, seconds, vehicle};
use crate::postgres::{
    queries::{
        FleetSummary, SpeedBucket, TimeRange, VehicleMetrics, VehiclePerformance,
        fleet_performance, fleet_summary, history, latest, speed_series, vehicle_metrics,
    },
    tenancy::{Scope, Scoped},
};

fn metrics_by_loop(readings: &[&Reading]) -> VehicleMetrics {
    let all = |of: fn(&Reading) -> Option<f64>| readings.iter().map(move |r| of(r));
    let distance = all(|r| r.distance_m).flatten().reduce(|a, b| a + b);
    VehicleMetrics {
        total_readings: readings.len() as u64,
        avg_speed_kmh: answered(mean(all(|r| r.speed_kmh))),
        max_speed_kmh: answered(most(all(|r| r.speed_kmh), f64::max)),
        avg_battery_pct: answered(mean(all(|r| r.battery_pct))),
        min_battery_pct: answered(most(all(|r| r.battery_pct), f64::min)),
        avg_engine_temp_c: answered(mean(all(|r| r.engine_temp_c))),
        max_engine_temp_c: answered(most(all(|r| r.engine_temp_c), f64::max)),
        total_distance_km: answered(distance.map(|m| m / 1000.0)),
        alert_count: readings.iter().filter(|r| r.status == "ALERT").count() as u64,
    }
}

#[tokio::test]
async fn metrics_of_a_vehicle_are_those_of_a_loop_over_its_readings() {
    let Some(drive) = Drive::new().await else {
        return;
    };
    let scoped = drive.scoped().await;
    for range in ranges() {
        for number in [1, 3] {
            let expected = metrics_by_loop(&drive.of(&vehicle(number), range));
            let found = vehicle_metrics(&scoped, &vehicle(number), range)
                .await
                .unwrap();
            assert_eq!(found, expected, "{range:?}");
        }
    }
    let unknown = vehicle_metrics(&scoped, &"no-such".parse().unwrap(), ranges()[0])
        .await
        .unwrap();
    assert_eq!(unknown, metrics_by_loop(&[]));
}

#[tokio::test]
async fn speeds_in_buckets_are_those_of_a_loop() {
    let Some(drive) = Drive::new().await else {
        return;
    };
    let scoped = drive.scoped().await;
    for (range, minutes) in ranges().into_iter().zip([5, 1, 7, 60].into_iter().cycle()) {
        let length = std::time::Duration::from_secs(minutes * 60);
        let mut buckets: BTreeMap<EventTime, Vec<Option<f64>>> = BTreeMap::new();
        for reading in drive.of(&vehicle(2), range) {
            buckets
                .entry(reading.at.floor_to(length))
                .or_default()
                .push(reading.speed_kmh);
        }
        let bucket = |(at, speeds): (EventTime, Vec<Option<f64>>)| SpeedBucket {
            bucket: at.into(),
            avg_value: answered(mean(speeds.iter().copied())),
            max_value: answered(most(speeds.iter().copied(), f64::max)),
            min_value: answered(most(speeds, f64::min)),
        };
        let expected: Vec<_> = buckets.into_iter().map(bucket).collect();
        let minutes = u32::try_from(minutes).unwrap();
        let found = speed_series(&scoped, &vehicle(2), range, minutes)
            .await
            .unwrap();
        assert_eq!(found, expected, "{range:?} by {minutes}");
    }
    for bad in [0, 61] {
        let error = speed_series(&scoped, &vehicle(2), ranges()[0], bad)
            .await
            .unwrap_err();
        assert!(error.to_string().contains("1 to 60"), "{error}");
    }
}

#[tokio::test]
async fn the_performance_of_a_fleet_is_that_of_its_vehicles_most_km_first() {
    let Some(drive) = Drive::new().await else {
        return;
    };
    let scoped = drive.scoped().await;
    let fleet: FleetId = FLEET.parse().unwrap();
    for range in ranges() {
        let mut expected = Vec::new();
        for number in 1..=3 {
            let readings = drive.of(&vehicle(number), range);
            if readings.is_empty() {
                continue;
            }
            let metrics = metrics_by_loop(&readings);
            let km: f64 = readings.iter().filter_map(|r| r.distance_m).sum::<f64>() / 1000.0;
            let item = VehiclePerformance {
                vehicle: vehicle(number),
                avg_speed: metrics.avg_speed_kmh,
                avg_battery: metrics.avg_battery_pct,
                distance_km: metrics.total_distance_km,
                alerts: metrics.alert_count,
            };
            expected.push((km, item));
        }
        expected.sort_by(|(a, _), (b, _)| b.total_cmp(a));
        let expected: Vec<_> = expected.into_iter().map(|(_, item)| item).collect();
        let found = fleet_performance(&scoped, &fleet, range).await.unwrap();
        assert_eq!(found.vehicles, expected, "{range:?}");
    }
}

#[tokio::test]
async fn neighbouring_ranges_share_no_reading_and_closed_ones_share_their_common_end() {
    let Some(drive) = Drive::new().await else {
        return;
    };
    let scoped = drive.scoped().await;
    let at = drive.of(&vehicle(1), seconds(0.0, 9_000.0))[50].at;
    let [from, to] = [seconds(0.0, 0.0).from(), seconds(9_000.0, 9_000.0).to()];
    let total = async |ranges: [TimeRange; 2]| {
        let mut total = 0;
        for range in ranges {
            total += vehicle_metrics(&scoped, &vehicle(1), range)
                .await
                .unwrap()
                .total_readings;
        }
        total
    };
    let whole = drive
        .of(&vehicle(1), TimeRange::new(from, to).unwrap())
        .len() as u64;
    let halves = [TimeRange::new(from, at), TimeRange::new(at, to)].map(Result::unwrap);
    assert_eq!(total(halves).await, whole);
    let closed = [TimeRange::closed(from, at), TimeRange::closed(at, to)].map(Result::unwrap);
    assert_eq!(total(closed).await, whole + 1);
    assert!(TimeRange::new(to, from).is_err());
}

#[tokio::test]
async fn history_comes_in_order_up_to_its_limit_and_the_newest_reading_by_itself() {
    let Some(drive) = Drive::new().await else {
        return;
    };
    let scoped = drive.scoped().await;
    let range = seconds(100.0, 90_000.0);
    let expected = drive.of(&vehicle(1), range);
    let found = history(&scoped, &vehicle(1), range, 7).await.unwrap();
    assert_eq!(found.total_records, expected.len() as u64);
    let speeds = |of: &[fleet_core::event::Telemetry]| -> Vec<_> {
        of.iter()
            .map(|event| (event.at(), event.speed().map(Speed::as_kmh)))
            .collect()
    };
    let wanted: Vec<_> = expected.iter().map(|r| (r.at, r.speed_kmh)).collect();
    assert_eq!(speeds(&found.data), wanted[..7]);
    let all = history(&scoped, &vehicle(1), range, u32::MAX)
        .await
        .unwrap();
    assert_eq!(speeds(&all.data), wanted);
    let newest = latest(&scoped, &vehicle(1)).await.unwrap().unwrap();
    assert_eq!(newest.at(), drive.readings[4_299].at);
    assert_eq!(newest.vehicle(), &vehicle(1));
    assert_eq!(latest(&scoped, &vehicle(9)).await.unwrap(), None);
}

#[tokio::test]
async fn revised_minutes_take_the_place_of_what_hours_and_days_had_of_them() {
    let Some(drive) = Drive::new().await else {
        return;
    };
    let everything = seconds(0.0, 5.0 * 86_400.0);
    let before = vehicle_metrics(&drive.scoped().await, &vehicle(1), everything)
        .await
        .unwrap();
    let change = "UPDATE fleet.telemetry SET speed_kmh = speed_kmh + 100, distance_m = NULL, status = 'ALERT'
        WHERE vehicle_id = 'fleet-demo-001-VH-001' AND time < '2026-01-05 12:00Z'";
    drive.rig.run(change).await;
    // Twice, because a minute that did not change is also written again.
    for _ in 0..2 {
        drive
            .rig
            .run("SELECT fleet.roll_up('2026-01-01Z', '2026-02-01Z')")
            .await;
    }
    let noon = EventTime::parse("2026-01-05T12:00:00Z").unwrap();
    let mut readings = drive.readings.clone();
    for reading in readings.iter_mut().filter(|r| r.at < noon) {
        reading.speed_kmh = reading.speed_kmh.map(|speed| speed + 100.0);
        reading.distance_m = None;
        reading.status = "ALERT";
    }
    let own: Vec<_> = readings
        .iter()
        .filter(|r| r.vehicle == vehicle(1))
        .collect();
    let expected = metrics_by_loop(&own);
    assert_ne!(before, expected);
    let scoped = drive.scoped().await;
    assert_eq!(
        vehicle_metrics(&scoped, &vehicle(1), everything)
            .await
            .unwrap(),
        expected
    );
    let untouched = drive.of(&vehicle(2), everything);
    let found = vehicle_metrics(&scoped, &vehicle(2), everything)
        .await
        .unwrap();
    assert_eq!(found, metrics_by_loop(&untouched));
}

#[tokio::test]
async fn a_summary_counts_vehicles_missions_and_open_alerts_of_its_fleet() {
    let Some(drive) = Drive::new().await else {
        return;
    };
    drive
        .rig
        .run(
            "INSERT INTO fleet.vehicle_state (tenant, vehicle_id, last_seen_ts, status, battery_pct, speed_kmh)
             SELECT 'vehicleops', format('fleet-demo-001-VH-%s', to_char(n, 'FM000')), '2026-01-05Z', status, n, 2 * n
             FROM unnest(ARRAY['IDLE', 'MOVING', 'ALERT', 'LOW_BATTERY', 'OFFLINE']) WITH ORDINALITY AS t (status, n);
             INSERT INTO fleet.missions (tenant, mission_id, fleet_id, vehicle_id, mission_type, status, created_at)
             SELECT 'vehicleops', status, 'fleet-demo-001', 'fleet-demo-001-VH-001', 'DELIVERY', status, now()
             FROM unnest(ARRAY['IN_PROGRESS', 'COMPLETED', 'FAILED']) AS status;
             INSERT INTO fleet.alerts (tenant, id, time, vehicle_id, fleet_id, kind, severity, rule, limit_source, message,
                acknowledged, acknowledged_by, acknowledged_at)
             SELECT 'vehicleops', n, '2026-01-05Z', 'fleet-demo-001-VH-001', 'fleet-demo-001', 'OVERSPEED', 'HIGH', 'r',
                'rule', 'm', n > 3, CASE WHEN n > 3 THEN 'x' END, CASE WHEN n > 3 THEN now() END
             FROM generate_series(1, 5) AS n",
        )
        .await;
    let scoped = drive.scoped().await;
    let found = fleet_summary(&scoped, &FLEET.parse().unwrap())
        .await
        .unwrap()
        .unwrap();
    let expected = FleetSummary {
        fleet_name: "Demo".into(),
        total_vehicles: 20,
        active_vehicles: 3,
        idle_vehicles: 1,
        vehicles_in_alert: 1,
        avg_battery_pct: answered(Some(3.0)),
        avg_speed_kmh: answered(Some(6.0)),
        active_missions: 1,
        open_alerts: 3,
        last_updated: found.last_updated,
    };
    assert_eq!(found, expected);
    assert_eq!(
        fleet_summary(&scoped, &"other".parse().unwrap())
            .await
            .unwrap(),
        None
    );
    let stranger = Scope::of("customer_a").with_roles([FLEET]);
    let stranger = Scoped::begin(&drive.database, stranger).await.unwrap();
    assert_eq!(
        fleet_summary(&stranger, &FLEET.parse().unwrap())
            .await
            .unwrap(),
        None
    );
}
