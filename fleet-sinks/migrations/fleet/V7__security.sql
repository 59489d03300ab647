-- Who may do what: policies for rows, grants for tables and columns, views that readers ask.

-- Policies. A reader sees a row of its tenants that names one of its roles, or that names no roles and whose vehicle it
-- sees. Settings are read in a subquery, once for a statement instead of once for a row.
DO $$
DECLARE
    readers constant text := 'fleet_territory_manager, fleet_regional_manager, fleet_admin';
    in_tenant constant text := 'tenant = ANY ((SELECT fleet.scope_tenants())::text[])';
    by_role constant text := 'roles && (SELECT fleet.scope_roles())';
    by_vehicle constant text := 'EXISTS (SELECT FROM fleet.vehicles v WHERE v.tenant = %1$I.tenant AND v.vehicle_id = %1$I.vehicle_id)';
    secured record;
    seen text;
BEGIN
    FOR secured IN
        SELECT * FROM (VALUES
            ('customers', 'tenant'), ('regions', 'tenant'), ('territories', 'tenant'), ('fleets', 'tenant'),
            ('users', 'tenant'), ('operators', 'tenant'), ('pipelines', 'tenant'),
            ('vehicles', 'role'),
            ('telemetry', 'either'), ('alerts', 'either'), ('driver_notes', 'either'),
            ('perception', 'vehicle'), ('driving_events', 'vehicle'), ('vehicle_state', 'vehicle'),
            ('minutes', 'vehicle'), ('hours', 'vehicle'), ('days', 'vehicle'), ('self_driving_hours', 'vehicle'),
            ('self_driving_metrics', 'vehicle'), ('trip_logs', 'vehicle'), ('driver_scores', 'vehicle'),
            ('missions', 'vehicle'), ('mission_events', 'vehicle'), ('commands', 'vehicle')
        ) AS t (name, seen_by)
    LOOP
        seen := in_tenant || CASE secured.seen_by
            WHEN 'tenant' THEN ''
            WHEN 'role' THEN ' AND ' || by_role
            WHEN 'vehicle' THEN ' AND ' || format(by_vehicle, secured.name)
            ELSE format(' AND CASE WHEN roles IS NULL THEN %s ELSE %s END', format(by_vehicle, secured.name), by_role)
        END;
        EXECUTE format('ALTER TABLE fleet.%I ENABLE ROW LEVEL SECURITY', secured.name);
        EXECUTE format('ALTER TABLE fleet.%I FORCE ROW LEVEL SECURITY', secured.name);
        EXECUTE format('CREATE POLICY readers ON fleet.%I FOR SELECT TO %s USING (%s)', secured.name, readers, seen);
        EXECUTE format('CREATE POLICY ingest ON fleet.%I TO fleet_ingest USING (%s) WITH CHECK (%2$s)',
            secured.name, in_tenant);
        EXECUTE format('CREATE POLICY admin_inserts ON fleet.%I FOR INSERT TO fleet_admin WITH CHECK (%s)',
            secured.name, in_tenant);
        IF secured.name <> 'alerts' THEN
            EXECUTE format('CREATE POLICY admin_updates ON fleet.%I FOR UPDATE TO fleet_admin USING (%s) WITH CHECK (%s)',
                secured.name, seen, in_tenant);
        END IF;
        EXECUTE format('CREATE POLICY maintenance ON fleet.%I TO fleet_maintainer USING (true) WITH CHECK (true)',
            secured.name);
    END LOOP;
    -- Whoever sees an alert may say so, in their own name; grants allow them these columns and no others.
    EXECUTE format('CREATE POLICY acknowledge ON fleet.alerts FOR UPDATE TO %4$s
        USING (%1$s AND CASE WHEN roles IS NULL THEN %2$s ELSE %3$s END)
        WITH CHECK (%1$s AND acknowledged_by = (SELECT fleet.scope_user()))',
        in_tenant, format(by_vehicle, 'alerts'), by_role, readers);
END $$;

-- Functions are the one thing that PostgreSQL lets everybody use by default.
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA fleet FROM PUBLIC;

