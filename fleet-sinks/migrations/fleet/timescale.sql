-- Tables of time as hypertables: chunks, compression, retention, and hours and days as continuous aggregates over minutes.
-- Run once, by `enable_timescale`, on tables that hold nothing yet.
CREATE EXTENSION IF NOT EXISTS timescaledb;

DROP VIEW fleet.v_telemetry, fleet.v_perception, fleet.v_driving_events, fleet.v_minutes, fleet.v_hours, fleet.v_days;

DO $$
DECLARE
    spec record;
    holds boolean;
BEGIN
    FOR spec IN SELECT * FROM fleet.partitioned LOOP
        EXECUTE format('SELECT EXISTS (SELECT FROM fleet.%I)', spec.table_name) INTO holds;
        IF holds THEN
            RAISE EXCEPTION 'cannot make hypertables: fleet.% holds rows; do it before the first', spec.table_name;
        END IF;
        IF spec.table_name IN ('hours', 'days') THEN
            EXECUTE format('DROP TABLE fleet.%I', spec.table_name);
        ELSE
            -- A partitioned table cannot become a hypertable.
            EXECUTE format('CREATE TABLE fleet.%I (LIKE fleet.%I INCLUDING DEFAULTS INCLUDING GENERATED
                INCLUDING CONSTRAINTS INCLUDING INDEXES)', spec.table_name || '_made', spec.table_name);
            EXECUTE format('DROP TABLE fleet.%I', spec.table_name);
            EXECUTE format('ALTER TABLE fleet.%I RENAME TO %I', spec.table_name || '_made', spec.table_name);
            PERFORM create_hypertable(format('fleet.%I', spec.table_name)::regclass, 'time',
                chunk_time_interval => spec.width);
            EXECUTE format('ALTER TABLE fleet.%I SET (timescaledb.compress,
                timescaledb.compress_segmentby = ''tenant, vehicle_id'', timescaledb.compress_orderby = ''time'')',
                spec.table_name);
            -- Our choice: a week of late rows lands in chunks that are not compressed yet.
            PERFORM add_compression_policy(format('fleet.%I', spec.table_name)::regclass, interval '7 days');
            PERFORM add_retention_policy(format('fleet.%I', spec.table_name)::regclass, spec.retention);
        END IF;
    END LOOP;
END $$;
-- From here on the extension does what `maintain` would.
DELETE FROM fleet.partitioned;

CREATE MATERIALIZED VIEW fleet.hours WITH (timescaledb.continuous, timescaledb.materialized_only = false) AS
    SELECT tenant, vehicle_id, time_bucket('1 hour', time) AS time,
        sum(readings)::bigint AS readings,
        sum(speed_count)::bigint AS speed_count, COALESCE(sum(speed_sum_kmh), 0)::numeric AS speed_sum_kmh,
        min(speed_min_kmh) AS speed_min_kmh, max(speed_max_kmh) AS speed_max_kmh,
        sum(battery_count)::bigint AS battery_count, COALESCE(sum(battery_sum_pct), 0)::numeric AS battery_sum_pct,
        min(battery_min_pct) AS battery_min_pct,
        sum(engine_temp_count)::bigint AS engine_temp_count,
        COALESCE(sum(engine_temp_sum_c), 0)::numeric AS engine_temp_sum_c, max(engine_temp_max_c) AS engine_temp_max_c,
        sum(distance_m)::numeric AS distance_m, sum(alert_readings)::bigint AS alert_readings
    FROM fleet.minutes GROUP BY 1, 2, 3
    WITH NO DATA;
CREATE MATERIALIZED VIEW fleet.days WITH (timescaledb.continuous, timescaledb.materialized_only = false) AS
    SELECT tenant, vehicle_id, time_bucket('1 day', time) AS time,
        sum(readings)::bigint AS readings,
        sum(speed_count)::bigint AS speed_count, COALESCE(sum(speed_sum_kmh), 0)::numeric AS speed_sum_kmh,
        min(speed_min_kmh) AS speed_min_kmh, max(speed_max_kmh) AS speed_max_kmh,
        sum(battery_count)::bigint AS battery_count, COALESCE(sum(battery_sum_pct), 0)::numeric AS battery_sum_pct,
        min(battery_min_pct) AS battery_min_pct,
        sum(engine_temp_count)::bigint AS engine_temp_count,
        COALESCE(sum(engine_temp_sum_c), 0)::numeric AS engine_temp_sum_c, max(engine_temp_max_c) AS engine_temp_max_c,
        sum(distance_m)::numeric AS distance_m, sum(alert_readings)::bigint AS alert_readings
    FROM fleet.minutes GROUP BY 1, 2, 3
    WITH NO DATA;
-- From the beginning: a job that began later would leave out all that is older, since nothing before its end is computed
-- live any more. It costs little, because only what changed is made again.
SELECT add_continuous_aggregate_policy('fleet.hours', start_offset => NULL,
    end_offset => interval '1 hour', schedule_interval => interval '10 minutes');
SELECT add_continuous_aggregate_policy('fleet.days', start_offset => NULL,
    end_offset => interval '1 day', schedule_interval => interval '10 minutes');
SELECT add_retention_policy('fleet.hours', interval '90 days'), add_retention_policy('fleet.days', interval '90 days');

-- No row-level security beside these features. So nobody reads the tables but their owner, and readers ask views that
-- say themselves what a policy would: they run with the owner's rights, so the roles of a vehicle are asked for too.
DO $$
DECLARE
    in_tenant constant text := 't.tenant = ANY ((SELECT fleet.scope_tenants())::text[])';
    by_vehicle constant text := 'EXISTS (SELECT FROM fleet.vehicles v WHERE v.tenant = t.tenant
        AND v.vehicle_id = t.vehicle_id AND v.roles && (SELECT fleet.scope_roles()))';
    named text;
    seen text;
BEGIN
    FOREACH named IN ARRAY ARRAY['telemetry', 'perception', 'driving_events', 'minutes', 'hours', 'days'] LOOP
        seen := by_vehicle;
        IF named = 'telemetry' THEN
            seen := format('CASE WHEN t.roles IS NULL THEN %s ELSE t.roles && (SELECT fleet.scope_roles()) END', by_vehicle);
        END IF;
        EXECUTE format('CREATE VIEW fleet.%I WITH (security_barrier = true) AS SELECT t.* FROM fleet.%I t WHERE %s AND %s',
            'v_' || named, named, in_tenant, seen);
        EXECUTE format('GRANT SELECT ON fleet.%I TO fleet_territory_manager, fleet_regional_manager, fleet_admin',
            'v_' || named);
    END LOOP;
END $$;
GRANT INSERT ON fleet.telemetry, fleet.perception, fleet.driving_events, fleet.minutes TO fleet_ingest;
GRANT ALL ON fleet.telemetry, fleet.perception, fleet.driving_events, fleet.minutes, fleet.hours, fleet.days
    TO fleet_maintainer;
