-- What pipelines need to fill the schema by themselves.

-- A row holds partial sums: an hour or a minute that is told more later, or by another input, has several, and readers
-- add them up. So a row is told apart by a number of its own.
CREATE SEQUENCE fleet.sums_id CACHE 256;
GRANT USAGE ON SEQUENCE fleet.sums_id TO fleet_ingest, fleet_maintainer;
ALTER TABLE fleet.self_driving_hours ADD COLUMN seq bigint NOT NULL DEFAULT nextval('fleet.sums_id');
ALTER TABLE fleet.self_driving_hours
    DROP CONSTRAINT self_driving_hours_pkey, ADD PRIMARY KEY (tenant, vehicle_id, start, seq);
ALTER TABLE fleet.minutes ADD COLUMN seq bigint NOT NULL DEFAULT nextval('fleet.sums_id');
ALTER TABLE fleet.minutes DROP CONSTRAINT minutes_pkey,
    -- Speeds lie in the index: a series of a month reads neighbours there instead of a page for each minute.
    ADD PRIMARY KEY (tenant, vehicle_id, time, seq) INCLUDE (speed_count, speed_sum_kmh, speed_min_kmh, speed_max_kmh);

-- Adds what came and takes back what it replaced or what is gone. Extremes are never taken back.
CREATE OR REPLACE FUNCTION fleet.add_minutes() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    into_table name;
    width interval;
BEGIN
    FOR into_table, width IN VALUES ('hours', interval '1 hour'), ('days', '1 day') LOOP
        IF TG_OP <> 'INSERT' THEN
            EXECUTE format($sql$
                UPDATE fleet.%I AS r SET
                    readings = r.readings - o.readings,
                    speed_count = r.speed_count - o.speed_count,
                    speed_sum_kmh = r.speed_sum_kmh - o.speed_sum_kmh,
                    battery_count = r.battery_count - o.battery_count,
                    battery_sum_pct = r.battery_sum_pct - o.battery_sum_pct,
                    engine_temp_count = r.engine_temp_count - o.engine_temp_count,
                    engine_temp_sum_c = r.engine_temp_sum_c - o.engine_temp_sum_c,
                    distance_m = r.distance_m - COALESCE(o.distance_m, 0),
                    alert_readings = r.alert_readings - o.alert_readings
                FROM (
                    SELECT tenant, vehicle_id, date_bin(%L, time, 'epoch') AS start,
                        sum(readings) AS readings, sum(speed_count) AS speed_count,
                        COALESCE(sum(speed_sum_kmh::numeric(24, 6)), 0) AS speed_sum_kmh,
                        sum(battery_count) AS battery_count,
                        COALESCE(sum(battery_sum_pct::numeric(24, 6)), 0) AS battery_sum_pct,
                        sum(engine_temp_count) AS engine_temp_count,
                        COALESCE(sum(engine_temp_sum_c::numeric(24, 6)), 0) AS engine_temp_sum_c,
                        sum(distance_m::numeric(24, 6)) AS distance_m,
                        sum(alert_readings) AS alert_readings
                    FROM old_rows GROUP BY 1, 2, 3
                ) AS o
                WHERE r.tenant = o.tenant AND r.vehicle_id = o.vehicle_id AND r.time = o.start
            $sql$, into_table, width);
        END IF;
        CONTINUE WHEN TG_OP = 'DELETE';
        EXECUTE format($sql$
            INSERT INTO fleet.%I AS r
            SELECT tenant, vehicle_id, date_bin(%L, time, 'epoch'),
                sum(readings), sum(speed_count), COALESCE(sum(speed_sum_kmh::numeric(24, 6)), 0),
                min(speed_min_kmh), max(speed_max_kmh),
                sum(battery_count), COALESCE(sum(battery_sum_pct::numeric(24, 6)), 0), min(battery_min_pct),
                sum(engine_temp_count), COALESCE(sum(engine_temp_sum_c::numeric(24, 6)), 0), max(engine_temp_max_c),
                sum(distance_m::numeric(24, 6)), sum(alert_readings)
            FROM new_rows GROUP BY 1, 2, 3
            -- One order for all writers: no deadlock.
            ORDER BY 1, 2, 3
            ON CONFLICT (tenant, vehicle_id, time) DO UPDATE SET
                readings = r.readings + excluded.readings,
                speed_count = r.speed_count + excluded.speed_count,
                speed_sum_kmh = r.speed_sum_kmh + excluded.speed_sum_kmh,
                speed_min_kmh = LEAST(r.speed_min_kmh, excluded.speed_min_kmh),
                speed_max_kmh = GREATEST(r.speed_max_kmh, excluded.speed_max_kmh),
                battery_count = r.battery_count + excluded.battery_count,
                battery_sum_pct = r.battery_sum_pct + excluded.battery_sum_pct,
                battery_min_pct = LEAST(r.battery_min_pct, excluded.battery_min_pct),
                engine_temp_count = r.engine_temp_count + excluded.engine_temp_count,
                engine_temp_sum_c = r.engine_temp_sum_c + excluded.engine_temp_sum_c,
                engine_temp_max_c = GREATEST(r.engine_temp_max_c, excluded.engine_temp_max_c),
                distance_m = COALESCE(r.distance_m + excluded.distance_m, r.distance_m, excluded.distance_m),
                alert_readings = r.alert_readings + excluded.alert_readings
        $sql$, into_table, width);
    END LOOP;
    RETURN NULL;
END $$;
CREATE TRIGGER removed_minutes AFTER DELETE ON fleet.minutes
    REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION fleet.add_minutes();

