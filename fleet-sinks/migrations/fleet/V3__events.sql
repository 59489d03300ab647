-- What vehicles said: the columns of the records `Telemetry`, `Perception` and `Driving`, and whose they are.
--
-- A row without a tenant takes that of the login; one without access roles is seen by whoever sees its vehicle.

CREATE SEQUENCE fleet.telemetry_id CACHE 256;
CREATE TABLE fleet.telemetry (
    tenant text NOT NULL DEFAULT fleet.only_tenant(),
    time timestamptz NOT NULL,
    vehicle_id text NOT NULL,
    fleet_id text,
    region_id text,
    territory_id text,
    access_roles text,
    roles text[] GENERATED ALWAYS AS (fleet.parse_roles(access_roles)) STORED,
    latitude double precision,
    longitude double precision,
    speed_kmh double precision,
    limit_kmh double precision,
    heading_deg double precision,
    odometer_km double precision,
    accel_long_g double precision,
    accel_lat_g double precision,
    battery_pct double precision,
    battery_v double precision,
    engine_temp_c double precision,
    rpm double precision,
    fuel_pct double precision,
    load_pct double precision,
    accel_vert_g double precision,
    accel_east_g double precision,
    accel_north_g double precision,
    yaw_rate_deg_s double precision,
    throttle_pct double precision,
    altitude_m double precision,
    accuracy_m double precision,
    range_km double precision,
    -- Since the fix before; no producer sends it, a pipeline derives it.
    distance_m double precision,
    status text,
    -- Tells rows of one vehicle and microsecond apart, for reading history in one order.
    id bigint NOT NULL DEFAULT nextval('fleet.telemetry_id'),
    PRIMARY KEY (tenant, time, vehicle_id, id)
) PARTITION BY RANGE (time);
CREATE INDEX telemetry_by_vehicle ON fleet.telemetry (tenant, vehicle_id, time);

CREATE SEQUENCE fleet.perception_id CACHE 256;
CREATE TABLE fleet.perception (
    tenant text NOT NULL DEFAULT fleet.only_tenant(),
    time timestamptz NOT NULL,
    vehicle_id text NOT NULL,
    object_track text,
    object_class text,
    object_direction text,
    object_distance_m double precision,
    object_left_m double precision,
    object_relative_speed_kmh double precision,
    object_speed_kmh double precision,
    confidence double precision,
    id bigint NOT NULL DEFAULT nextval('fleet.perception_id'),
    PRIMARY KEY (tenant, vehicle_id, time, id)
) PARTITION BY RANGE (time);

CREATE SEQUENCE fleet.driving_id CACHE 256;
CREATE TABLE fleet.driving_events (
    tenant text NOT NULL DEFAULT fleet.only_tenant(),
    time timestamptz NOT NULL,
    vehicle_id text NOT NULL,
    event_type text NOT NULL,
    event_detail text,
    latitude double precision,
    longitude double precision,
    initiator text,
    planned boolean,
    reaction_time_ms bigint,
    id bigint NOT NULL DEFAULT nextval('fleet.driving_id'),
    PRIMARY KEY (tenant, vehicle_id, time, id)
) PARTITION BY RANGE (time);

-- The last word of each vehicle. A sink replaces a row by a newer one only.
CREATE TABLE fleet.vehicle_state (
    tenant text NOT NULL DEFAULT fleet.only_tenant(),
    vehicle_id text NOT NULL,
    last_seen_ts timestamptz NOT NULL,
    status text NOT NULL DEFAULT 'active',
    latitude double precision,
    longitude double precision,
    speed_kmh double precision,
    heading_deg double precision,
    battery_pct double precision,
    fuel_pct double precision,
    engine_temp_c double precision,
    battery_v double precision,
    odometer_km double precision,
    PRIMARY KEY (tenant, vehicle_id)
);
