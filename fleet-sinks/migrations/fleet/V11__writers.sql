-- What pipelines need to fill the schema by themselves.

-- A row of hours holds partial sums: an hour that is told more later has several, and readers add them up.
ALTER TABLE fleet.self_driving_hours
    DROP CONSTRAINT self_driving_hours_pkey, ADD PRIMARY KEY (tenant, vehicle_id, start, id);

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
    -- In one order, so that two pipelines wait for each other instead of running into a deadlock.
    INSERT INTO fleet.vehicles (tenant, vehicle_id, fleet_id, access_roles)
        SELECT DISTINCT ON (tenant, vehicle_id)
            tenant, vehicle_id, NULLIF(to_jsonb(n) ->> 'fleet_id', ''), c.new_vehicle_roles
        FROM new_rows n JOIN fleet.customers c USING (tenant)
        WHERE c.new_vehicle_roles IS NOT NULL
        ORDER BY tenant, vehicle_id
        ON CONFLICT DO NOTHING;
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
