//! TimescaleDB: on a real server where one is named, and its script on plain PostgreSQL with
//! stand-ins for what the extension adds.

use tokio_postgres::{Client, NoTls};

use crate::{
    postgres::{
        Database, PostgresOptions,
        migrations::{
            Migrations, Timescale, enable_timescale, migrate, refresh_timescale, seed_demo,
        },
        tenancy::{self, Scope, Scoped, tests::rig::texts},
    },
    testing::postgres::Scratch,
};

/// Two hours of readings, one a second, this many days ago.
const DRIVE: &str = "INSERT INTO fleet.telemetry (tenant, vehicle_id, time, speed_kmh)
    SELECT 'vehicleops', 'fleet-demo-001-VH-001', date_trunc('day', now()) - {days} * interval '1 day' + s * interval '1 s', s
    FROM generate_series(0, 7199) AS s;
    SELECT fleet.roll_up(now() - {days} * interval '1 day' - interval '1 day', now() - {days} * interval '1 day' + interval '1 day')";

fn drive(days: u32) -> String {
    DRIVE.replace("{days}", &days.to_string())
}

/// The readings that a role sees: in telemetry, in minutes, in hours and in days.
async fn seen(reader: &Database, role: &str) -> [String; 4] {
    let scope = Scope::of("vehicleops").with_roles([role]);
    let scoped = Scoped::begin(reader, scope).await.unwrap();
    let sql = "SELECT count(*)::text FROM fleet.v_telemetry
        UNION ALL SELECT coalesce(sum(readings), 0)::text FROM fleet.v_minutes
        UNION ALL SELECT coalesce(sum(readings), 0)::text FROM fleet.v_hours
        UNION ALL SELECT coalesce(sum(readings), 0)::text FROM fleet.v_days";
    texts(&scoped, sql).await.try_into().unwrap()
}

async fn client(url: &str) -> Client {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}

#[tokio::test]
async fn hypertables_keep_old_hours_and_closed_doors_on_a_real_timescaledb() {
    let Ok(url) = std::env::var("FLEET_TIMESCALE_URL") else {
        xtask::skip::skip_test("no TimescaleDB: name one in FLEET_TIMESCALE_URL");
        return;
    };
    let connect = |url: String| async move {
        let connect = Database::connect(&url, PostgresOptions::default());
        Box::pin(connect).await.unwrap()
    };
    let (database, admin) = (connect(url.clone()).await, client(&url).await);
    let run = async |sql: &str| admin.batch_execute(sql).await.unwrap();
    run("DROP SCHEMA IF EXISTS fleet CASCADE; DROP SCHEMA IF EXISTS fleet_stream CASCADE").await;
    migrate(&database, Migrations::Fleet).await.unwrap();
    let enabled = enable_timescale(&database).await.unwrap();
    assert_eq!(enabled, Timescale::Enabled);
    seed_demo(&database).await.unwrap();
    let count = "SELECT count(*) FROM timescaledb_information.hypertables WHERE hypertable_schema = 'fleet'";
    let hypertables: i64 = admin.query_one(count, &[]).await.unwrap().get(0);
    assert_eq!(hypertables, 4);

    let login = format!("fleet_timescale_{}", std::process::id());
    run(&format!(
        "CREATE ROLE {login} LOGIN PASSWORD 'reads' IN ROLE fleet_regional_manager"
    ))
    .await;
    let (_, place) = url.rsplit_once('@').unwrap();
    let reader = connect(format!("postgres://{login}:reads@{place}")).await;
    tenancy::check(&reader).await.unwrap();

    // Older than any window of a job: it stays after the jobs ran.
    run(&drive(59)).await;
    let jobs = "SELECT job_id FROM timescaledb_information.jobs
        WHERE proc_name = 'policy_refresh_continuous_aggregate' ORDER BY job_id";
    let jobs = admin.query(jobs, &[]).await.unwrap();
    assert_eq!(jobs.len(), 2);
    let refresh = async || {
        for job in &jobs {
            run(&format!("CALL run_job({})", job.get::<_, i32>(0))).await;
        }
    };
    let all = |readings: u32| std::array::from_fn(|_| readings.to_string());
    assert_eq!(seen(&reader, "fleet-demo-001").await, all(7_200));
    refresh().await;
    assert_eq!(seen(&reader, "fleet-demo-001").await, all(7_200));
    // A replay of older events, at once and by the job.
    run(&drive(70)).await;
    refresh_timescale(&database).await.unwrap();
    assert_eq!(seen(&reader, "fleet-demo-001").await, all(14_400));
    run(&drive(65)).await;
    refresh().await;
    assert_eq!(seen(&reader, "fleet-demo-001").await, all(21_600));
    assert_eq!(seen(&reader, "fleet-demo-002").await, all(0));
    drop(reader);
    run(&format!("DROP ROLE {login}")).await;
}

