-- Between pipelines and tenants: what an ingesting login needs of a store's own tables, and what a tenant may see of them.

GRANT USAGE ON SCHEMA fleet_stream TO fleet_ingest;
GRANT SELECT ON fleet_stream.layout TO fleet_ingest;
GRANT SELECT, INSERT, UPDATE, DELETE ON fleet_stream.positions, fleet_stream.states, fleet_stream.changes,
    fleet_stream.dead_letters, fleet_stream.tallies, fleet_stream.result_tables TO fleet_ingest;

-- What a tenant's pipelines could not use. It holds raw bytes, which name no roles, so only admins may ask.
CREATE VIEW fleet.v_dead_letters WITH (security_barrier = true) AS
    SELECT p.tenant, d.*
    FROM fleet.pipelines p JOIN fleet_stream.dead_letters d USING (pipeline)
    WHERE p.tenant = ANY ((SELECT fleet.scope_tenants())::text[]);
GRANT SELECT ON fleet.v_dead_letters TO fleet_admin, fleet_maintainer;
