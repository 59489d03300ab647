-- What pipelines found: alerts, windows, self-driving metrics, trips and scores.

CREATE TABLE fleet.alerts (
    tenant text NOT NULL DEFAULT fleet.only_tenant(),
    id text NOT NULL,
    time timestamptz NOT NULL,
    vehicle_id text NOT NULL,
    fleet_id text,
    region_id text,
    territory_id text,
    access_roles text,
    roles text[] GENERATED ALWAYS AS (fleet.parse_roles(access_roles)) STORED,
    kind text NOT NULL,
    severity text NOT NULL,
    rule text NOT NULL,
    value double precision,
    threshold double precision,
    limit_source text NOT NULL,
    message text NOT NULL,
    acknowledged boolean NOT NULL DEFAULT false,
    acknowledged_by text,
    acknowledged_at timestamptz,
    acknowledgement_notes text,
    PRIMARY KEY (tenant, id),
    CHECK (acknowledged = (acknowledged_by IS NOT NULL) AND acknowledged = (acknowledged_at IS NOT NULL))
);
CREATE INDEX alerts_by_vehicle ON fleet.alerts (tenant, vehicle_id, time);
CREATE INDEX alerts_by_time ON fleet.alerts (tenant, time);
CREATE INDEX open_alerts ON fleet.alerts (tenant, time) WHERE NOT acknowledged;

-- Sums of one vehicle and minute, [time, time + 1 min): what means, extremes and totals of any longer span are made of.
CREATE TABLE fleet.minutes (
    tenant text NOT NULL DEFAULT fleet.only_tenant(),
    vehicle_id text NOT NULL,
    time timestamptz NOT NULL CHECK (time = date_bin('1 minute', time, 'epoch')),
    revision bigint NOT NULL DEFAULT 0,
    readings bigint NOT NULL,
    speed_count bigint NOT NULL,
    speed_sum_kmh double precision,
    speed_min_kmh double precision,
    speed_max_kmh double precision,
    battery_count bigint NOT NULL,
    battery_sum_pct double precision,
    battery_min_pct double precision,
    engine_temp_count bigint NOT NULL,
    engine_temp_sum_c double precision,
    engine_temp_max_c double precision,
    distance_m double precision,
    alert_readings bigint NOT NULL,
    -- Speeds lie in the index: a series of a month reads neighbours there instead of a page for each minute.
    PRIMARY KEY (tenant, vehicle_id, time) INCLUDE (speed_count, speed_sum_kmh, speed_min_kmh, speed_max_kmh)
) PARTITION BY RANGE (time);

-- The same of an hour and of a day (UTC), kept by the trigger below: a month of a fleet is its days, and hours and minutes
-- at both ends. Sums are whole millionths, so that they come out the same in any order and can be taken back.
CREATE TABLE fleet.hours (
    tenant text NOT NULL,
    vehicle_id text NOT NULL,
    time timestamptz NOT NULL,
    readings bigint NOT NULL,
    speed_count bigint NOT NULL,
    speed_sum_kmh numeric(24, 6) NOT NULL,
    speed_min_kmh double precision,
    speed_max_kmh double precision,
    battery_count bigint NOT NULL,
    battery_sum_pct numeric(24, 6) NOT NULL,
    battery_min_pct double precision,
    engine_temp_count bigint NOT NULL,
    engine_temp_sum_c numeric(24, 6) NOT NULL,
    engine_temp_max_c double precision,
    -- Null where no reading had a distance: that is not 0.
    distance_m numeric(24, 6),
    alert_readings bigint NOT NULL,
    PRIMARY KEY (tenant, vehicle_id, time)
) PARTITION BY RANGE (time);
CREATE TABLE fleet.days (LIKE fleet.hours INCLUDING INDEXES) PARTITION BY RANGE (time);

-- Adds what came and takes back what it replaced. A revised minute has more rows and never fewer, so extremes only widen.
CREATE FUNCTION fleet.add_minutes() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    into_table name;
    width interval;
BEGIN
    FOR into_table, width IN VALUES ('hours', interval '1 hour'), ('days', '1 day') LOOP
        IF TG_OP = 'UPDATE' THEN
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
CREATE TRIGGER new_minutes AFTER INSERT ON fleet.minutes
    REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION fleet.add_minutes();
CREATE TRIGGER revised_minutes AFTER UPDATE ON fleet.minutes
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION fleet.add_minutes();

