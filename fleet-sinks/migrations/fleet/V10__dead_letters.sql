-- What a tenant's pipelines could not use, with the columns of today.

CREATE OR REPLACE VIEW fleet.v_dead_letters WITH (security_barrier = true) AS
    SELECT p.tenant, d.*
    FROM fleet.pipelines p JOIN fleet_stream.dead_letters d USING (pipeline)
    WHERE p.tenant = ANY ((SELECT fleet.scope_tenants())::text[]);
