-- Logs behind row-level security: they hold results, and a login of one tenant must not read, write or hold back those of
-- another. A log belongs to one tenant.
DO $$
DECLARE
    named text;
BEGIN
    FOREACH named IN ARRAY ARRAY['log_heads', 'log_rows', 'log_readers'] LOOP
        EXECUTE format('ALTER TABLE fleet_stream.%I ENABLE ROW LEVEL SECURITY', named);
        EXECUTE format('ALTER TABLE fleet_stream.%I FORCE ROW LEVEL SECURITY', named);
        EXECUTE format($sql$
            CREATE POLICY ingest ON fleet_stream.%I TO fleet_ingest
            USING (tenant = ANY ((SELECT fleet.scope_tenants())::text[]))
            WITH CHECK (tenant = ANY ((SELECT fleet.scope_tenants())::text[]))
        $sql$, named);
        EXECUTE format('CREATE POLICY maintenance ON fleet_stream.%I TO fleet_maintainer USING (true) WITH CHECK (true)',
            named);
        EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON fleet_stream.%I TO fleet_ingest, fleet_maintainer', named);
    END LOOP;
END $$;

-- Deletes what the pipelines of a tenant stored: events, results, positions, state, dead letters, messages and logs.
-- Vehicles and people stay. A pipeline that still runs finds its position gone and is fenced.
CREATE OR REPLACE FUNCTION fleet.clear_tenant(cleared text) RETURNS void
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    named text;
BEGIN
    DELETE FROM fleet_stream.outbox o WHERE o.tenant = cleared OR o.tenant IS NULL
        AND o.pipeline IN (SELECT p.pipeline FROM fleet.pipelines p WHERE p.tenant = cleared);
    DELETE FROM fleet_stream.dead_letters d WHERE d.owner_tenant = cleared OR d.owner_tenant IS NULL
        AND d.pipeline IN (SELECT p.pipeline FROM fleet.pipelines p WHERE p.tenant = cleared);
    -- Heads first: that waits for a writer that holds one, and sees its rows afterwards. The next writer finds none.
    DELETE FROM fleet_stream.log_heads WHERE tenant = cleared;
    DELETE FROM fleet_stream.log_readers WHERE tenant = cleared;
    DELETE FROM fleet_stream.log_rows WHERE tenant = cleared;
    FOREACH named IN ARRAY ARRAY['positions', 'states', 'changes', 'tallies', 'result_tables'] LOOP
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
