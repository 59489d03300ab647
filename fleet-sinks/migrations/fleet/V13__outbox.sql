-- Messages and dead letters behind row-level security: they hold payloads, and a login of one tenant must not read, mark
-- or delete those of another.

-- Whose a row is, unless it says so: that of the scope, if it is one.
ALTER TABLE fleet_stream.outbox ALTER COLUMN tenant SET DEFAULT fleet.only_tenant();
ALTER TABLE fleet_stream.dead_letters ALTER COLUMN owner_tenant SET DEFAULT fleet.only_tenant();

-- A row of nobody is from before this file, or of a pipeline of several tenants: it is seen by whose pipeline it is.
GRANT SELECT ON fleet.pipelines TO fleet_ingest;
DO $$
DECLARE
    named text;
    owner text;
BEGIN
    FOR named, owner IN VALUES ('outbox', 'tenant'), ('dead_letters', 'owner_tenant') LOOP
        EXECUTE format('ALTER TABLE fleet_stream.%I ENABLE ROW LEVEL SECURITY', named);
        EXECUTE format('ALTER TABLE fleet_stream.%I FORCE ROW LEVEL SECURITY', named);
        EXECUTE format($sql$
            CREATE POLICY ingest ON fleet_stream.%1$I TO fleet_ingest
            USING (CASE WHEN %2$I IS NULL THEN EXISTS (SELECT FROM fleet.pipelines p WHERE p.pipeline = %1$I.pipeline
                    AND p.tenant = ANY ((SELECT fleet.scope_tenants())::text[]))
                ELSE %2$I = ANY ((SELECT fleet.scope_tenants())::text[]) END)
            WITH CHECK (%2$I IS NULL OR %2$I = ANY ((SELECT fleet.scope_tenants())::text[]))
        $sql$, named, owner);
        EXECUTE format('CREATE POLICY maintenance ON fleet_stream.%I TO fleet_maintainer USING (true) WITH CHECK (true)',
            named);
    END LOOP;
END $$;
GRANT SELECT, INSERT, UPDATE, DELETE ON fleet_stream.outbox TO fleet_ingest;
-- A relay for all tenants.
GRANT USAGE ON SCHEMA fleet_stream TO fleet_maintainer;
GRANT SELECT ON fleet_stream.layout TO fleet_maintainer;
GRANT SELECT, UPDATE, DELETE ON fleet_stream.outbox, fleet_stream.dead_letters TO fleet_maintainer;

-- What a tenant's pipelines could not use, with the columns of today. Only admins may ask, as before.
CREATE OR REPLACE VIEW fleet.v_dead_letters WITH (security_barrier = true) AS
    SELECT t.tenant, d.pipeline, d.partition, d."offset", d.stage, d.reason, d.raw, d.length, d.buried_at, d.id, d.ordinal,
        d.place_input, d.place_offset, d.key, d.log_time, d.headers, d.seq, d.owner_tenant, d.relayed_at,
        d.relay_refused
    FROM fleet_stream.dead_letters d
        CROSS JOIN LATERAL (
            SELECT d.owner_tenant AS tenant WHERE d.owner_tenant IS NOT NULL
            UNION ALL
            SELECT p.tenant FROM fleet.pipelines p WHERE d.owner_tenant IS NULL AND p.pipeline = d.pipeline
        ) AS t
    WHERE t.tenant = ANY ((SELECT fleet.scope_tenants())::text[]);

-- What a tenant's pipelines have for topics.
CREATE VIEW fleet.v_outbox WITH (security_barrier = true) AS
    SELECT t.tenant, o.pipeline, o.topic, o.id, o.key, o.value, o.at, o.headers, o.seq, o.stored_at, o.relayed_at,
        o.relay_refused
    FROM fleet_stream.outbox o
        CROSS JOIN LATERAL (
            SELECT o.tenant WHERE o.tenant IS NOT NULL
            UNION ALL
            SELECT p.tenant FROM fleet.pipelines p WHERE o.tenant IS NULL AND p.pipeline = o.pipeline
        ) AS t
    WHERE t.tenant = ANY ((SELECT fleet.scope_tenants())::text[]);
GRANT SELECT ON fleet.v_outbox TO fleet_admin, fleet_maintainer;

-- Deletes what the pipelines of a tenant stored: events, results, positions, state, dead letters and messages. Vehicles
-- and people stay. A pipeline that still runs finds its position gone and is fenced.
CREATE OR REPLACE FUNCTION fleet.clear_tenant(cleared text) RETURNS void
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    named text;
BEGIN
    DELETE FROM fleet_stream.outbox o WHERE o.tenant = cleared OR o.tenant IS NULL
        AND o.pipeline IN (SELECT p.pipeline FROM fleet.pipelines p WHERE p.tenant = cleared);
    DELETE FROM fleet_stream.dead_letters d WHERE d.owner_tenant = cleared OR d.owner_tenant IS NULL
        AND d.pipeline IN (SELECT p.pipeline FROM fleet.pipelines p WHERE p.tenant = cleared);
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
REVOKE ALL ON FUNCTION fleet.clear_tenant(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION fleet.clear_tenant(text) TO fleet_maintainer;
