-- One sentence for each right of the current role that bypasses the policies.
WITH me AS (
    -- The role, and every role that it can become or inherits from.
    SELECT oid, rolname, rolsuper, rolbypassrls FROM pg_roles WHERE pg_has_role(current_user, oid, 'MEMBER')
)
SELECT format('role %s is a superuser: use one that is not', rolname) FROM me WHERE rolsuper
UNION ALL
SELECT format('role %s bypasses row-level security: take BYPASSRLS away', rolname)
FROM me WHERE rolbypassrls AND NOT rolsuper
UNION ALL
SELECT format('role %s owns tables of the schema fleet: only migrations run as their owner', me.rolname)
FROM me WHERE NOT rolsuper
    AND EXISTS (SELECT FROM pg_class c WHERE c.relnamespace = 'fleet'::regnamespace AND c.relowner = me.oid)
UNION ALL
SELECT 'it is a member of fleet_maintainer, which sees all tenants: only jobs of the owner are'
FROM me WHERE rolname = 'fleet_maintainer' AND NOT EXISTS (SELECT FROM me WHERE rolsuper)
