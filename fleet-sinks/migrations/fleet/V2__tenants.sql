-- Tenants: whose rows are whose, and who may see them.
--
-- A tenant is a customer. Every unique key begins with it, so that no insert collides with, or tells of, a row of
-- somebody else. Inside a tenant a row is seen by whoever holds one of its access roles.
CREATE SCHEMA fleet;

-- Database roles: what a login may do at all. A login is a member of one; none of them can log in itself.
-- Roles belong to the whole cluster, so another database may have made them, even at this moment.
DO $$
DECLARE
    missing text;
BEGIN
    FOREACH missing IN ARRAY ARRAY['fleet_ingest', 'fleet_territory_manager', 'fleet_regional_manager',
                                   'fleet_admin', 'fleet_maintainer']
    LOOP
        BEGIN
            EXECUTE format('CREATE ROLE %I NOLOGIN', missing);
        EXCEPTION WHEN duplicate_object OR unique_violation THEN
            NULL;
        END;
    END LOOP;
    -- An owner that is no superuser is held by the policies too, and moves rows between partitions by this role.
    IF NOT (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) THEN
        EXECUTE format('GRANT fleet_maintainer TO %I', current_user);
    END IF;
END $$;

-- The scope of a transaction: settings that are local to it. Without one, and after it, a setting is null or '':
-- both give null, null equals nothing, so nothing is seen.
CREATE FUNCTION fleet.scope_tenants() RETURNS text[] LANGUAGE sql STABLE PARALLEL SAFE
    RETURN NULLIF(current_setting('fleet.tenants', true), '')::text[];
CREATE FUNCTION fleet.scope_roles() RETURNS text[] LANGUAGE sql STABLE PARALLEL SAFE
    RETURN NULLIF(current_setting('fleet.roles', true), '')::text[];
CREATE FUNCTION fleet.scope_user() RETURNS text LANGUAGE sql STABLE PARALLEL SAFE
    RETURN NULLIF(current_setting('fleet.user', true), '');

-- The tenant that a row belongs to unless it says so: that of the scope, if it is one. An ingesting login has its own
-- (`ALTER ROLE .. SET fleet.tenants = '{customer_a}'`), so a tenant never comes out of a message unchecked.
CREATE FUNCTION fleet.only_tenant() RETURNS text LANGUAGE sql STABLE PARALLEL SAFE
    RETURN CASE WHEN cardinality(fleet.scope_tenants()) = 1 THEN (fleet.scope_tenants())[1] END;

-- `,ROLE_A,role_b,` as a set in lower case; what names nobody is the empty set; null stays null.
CREATE FUNCTION fleet.parse_roles(fenced text) RETURNS text[] LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN ARRAY(
        SELECT DISTINCT lower(btrim(role, E' \t\r\n')) AS role
        FROM unnest(string_to_array(fenced, ',')) AS role
        WHERE btrim(role, E' \t\r\n') <> ''
        ORDER BY role
    );

-- Which roles am I: the settings that every policy goes by, and the login behind them.
CREATE FUNCTION fleet.current_security_roles()
    RETURNS TABLE (tenants text[], roles text[], scope_user text, database_role text)
    LANGUAGE sql STABLE
    BEGIN ATOMIC
        SELECT fleet.scope_tenants(), fleet.scope_roles(), fleet.scope_user(), current_user::text;
    END;

CREATE TABLE fleet.customers (
    tenant text NOT NULL DEFAULT fleet.only_tenant() CHECK (tenant <> ''),
    name text NOT NULL,
    kafka_topic text,
    PRIMARY KEY (tenant)
);

CREATE TABLE fleet.regions (
    tenant text NOT NULL DEFAULT fleet.only_tenant() REFERENCES fleet.customers,
    region_id text NOT NULL,
    name text NOT NULL,
    PRIMARY KEY (tenant, region_id)
);

CREATE TABLE fleet.territories (
    tenant text NOT NULL DEFAULT fleet.only_tenant(),
    territory_id text NOT NULL,
    region_id text NOT NULL,
    name text NOT NULL,
    PRIMARY KEY (tenant, territory_id),
    FOREIGN KEY (tenant, region_id) REFERENCES fleet.regions
);

CREATE TABLE fleet.fleets (
    tenant text NOT NULL DEFAULT fleet.only_tenant() REFERENCES fleet.customers,
    fleet_id text NOT NULL,
    name text NOT NULL,
    PRIMARY KEY (tenant, fleet_id)
);

-- Rows that name no roles of their own are seen by whoever sees their vehicle.
CREATE TABLE fleet.vehicles (
    tenant text NOT NULL DEFAULT fleet.only_tenant() REFERENCES fleet.customers,
    vehicle_id text NOT NULL,
    fleet_id text,
    region_id text,
    territory_id text,
    access_roles text NOT NULL DEFAULT ',',
    roles text[] NOT NULL GENERATED ALWAYS AS (fleet.parse_roles(access_roles)) STORED,
    PRIMARY KEY (tenant, vehicle_id),
    FOREIGN KEY (tenant, fleet_id) REFERENCES fleet.fleets,
    FOREIGN KEY (tenant, region_id) REFERENCES fleet.regions,
    FOREIGN KEY (tenant, territory_id) REFERENCES fleet.territories
);
CREATE INDEX vehicles_by_fleet ON fleet.vehicles (tenant, fleet_id);

-- People of dashboards. Hashes are made and compared by the service that signs people in; no role of this schema
-- reads them.
CREATE TABLE fleet.users (
    tenant text NOT NULL DEFAULT fleet.only_tenant() REFERENCES fleet.customers,
    user_name text NOT NULL,
    password_hash text,
    access_roles text NOT NULL DEFAULT ',',
    PRIMARY KEY (tenant, user_name)
);

-- People who operate vehicles, and the fleets they may touch.
CREATE TABLE fleet.operators (
    tenant text NOT NULL DEFAULT fleet.only_tenant() REFERENCES fleet.customers,
    operator_id text NOT NULL,
    email text NOT NULL,
    role text NOT NULL DEFAULT 'OPERATOR',
    fleet_ids text[] NOT NULL DEFAULT '{}',
    password_hash text,
    PRIMARY KEY (tenant, operator_id),
    UNIQUE (tenant, email)
);

-- Whose pipelines are whose: dead letters know their pipeline only.
CREATE TABLE fleet.pipelines (
    tenant text NOT NULL DEFAULT fleet.only_tenant() REFERENCES fleet.customers,
    pipeline text NOT NULL,
    PRIMARY KEY (tenant, pipeline)
);