-- Views: what readers ask for the tables of time. On plain PostgreSQL they go by the policies of whoever asks; over
-- hypertables, which can have none, they are made again with the same conditions inside (see timescale.sql).
CREATE VIEW fleet.v_telemetry WITH (security_invoker = true) AS SELECT * FROM fleet.telemetry;
CREATE VIEW fleet.v_perception WITH (security_invoker = true) AS SELECT * FROM fleet.perception;
CREATE VIEW fleet.v_driving_events WITH (security_invoker = true) AS SELECT * FROM fleet.driving_events;
CREATE VIEW fleet.v_minutes WITH (security_invoker = true) AS SELECT * FROM fleet.minutes;
CREATE VIEW fleet.v_hours WITH (security_invoker = true) AS SELECT * FROM fleet.hours;
CREATE VIEW fleet.v_days WITH (security_invoker = true) AS SELECT * FROM fleet.days;

-- Grants. A partition can be named past the policies of its parent, so nothing is granted on partitions.
GRANT USAGE ON SCHEMA fleet TO fleet_ingest, fleet_territory_manager, fleet_regional_manager, fleet_admin, fleet_maintainer;
GRANT EXECUTE ON FUNCTION fleet.scope_tenants(), fleet.scope_roles(), fleet.scope_user(), fleet.only_tenant(),
    fleet.parse_roles(text), fleet.current_security_roles()
    TO fleet_ingest, fleet_territory_manager, fleet_regional_manager, fleet_admin, fleet_maintainer;

-- Ingest: appends what came in and what was found; replaces the state of a vehicle, and results that are revised.
GRANT INSERT ON fleet.telemetry, fleet.perception, fleet.driving_events, fleet.alerts, fleet.trip_logs,
    fleet.driver_scores, fleet.self_driving_hours, fleet.self_driving_metrics, fleet.mission_events,
    fleet.driver_notes TO fleet_ingest;
GRANT SELECT, INSERT, UPDATE ON fleet.vehicle_state, fleet.minutes, fleet.hours, fleet.days TO fleet_ingest;
GRANT SELECT ON fleet.vehicles TO fleet_ingest;
GRANT USAGE ON SEQUENCE fleet.telemetry_id, fleet.perception_id, fleet.driving_id TO fleet_ingest;

-- Managers and admins read.
GRANT SELECT ON fleet.customers, fleet.regions, fleet.territories, fleet.fleets, fleet.vehicles, fleet.telemetry,
    fleet.perception, fleet.driving_events, fleet.vehicle_state, fleet.alerts, fleet.minutes, fleet.hours, fleet.days,
    fleet.self_driving_hours, fleet.self_driving_metrics, fleet.trip_logs, fleet.driver_scores, fleet.missions,
    fleet.mission_events, fleet.commands, fleet.driver_notes, fleet.v_telemetry, fleet.v_perception,
    fleet.v_driving_events, fleet.v_minutes, fleet.v_hours, fleet.v_days
    TO fleet_territory_manager, fleet_regional_manager, fleet_admin;
GRANT UPDATE (acknowledged, acknowledged_by, acknowledged_at, acknowledgement_notes) ON fleet.alerts
    TO fleet_territory_manager, fleet_regional_manager, fleet_admin;

-- Admins keep the books of their tenants; hashes of passwords stay with the owner.
GRANT SELECT (tenant, user_name, access_roles) ON fleet.users TO fleet_admin;
GRANT SELECT (tenant, operator_id, email, role, fleet_ids) ON fleet.operators TO fleet_admin;
GRANT INSERT, UPDATE ON fleet.regions, fleet.territories, fleet.fleets, fleet.vehicles, fleet.missions,
    fleet.commands TO fleet_admin;
GRANT SELECT ON fleet.pipelines TO fleet_admin;

GRANT ALL ON ALL TABLES IN SCHEMA fleet TO fleet_maintainer;
GRANT ALL ON ALL SEQUENCES IN SCHEMA fleet TO fleet_maintainer;
GRANT EXECUTE ON FUNCTION fleet.roll_up(timestamptz, timestamptz) TO fleet_maintainer;
