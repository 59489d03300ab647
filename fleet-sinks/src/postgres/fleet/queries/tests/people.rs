//! Queries about alerts, anomalies, notes, autonomy and scores, with expected answers written out.

use fleet_core::{
    EventTime,
    event::{AlertKind, ObjectClass, Severity},
};

use crate::postgres::{
    Database,
    queries::{
        AlertFilter, AnomalyFilter, DriverNoteFilter, Slice, TimeRange, acknowledge_anomaly,
        alerts, anomalies, driver_notes, driver_scores, overview, perception_summary,
        self_driving_metrics, trip_score,
    },
    tenancy::{
        Scoped,
        tests::rig::{Rig, people},
    },
};

const ALERTS: &str = "
INSERT INTO fleet.alerts (tenant, id, time, vehicle_id, region_id, territory_id, access_roles, kind, severity, rule, value,
    threshold, limit_source, message)
SELECT 'customer_a', lpad(n::text, 32, '0')::uuid::text, '2026-01-01Z'::timestamptz + n * interval '1 minute',
    format('v_a_%s_001', (ARRAY['w1', 'w2', 'e1'])[1 + n % 3]), (ARRAY['WEST', 'WEST', 'EAST'])[1 + n % 3],
    (ARRAY['WEST_1', 'WEST_2', 'EAST_1'])[1 + n % 3],
    (ARRAY[',territory_west_1,region_west,admin_all,', ',territory_west_2,region_west,admin_all,',
        ',territory_east_1,region_east,admin_all,'])[1 + n % 3],
    (ARRAY['ENGINE_OVERHEAT', 'OVERSPEED', 'IDLE'])[1 + n / 3 % 3], (ARRAY['CRITICAL', 'INFO', 'LOW'])[1 + n / 3 % 3],
    'r', 110 + n, 104.44444444444444, 'rule', 'm'
FROM generate_series(0, 17) AS n";

async fn manager(rig: &Rig) -> Database {
    rig.member_of("fleet_regional_manager").await
}

#[tokio::test]
async fn anomalies_are_listed_by_what_a_manager_may_see_in_the_systems_own_words() {
    let Some(rig) = Rig::new().await else { return };
    rig.run(ALERTS).await;
    let database = manager(&rig).await;
    // Six in each territory, two of each of three kinds. The system has no kind IDLE.
    let [territory, regional, admin] = people();
    for (scope, expected) in [(territory, 4), (regional.clone(), 8), (admin, 12)] {
        let scoped = Scoped::begin(&database, scope).await.unwrap();
        let all = anomalies(&scoped, &AnomalyFilter::default(), Slice::default())
            .await
            .unwrap();
        assert_eq!(
            (all.total, all.items.len()),
            (expected, usize::try_from(expected).unwrap())
        );
    }
    let scoped = Scoped::begin(&database, regional).await.unwrap();
    let filter = AnomalyFilter {
        territory: Some("WEST_2".into()),
        kind: Some(AlertKind::EngineOverheat),
        severity: Some(Severity::Critical),
        acknowledged: Some(false),
        ..AnomalyFilter::default()
    };
    let page = anomalies(
        &scoped,
        &filter,
        Slice {
            limit: 1,
            offset: 1,
        },
    )
    .await
    .unwrap();
    assert_eq!((page.total, page.limit, page.offset), (2, 1, 1));
    let json = serde_json::to_value(&page.items[0]).unwrap();
    // The second newest of its kind in the territory: n = 1, at 111 degrees Celsius.
    assert_eq!(json["anomaly_id"], "00000000-0000-0000-0000-000000000001");
    assert_eq!(json["anomaly_type"], "HIGH_ENGINE_TEMP");
    assert_eq!(json["severity"], "critical");
    assert_eq!(json["metric_value"], 231.8);
    assert_eq!(json["customer_id"], "customer_a");
    assert_eq!(json["region_id"], "WEST");
    assert_eq!(
        json["access_roles"],
        ",admin_all,region_west,territory_west_2,"
    );
    assert_eq!(json["acknowledged"], false);
}

