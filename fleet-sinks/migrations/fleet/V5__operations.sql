-- What people do with vehicles: missions, commands, notes.

CREATE TABLE fleet.missions (
    tenant text NOT NULL DEFAULT fleet.only_tenant(),
    mission_id text NOT NULL,
    fleet_id text NOT NULL,
    vehicle_id text NOT NULL,
    mission_type text NOT NULL,
    priority text NOT NULL DEFAULT 'NORMAL',
    status text NOT NULL DEFAULT 'ASSIGNED'
        CHECK (status IN ('ASSIGNED', 'IN_PROGRESS', 'PAUSED', 'COMPLETED', 'FAILED', 'CANCELLED')),
    waypoints jsonb NOT NULL DEFAULT '[]',
    completed_waypoints integer NOT NULL DEFAULT 0,
    created_at timestamptz NOT NULL,
    started_at timestamptz,
    estimated_completion timestamptz,
    PRIMARY KEY (tenant, mission_id)
);
-- A vehicle has one mission at a time: a second one is a conflict.
CREATE UNIQUE INDEX active_missions ON fleet.missions (tenant, vehicle_id)
    WHERE status IN ('ASSIGNED', 'IN_PROGRESS', 'PAUSED');

CREATE TABLE fleet.mission_events (
    tenant text NOT NULL DEFAULT fleet.only_tenant(),
    mission_id text NOT NULL,
    vehicle_id text NOT NULL,
    event text NOT NULL,
    time timestamptz NOT NULL,
    waypoint integer NOT NULL DEFAULT -1,
    PRIMARY KEY (tenant, mission_id, time, event, waypoint)
);

CREATE TABLE fleet.commands (
    tenant text NOT NULL DEFAULT fleet.only_tenant(),
    id text NOT NULL,
    vehicle_id text NOT NULL,
    command text NOT NULL CHECK (command IN ('STOP', 'RESUME', 'REROUTE', 'RETURN_TO_BASE')),
    params jsonb NOT NULL DEFAULT '{}',
    status text NOT NULL DEFAULT 'DISPATCHED' CHECK (status IN ('DISPATCHED', 'EXECUTED', 'FAILED')),
    issued_by text NOT NULL,
    issued_at timestamptz NOT NULL,
    executed_at timestamptz,
    PRIMARY KEY (tenant, id)
);
CREATE INDEX commands_by_vehicle ON fleet.commands (tenant, vehicle_id, issued_at);

CREATE TABLE fleet.driver_notes (
    tenant text NOT NULL DEFAULT fleet.only_tenant(),
    note_id text NOT NULL,
    vehicle_id text NOT NULL,
    driver_id text NOT NULL,
    driver_name text,
    ts timestamptz NOT NULL,
    note_text text NOT NULL,
    category text,
    region_id text,
    territory_id text,
    access_roles text,
    roles text[] GENERATED ALWAYS AS (fleet.parse_roles(access_roles)) STORED,
    PRIMARY KEY (tenant, note_id)
);
CREATE INDEX notes_by_time ON fleet.driver_notes (tenant, ts);