#[tokio::test]
async fn without_the_extension_tables_stay_as_they_are() {
    let Some(scratch) = Scratch::new().await else {
        return;
    };
    let database = scratch.open().await;
    migrate(&database, Migrations::Fleet).await.unwrap();
    if enable_timescale(&database).await.unwrap() == Timescale::Missing {
        let kinds =
            "SELECT DISTINCT relkind::text FROM pg_class WHERE oid = 'fleet.minutes'::regclass";
        assert_eq!(scratch.texts(kinds).await, ["p"]);
    }
}

/// What the extension adds, as far as the script and the check use it.
const STAND_INS: &str = "
    CREATE FUNCTION create_hypertable(regclass, name, chunk_time_interval interval) RETURNS void LANGUAGE sql AS $$
        INSERT INTO timescaledb_information.hypertables SELECT 'fleet', relname FROM pg_class WHERE oid = $1 $$;
    CREATE FUNCTION add_compression_policy(regclass, interval) RETURNS void LANGUAGE sql AS 'SELECT';
    CREATE FUNCTION add_retention_policy(regclass, interval) RETURNS void LANGUAGE sql AS 'SELECT';
    CREATE FUNCTION add_continuous_aggregate_policy(regclass, start_offset interval, end_offset interval,
        schedule_interval interval) RETURNS void LANGUAGE sql AS $$
        INSERT INTO timescaledb_information.continuous_aggregates
            SELECT 'fleet', relname FROM pg_class WHERE oid = $1 AND start_offset IS NULL $$;
    CREATE FUNCTION time_bucket(interval, timestamptz) RETURNS timestamptz LANGUAGE sql IMMUTABLE
        RETURN date_bin($1, $2, 'epoch');
    CREATE SCHEMA timescaledb_information;
    GRANT USAGE ON SCHEMA timescaledb_information TO PUBLIC;
    CREATE TABLE timescaledb_information.hypertables (hypertable_schema name, hypertable_name name);
    CREATE TABLE timescaledb_information.continuous_aggregates (view_schema name, view_name name);
    GRANT SELECT ON ALL TABLES IN SCHEMA timescaledb_information TO PUBLIC";

/// The script without the words that only the extension understands.
fn script() -> String {
    let script = include_str!(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/migrations/fleet/timescale.sql"
    ));
    let mut script = script.to_owned();
    for (word, instead, times) in [
        ("CREATE EXTENSION IF NOT EXISTS timescaledb;", "", 1),
        (
            "CREATE MATERIALIZED VIEW fleet.hours WITH (timescaledb.continuous, timescaledb.materialized_only = false) AS",
            "CREATE VIEW fleet.hours AS",
            1,
        ),
        (
            "CREATE MATERIALIZED VIEW fleet.days WITH (timescaledb.continuous, timescaledb.materialized_only = false) AS",
            "CREATE VIEW fleet.days AS",
            1,
        ),
        ("\n    WITH NO DATA;", ";", 2),
        (
            "SET (timescaledb.compress,",
            "SET (autovacuum_enabled) --",
            1,
        ),
        (
            "timescaledb.compress_segmentby = ''tenant, vehicle_id'', timescaledb.compress_orderby = ''time'')',",
            "',",
            1,
        ),
    ] {
        assert_eq!(script.matches(word).count(), times, "{word}");
        script = script.replace(word, instead);
    }
    script
}

#[tokio::test]
async fn the_script_closes_tables_and_opens_views_but_for_the_words_of_the_extension() {
    let Some(scratch) = Scratch::new().await else {
        return;
    };
    let database = scratch.open().await;
    migrate(&database, Migrations::Fleet).await.unwrap();
    seed_demo(&database).await.unwrap();
    // The functions refer to tables that come after them.
    scratch
        .execute(&format!("SET check_function_bodies = off; {STAND_INS}"))
        .await;
    scratch.execute(&script()).await;
    let reader = scratch
        .login("IN ROLE fleet_regional_manager", PostgresOptions::default())
        .await;
    tenancy::check(&reader).await.unwrap();
    scratch.execute(&drive(59)).await;
    let all = |readings: u32| std::array::from_fn(|_| readings.to_string());
    assert_eq!(seen(&reader, "fleet-demo-001").await, all(7_200));
    assert_eq!(seen(&reader, "fleet-demo-002").await, all(0));

    // A hypertable that somebody may read past its view, and a view that does not ask.
    for (hole, mend, word) in [
        (
            "GRANT SELECT ON fleet.telemetry TO fleet_admin",
            "REVOKE SELECT ON fleet.telemetry FROM fleet_admin",
            "hypertable telemetry can be used past the policies",
        ),
        (
            "GRANT SELECT ON fleet.hours TO PUBLIC",
            "REVOKE SELECT ON fleet.hours FROM PUBLIC",
            "hypertable hours can be used past the policies",
        ),
        (
            "CREATE VIEW fleet.v_more WITH (security_barrier = true) AS SELECT * FROM fleet.days",
            "DROP VIEW fleet.v_more",
            "view v_more",
        ),
    ] {
        scratch.execute(hole).await;
        let error = tenancy::check(&reader).await.unwrap_err().to_string();
        assert!(error.contains(word), "{error}");
        scratch.execute(mend).await;
    }
    tenancy::check(&reader).await.unwrap();
}