#[tokio::test]
async fn an_acknowledgement_counts_with_its_transaction() {
    let Some(rig) = Rig::new().await else { return };
    rig.run(ALERTS).await;
    let database = manager(&rig).await;
    let [_, regional, _] = people();
    let id = "00000000-0000-0000-0000-000000000001";
    let open = async || {
        let scoped = Scoped::begin(&database, regional.clone()).await.unwrap();
        let filter = AnomalyFilter {
            acknowledged: Some(false),
            ..AnomalyFilter::default()
        };
        anomalies(&scoped, &filter, Slice::default())
            .await
            .unwrap()
            .total
    };
    let scoped = Scoped::begin(&database, regional.clone()).await.unwrap();
    assert!(acknowledge_anomaly(&scoped, id).await.unwrap().is_some());
    drop(scoped);
    assert_eq!(open().await, 8);
    let scoped = Scoped::begin(&database, regional.clone()).await.unwrap();
    let answer = acknowledge_anomaly(&scoped, id).await.unwrap().unwrap();
    assert_eq!(
        (answer.success, &*answer.acknowledged_by),
        (true, "regional_manager_1")
    );
    assert_eq!(acknowledge_anomaly(&scoped, "unknown").await.unwrap(), None);
    scoped.commit().await.unwrap();
    assert_eq!(open().await, 7);
}

#[tokio::test]
async fn alerts_are_listed_newest_first_by_fleet_vehicle_severity_and_state() {
    let Some(rig) = Rig::new().await else { return };
    rig.run(ALERTS).await;
    rig.run("UPDATE fleet.alerts SET fleet_id = 'f1' WHERE time < '2026-01-01 00:09Z'")
        .await;
    let database = manager(&rig).await;
    let [_, _, admin] = people();
    let scoped = Scoped::begin(&database, admin).await.unwrap();
    let minutes = async |filter: AlertFilter, slice: Slice| -> Vec<i64> {
        let items = alerts(&scoped, &filter, slice).await.unwrap();
        let minute = |at: EventTime| at.as_micros() / 60_000_000 % 60;
        items
            .iter()
            .map(|item| minute(item.triggered_at.at))
            .collect()
    };
    let all = AlertFilter::default();
    assert_eq!(
        minutes(all.clone(), Slice::default()).await,
        (0..18).rev().collect::<Vec<_>>()
    );
    assert_eq!(
        minutes(
            all.clone(),
            Slice {
                limit: 2,
                offset: 3
            }
        )
        .await,
        [14, 13]
    );
    let of_fleet = AlertFilter {
        fleet: Some("f1".parse().unwrap()),
        vehicle: Some("v_a_e1_001".parse().unwrap()),
        ..all.clone()
    };
    assert_eq!(minutes(of_fleet, Slice::default()).await, [8, 5, 2]);
    let low = AlertFilter {
        severity: Some(Severity::Low),
        acknowledged: Some(false),
        ..all.clone()
    };
    assert_eq!(minutes(low, Slice::default()).await, [17, 16, 15, 8, 7, 6]);
    let seen = AlertFilter {
        acknowledged: Some(true),
        ..all
    };
    assert!(minutes(seen, Slice::default()).await.is_empty());
}

fn day() -> TimeRange {
    let [from, to] =
        ["2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z"].map(|at| EventTime::parse(at).unwrap());
    TimeRange::new(from, to).unwrap()
}

