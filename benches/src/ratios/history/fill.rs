//! Readings made by the server itself, day by day, as they would have come in.

use tokio_postgres::Client;

use super::{FLEET, FROM, TENANT, TO};

pub(super) const VEHICLES: usize = 200;

pub(super) fn vehicle(number: usize) -> String {
    format!("{FLEET}-VH-{number:03}")
}

/// So many readings, spread evenly over the month and the vehicles, and the roll-ups of them.
pub(super) async fn fill(admin: &Client, readings: usize) {
    let each = readings / VEHICLES;
    let run = async |sql: String| admin.batch_execute(&sql).await.unwrap();
    run(format!(
        "INSERT INTO fleet.customers (tenant, name) VALUES ('{TENANT}', 'Acme');
         INSERT INTO fleet.fleets (tenant, fleet_id, name) VALUES ('{TENANT}', '{FLEET}', 'One');
         INSERT INTO fleet.vehicles (tenant, vehicle_id, fleet_id, access_roles)
         SELECT '{TENANT}', format('{FLEET}-VH-%s', to_char(n, 'FM000')), '{FLEET}', ',{FLEET},'
         FROM generate_series(1, {VEHICLES}) AS n;
         SELECT fleet.make_partitions(table_name, '{FROM}', '{TO}') FROM fleet.partitioned"
    ))
    .await;
    let days = 30;
    for day in 0..days {
        let (first, last) = (each * day / days, each * (day + 1) / days);
        run(format!(
            "INSERT INTO fleet.telemetry (tenant, time, vehicle_id, fleet_id, latitude, longitude, speed_kmh, battery_pct,
                engine_temp_c, load_pct, status, distance_m)
             SELECT '{TENANT}', '{FROM}'::timestamptz + s * interval '30 days' / {each} + n * interval '1 ms',
                format('{FLEET}-VH-%s', to_char(n, 'FM000')), '{FLEET}', 4.7 + s % 1000 * 0.0003, -74.07,
                (s * 7 + n * 13) % 95, 100 - s % 90, 60 + (s * 3 + n) % 46, 50,
                CASE WHEN (s * 7 + n * 13) % 95 > 80 THEN 'ALERT' ELSE 'MOVING' END, (s * 7 + n * 13) % 95 * 14.4
             FROM generate_series({first}, {last} - 1) AS s, generate_series(1, {VEHICLES}) AS n"
        ))
        .await;
    }
    for day in 0..=days {
        run(format!(
            "SELECT fleet.roll_up('2026-01-01Z'::timestamptz + {day} * interval '1 day',
                '2026-01-01Z'::timestamptz + ({day} + 1) * interval '1 day')"
        ))
        .await;
    }
    run("VACUUM ANALYZE".to_owned()).await;
}