-- Makes the minutes of [from_time, to_time) out of telemetry, for those whose pipeline does not write them. Whole
-- minutes; run again it replaces what it made. Returns how many.
CREATE FUNCTION fleet.roll_up(from_time timestamptz, to_time timestamptz) RETURNS bigint
    LANGUAGE sql SET search_path = pg_catalog, pg_temp AS $$
    WITH made AS (
        INSERT INTO fleet.minutes AS m (tenant, vehicle_id, time, readings, speed_count, speed_sum_kmh, speed_min_kmh,
            speed_max_kmh, battery_count, battery_sum_pct, battery_min_pct, engine_temp_count, engine_temp_sum_c,
            engine_temp_max_c, distance_m, alert_readings)
        SELECT tenant, vehicle_id, date_bin('1 minute', time, 'epoch') AS minute,
            count(*), count(speed_kmh), sum(speed_kmh), min(speed_kmh), max(speed_kmh),
            count(battery_pct), sum(battery_pct), min(battery_pct),
            count(engine_temp_c), sum(engine_temp_c), max(engine_temp_c),
            sum(distance_m), count(*) FILTER (WHERE status = 'ALERT')
        FROM fleet.telemetry
        WHERE time >= date_bin('1 minute', from_time, 'epoch') AND time < date_bin('1 minute', to_time, 'epoch')
        GROUP BY 1, 2, 3
        ORDER BY 1, 2, 3
        ON CONFLICT (tenant, vehicle_id, time) DO UPDATE SET
            revision = m.revision + 1,
            readings = excluded.readings,
            speed_count = excluded.speed_count,
            speed_sum_kmh = excluded.speed_sum_kmh,
            speed_min_kmh = excluded.speed_min_kmh,
            speed_max_kmh = excluded.speed_max_kmh,
            battery_count = excluded.battery_count,
            battery_sum_pct = excluded.battery_sum_pct,
            battery_min_pct = excluded.battery_min_pct,
            engine_temp_count = excluded.engine_temp_count,
            engine_temp_sum_c = excluded.engine_temp_sum_c,
            engine_temp_max_c = excluded.engine_temp_max_c,
            distance_m = excluded.distance_m,
            alert_readings = excluded.alert_readings
        RETURNING 1
    )
    SELECT count(*) FROM made;
$$;

-- The record `SelfDrivingHour`: sums, from which every metric follows.
CREATE TABLE fleet.self_driving_hours (
    tenant text NOT NULL DEFAULT fleet.only_tenant(),
    id text NOT NULL,
    vehicle_id text NOT NULL,
    start timestamptz NOT NULL,
    telemetry bigint NOT NULL,
    interventions bigint NOT NULL,
    disengagements bigint NOT NULL,
    disengagements_driver bigint NOT NULL,
    disengagements_system bigint NOT NULL,
    disengagements_remote bigint NOT NULL,
    disengagements_passenger bigint NOT NULL,
    disengagements_unknown bigint NOT NULL,
    planned bigint NOT NULL,
    episodes bigint NOT NULL,
    km double precision NOT NULL,
    engaged_km double precision NOT NULL,
    estimated_km double precision NOT NULL,
    observed_s double precision NOT NULL,
    engaged_s double precision NOT NULL,
    speed_violations bigint NOT NULL,
    speeding_rows bigint NOT NULL,
    detections_car bigint NOT NULL,
    detections_pedestrian bigint NOT NULL,
    detections_cyclist bigint NOT NULL,
    detections_truck bigint NOT NULL,
    detections_motorcycle bigint NOT NULL,
    detections_bus bigint NOT NULL,
    detections_unknown bigint NOT NULL,
    odometer_rollbacks bigint NOT NULL,
    odometer_resets bigint NOT NULL,
    odometer_jumps bigint NOT NULL,
    odometer_stuck bigint NOT NULL,
    PRIMARY KEY (tenant, vehicle_id, start)
);

-- The metrics as the self-driving pipeline's own dashboards read them.
CREATE TABLE fleet.self_driving_metrics (
    tenant text NOT NULL DEFAULT fleet.only_tenant(),
    time_bucket timestamptz NOT NULL,
    vehicle_id text NOT NULL,
    metric_name text NOT NULL,
    metric_value double precision,
    metadata jsonb,
    PRIMARY KEY (tenant, vehicle_id, metric_name, time_bucket)
);

CREATE TABLE fleet.trip_logs (
    tenant text NOT NULL DEFAULT fleet.only_tenant(),
    trip_id text NOT NULL,
    vehicle_id text NOT NULL,
    driver_id text NOT NULL,
    received_at timestamptz NOT NULL,
    started_at timestamptz,
    status text NOT NULL DEFAULT 'PENDING' CHECK (status IN ('PENDING', 'PROCESSING', 'COMPLETED', 'FAILED')),
    attempts integer NOT NULL DEFAULT 0,
    reason text,
    telemetry_blob jsonb,
    PRIMARY KEY (tenant, trip_id)
);
CREATE INDEX waiting_trips ON fleet.trip_logs (tenant, received_at) WHERE status IN ('PENDING', 'PROCESSING');

CREATE TABLE fleet.driver_scores (
    tenant text NOT NULL DEFAULT fleet.only_tenant(),
    trip_id text NOT NULL,
    driver_id text NOT NULL,
    vehicle_id text NOT NULL,
    safety_score integer CHECK (safety_score BETWEEN 0 AND 100),
    harsh_braking_count bigint NOT NULL,
    rapid_accel_count bigint NOT NULL,
    distance_km double precision,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (tenant, trip_id),
    FOREIGN KEY (tenant, trip_id) REFERENCES fleet.trip_logs
);
CREATE INDEX scores_by_driver ON fleet.driver_scores (tenant, driver_id, created_at);