-- Makes the minutes of [from_time, to_time) out of telemetry, for those whose pipeline does not write them. Whole
-- minutes, in place of those that were there. Returns how many.
CREATE OR REPLACE FUNCTION fleet.roll_up(from_time timestamptz, to_time timestamptz) RETURNS bigint
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    low constant timestamptz := date_bin('1 minute', from_time, 'epoch');
    high constant timestamptz := date_bin('1 minute', to_time, 'epoch');
    made bigint;
BEGIN
    DELETE FROM fleet.minutes WHERE time >= low AND time < high;
    INSERT INTO fleet.minutes (tenant, vehicle_id, time, readings, speed_count, speed_sum_kmh, speed_min_kmh,
        speed_max_kmh, battery_count, battery_sum_pct, battery_min_pct, engine_temp_count, engine_temp_sum_c,
        engine_temp_max_c, distance_m, alert_readings)
    SELECT tenant, vehicle_id, date_bin('1 minute', time, 'epoch') AS minute,
        count(*), count(speed_kmh), sum(speed_kmh), min(speed_kmh), max(speed_kmh),
        count(battery_pct), sum(battery_pct), min(battery_pct),
        count(engine_temp_c), sum(engine_temp_c), max(engine_temp_c),
        sum(distance_m), count(*) FILTER (WHERE status = 'ALERT')
    FROM fleet.telemetry
    WHERE time >= low AND time < high
    GROUP BY 1, 2, 3
    ORDER BY 1, 2, 3;
    GET DIAGNOSTICS made = ROW_COUNT;
    RETURN made;
END $$;

-- A trip that was found in telemetry has no driver.
ALTER TABLE fleet.trip_logs ALTER COLUMN driver_id DROP NOT NULL;
ALTER TABLE fleet.driver_scores ALTER COLUMN driver_id DROP NOT NULL;

ALTER TABLE fleet.vehicle_state ADD COLUMN fleet_id text;

-- The access roles of vehicles that are first heard of in the stream. Null: such vehicles are not registered, so nobody
-- sees them until an admin does that.
ALTER TABLE fleet.customers ADD COLUMN new_vehicle_roles text;

-- Registers the vehicles and fleets of new rows, where the customer wants that. It runs with its owner's rights, because
-- a login that ingests may not decide who sees what.
CREATE FUNCTION fleet.register_vehicles() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    INSERT INTO fleet.fleets (tenant, fleet_id, name)
        SELECT DISTINCT tenant, to_jsonb(n) ->> 'fleet_id', to_jsonb(n) ->> 'fleet_id'
        FROM new_rows n JOIN fleet.customers c USING (tenant)
        WHERE c.new_vehicle_roles IS NOT NULL AND to_jsonb(n) ->> 'fleet_id' <> ''
        ORDER BY 1, 2
        ON CONFLICT DO NOTHING;
    -- In one order, so that two pipelines that tell of the same vehicles wait for each other.
    INSERT INTO fleet.vehicles AS v (tenant, vehicle_id, fleet_id, access_roles)
        SELECT DISTINCT ON (tenant, vehicle_id)
            tenant, vehicle_id, NULLIF(to_jsonb(n) ->> 'fleet_id', ''), c.new_vehicle_roles
        FROM new_rows n JOIN fleet.customers c USING (tenant)
        WHERE c.new_vehicle_roles IS NOT NULL
        ORDER BY tenant, vehicle_id
        ON CONFLICT (tenant, vehicle_id) DO UPDATE SET fleet_id = excluded.fleet_id
            WHERE v.fleet_id IS NULL AND excluded.fleet_id IS NOT NULL;
    RETURN NULL;
END $$;
REVOKE ALL ON FUNCTION fleet.register_vehicles() FROM PUBLIC;
CREATE TRIGGER new_vehicles AFTER INSERT ON fleet.vehicle_state
    REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION fleet.register_vehicles();
CREATE TRIGGER new_vehicles AFTER INSERT ON fleet.trip_logs
    REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION fleet.register_vehicles();
CREATE TRIGGER new_vehicles AFTER INSERT ON fleet.self_driving_hours
    REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION fleet.register_vehicles();

-- Deletes what the pipelines of a tenant stored: events, results, positions, state and dead letters. Vehicles and people
-- stay. A pipeline that still runs finds its position gone and is fenced.
CREATE FUNCTION fleet.clear_tenant(cleared text) RETURNS void
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    named text;
BEGIN
    FOREACH named IN ARRAY ARRAY['positions', 'states', 'changes', 'dead_letters', 'tallies', 'result_tables'] LOOP
        EXECUTE format('DELETE FROM fleet_stream.%I WHERE pipeline IN
            (SELECT pipeline FROM fleet.pipelines WHERE tenant = $1)', named) USING cleared;
    END LOOP;
    FOR named IN
        SELECT c.relname FROM pg_class c
        -- Views over other tables are emptied with them.
        WHERE c.relnamespace = 'fleet'::regnamespace AND c.relkind IN ('r', 'p') AND c.relname = ANY (ARRAY[
            'telemetry', 'perception', 'driving_events', 'vehicle_state', 'alerts', 'minutes', 'hours', 'days',
            'self_driving_hours', 'self_driving_metrics', 'driver_scores', 'trip_logs'])
        -- Scores refer to their trips.
        ORDER BY c.relname
    LOOP
        EXECUTE format('DELETE FROM fleet.%I WHERE tenant = $1', named) USING cleared;
    END LOOP;
END $$;
REVOKE ALL ON FUNCTION fleet.clear_tenant(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION fleet.clear_tenant(text) TO fleet_maintainer;