#[tokio::test]
async fn the_overview_is_of_what_is_seen_in_miles_and_fahrenheit() {
    let Some(rig) = Rig::new().await else { return };
    rig.run(ALERTS).await;
    // For each of three vehicles one reading in each of two periods, and one after the range.
    rig.run(
        "INSERT INTO fleet.telemetry (tenant, vehicle_id, time, speed_kmh, fuel_pct, engine_temp_c)
         SELECT 'customer_a', vehicle, at::timestamptz, 1.609344 * speed, 50, 100
         FROM unnest(ARRAY['v_a_w1_001', 'v_a_w2_001', 'v_a_e1_001'], ARRAY[10, 20, 90]) AS v (vehicle, speed),
            unnest(ARRAY['2026-01-01 00:59Z', '2026-01-01 01:00Z', '2026-01-02Z']) AS at;
         INSERT INTO fleet.vehicle_state (tenant, vehicle_id, last_seen_ts, speed_kmh, engine_temp_c)
         SELECT tenant, vehicle_id, '2026-01-01 01:00Z', max(speed_kmh), 100 FROM fleet.telemetry GROUP BY 1, 2",
    )
    .await;
    let database = manager(&rig).await;
    let [_, regional, _] = people();
    let scoped = Scoped::begin(&database, regional).await.unwrap();
    let found = overview(&scoped, day(), 60).await.unwrap();
    let json = serde_json::to_value(&found).unwrap();
    let period = |period: &str| {
        serde_json::json!({
            "period": period, "avg_speed": 15.0, "avg_fuel": 50.0, "avg_temp": 212.0, "event_count": 2, "vehicle_count": 2,
        })
    };
    let expected = serde_json::json!({
        "summary": {
            "total_vehicles": 10, "active_vehicles": 2, "avg_speed": 15.0, "avg_fuel_pct": null, "avg_engine_temp": 212.0,
            "telemetry_count": 4, "total_anomalies": 8, "unacknowledged_anomalies": 8, "critical_anomalies": 4,
        },
        "timeseries": [period("2026-01-01T00:00:00Z"), period("2026-01-01T01:00:00Z")],
    });
    assert_eq!(json, expected);
    assert!(overview(&scoped, day(), 0).await.is_err());
}

#[tokio::test]
async fn notes_are_listed_by_vehicle_driver_and_category() {
    let Some(rig) = Rig::new().await else { return };
    rig.run(
        "INSERT INTO fleet.driver_notes (tenant, note_id, vehicle_id, driver_id, ts, note_text, category, access_roles)
         SELECT 'customer_a', format('n%s', n), 'v_a_w1_001', format('d%s', n % 2), '2026-01-01Z'::timestamptz + n * interval '1 s',
            'text', (ARRAY['brakes', 'tyres'])[1 + n / 2 % 2], CASE WHEN n < 7 THEN ',region_west,' ELSE ',region_east,' END
         FROM generate_series(0, 7) AS n",
    )
    .await;
    let database = manager(&rig).await;
    let [_, regional, _] = people();
    let scoped = Scoped::begin(&database, regional).await.unwrap();
    let found = driver_notes(
        &scoped,
        &DriverNoteFilter::default(),
        Slice {
            limit: 2,
            offset: 0,
        },
    )
    .await
    .unwrap();
    let names = |page: &[crate::postgres::queries::StoredDriverNote]| {
        page.iter().map(|n| n.note_id.clone()).collect::<Vec<_>>()
    };
    assert_eq!(
        (found.total, names(&found.items)),
        (7, vec!["n6".into(), "n5".into()])
    );
    let filter = DriverNoteFilter {
        driver: Some("d1".parse().unwrap()),
        category: Some("brakes".into()),
        ..DriverNoteFilter::default()
    };
    let found = driver_notes(&scoped, &filter, Slice::default())
        .await
        .unwrap();
    assert_eq!(names(&found.items), ["n5", "n1"]);
}

#[tokio::test]
async fn autonomy_is_added_up_before_it_is_divided() {
    let Some(rig) = Rig::new().await else { return };
    // 10 km without interventions in one hour, 2 km with three in the next; the last hour is after
    // the range.
    rig.run(
        "INSERT INTO fleet.self_driving_hours
         SELECT 'customer_a', start::text, vehicle, start, 0, k, 0, 0, 0, 0, 0, 0, 0, k, km, km / 2, 0, 3600, 1800, 1, 0,
            0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0
         FROM unnest(ARRAY['v_a_w1_001', 'v_a_e1_001']) AS vehicle,
            (VALUES ('2026-01-01 10:00Z'::timestamptz, 10.0, 0), ('2026-01-01 23:00Z', 2, 3), ('2026-01-02 00:00Z', 99, 9))
                AS hours (start, km, k);
         INSERT INTO fleet.perception (tenant, vehicle_id, time, object_class, object_distance_m, object_speed_kmh, confidence)
         SELECT 'customer_a', 'v_a_w1_001', at::timestamptz, class, distance, 10, 0.5
         FROM (VALUES ('2026-01-01Z', 'car', 4.0), ('2026-01-01 23:59Z', 'car', 8), ('2026-01-01Z', 'bus', NULL), ('2026-01-02Z', 'car', 1))
            AS seen (at, class, distance)",
    )
    .await;
    let database = manager(&rig).await;
    let [_, regional, _] = people();
    let scoped = Scoped::begin(&database, regional).await.unwrap();
    let found = self_driving_metrics(&scoped, None, day()).await.unwrap();
    assert_eq!(found.len(), 1, "the vehicle of the east is not seen");
    assert_eq!((found[0].km, found[0].interventions), (12.0, 3));
    assert_eq!(found[0].km_per_intervention, Some(4.0));
    assert_eq!(found[0].autopilot_engagement_pct, Some(50.0));
    let east = "v_a_e1_001".parse().unwrap();
    assert!(
        self_driving_metrics(&scoped, Some(&east), day())
            .await
            .unwrap()
            .is_empty()
    );

    let seen = perception_summary(&scoped, None, day()).await.unwrap();
    let class = |at: usize| {
        (
            seen[at].object_class,
            seen[at].detections,
            seen[at].min_distance_m,
            seen[at].avg_distance_m,
        )
    };
    assert_eq!(class(0), (Some(ObjectClass::Car), 2, Some(4.0), Some(6.0)));
    assert_eq!(class(1), (Some(ObjectClass::Bus), 1, None, None));
    assert_eq!(seen.len(), 2);
}

#[tokio::test]
async fn scores_are_asked_for_by_trip_and_by_driver() {
    let Some(rig) = Rig::new().await else { return };
    rig.run(
        "INSERT INTO fleet.trip_logs (tenant, trip_id, vehicle_id, driver_id, received_at)
         SELECT 'customer_a', format('t%s', n), format('v_a_%s_001', (ARRAY['w1', 'e1'])[1 + n / 3]), 'd', now()
         FROM generate_series(0, 3) AS n;
         INSERT INTO fleet.driver_scores (tenant, trip_id, driver_id, vehicle_id, safety_score, harsh_braking_count,
            rapid_accel_count, created_at)
         SELECT tenant, trip_id, driver_id, vehicle_id, 95, 1, 0, '2026-01-01Z'::timestamptz + right(trip_id, 1)::int * interval '1 h'
         FROM fleet.trip_logs WHERE trip_id <> 't1'",
    )
    .await;
    let database = manager(&rig).await;
    let [_, regional, _] = people();
    let scoped = Scoped::begin(&database, regional).await.unwrap();
    let found = driver_scores(&scoped, &"d".parse().unwrap(), Slice::default())
        .await
        .unwrap();
    let trips: Vec<_> = found.iter().map(|score| score.trip_id.as_str()).collect();
    assert_eq!(trips, ["t2", "t0"], "the trip in the east is not seen");
    let trip = trip_score(&scoped, &"t0".parse().unwrap())
        .await
        .unwrap()
        .unwrap();
    let expected = serde_json::json!({
        "trip_id": "t0", "driver_id": "d", "safety_score": 95, "harsh_braking_count": 1, "rapid_accel_count": 0,
        "created_at": "2026-01-01T00:00:00Z",
    });
    assert_eq!(serde_json::to_value(&trip).unwrap(), expected);
    for unseen in ["t1", "t3"] {
        assert_eq!(
            trip_score(&scoped, &unseen.parse().unwrap()).await.unwrap(),
            None
        );
    }
}
