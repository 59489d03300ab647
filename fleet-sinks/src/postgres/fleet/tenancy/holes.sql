-- One sentence for each thing in the schema that lets rows be seen despite the policies. $1 are the hypertables of
-- TimescaleDB in it, $2 its continuous aggregates.
WITH tables AS (
    SELECT c.oid, c.relname, c.relowner, c.relrowsecurity, c.relforcerowsecurity, c.relispartition, c.relkind,
        EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'tenant' AND NOT a.attisdropped)
            AS has_tenant,
        -- Neither can have row-level security beside compression, so nobody may read them; views do it for readers.
        c.relname = ANY ($1) OR c.relname = ANY ($2) AS is_hypertable
    FROM pg_class c
    WHERE c.relnamespace = 'fleet'::regnamespace AND (c.relkind IN ('r', 'p', 'f', 'm') OR c.relname = ANY ($2))
),
readable AS (
    SELECT t.oid, string_agg(DISTINCT grantee.rolname, ', ') AS by
    FROM tables t
        JOIN pg_class c USING (oid)
        CROSS JOIN LATERAL (
            SELECT * FROM aclexplode(c.relacl)
            UNION ALL
            SELECT g.* FROM pg_attribute a CROSS JOIN LATERAL aclexplode(a.attacl) AS g WHERE a.attrelid = c.oid
        ) AS acl
        LEFT JOIN pg_roles grantee ON grantee.oid = acl.grantee
    -- PUBLIC (0) is not a role.
    WHERE acl.grantee <> t.relowner AND grantee.rolname IS DISTINCT FROM 'fleet_maintainer'
        AND NOT (t.is_hypertable AND grantee.rolname IS NOT DISTINCT FROM 'fleet_ingest')
    GROUP BY t.oid
)
SELECT format('table %s has no row-level security', relname) FROM tables
WHERE NOT relispartition AND has_tenant AND NOT relrowsecurity AND NOT is_hypertable
UNION ALL
SELECT format('table %s does not force row-level security on its owner', relname) FROM tables
WHERE NOT relispartition AND has_tenant AND NOT relforcerowsecurity AND NOT is_hypertable
UNION ALL
SELECT format('table %s has no policy', relname) FROM tables
WHERE NOT relispartition AND has_tenant AND NOT is_hypertable
    AND NOT EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = tables.oid)
UNION ALL
SELECT format('a policy of table %s does not ask for the tenant: %s', t.relname, p.polname)
FROM tables t JOIN pg_policy p ON p.polrelid = t.oid
WHERE p.polroles <> ARRAY['fleet_maintainer'::regrole::oid]
    AND (pg_get_expr(p.polqual, p.polrelid) !~ 'scope_tenants'
        OR pg_get_expr(p.polwithcheck, p.polrelid) !~ 'scope_tenants'
        OR p.polqual IS NULL AND p.polwithcheck IS NULL)
UNION ALL
SELECT format('table %s has no tenant, and %s may use it', t.relname, readable.by)
FROM tables t JOIN readable USING (oid) WHERE NOT t.has_tenant AND NOT t.relispartition
UNION ALL
SELECT format('%s %s can be used past the policies, by %s',
    CASE WHEN t.is_hypertable THEN 'hypertable' ELSE 'partition' END, t.relname, COALESCE(readable.by, 'everybody'))
FROM tables t JOIN readable USING (oid) WHERE t.relispartition OR t.is_hypertable
UNION ALL
SELECT format('unique index %s does not begin with the tenant: an insert could tell of foreign rows', i.indexrelid::regclass)
FROM tables t JOIN pg_index i ON i.indrelid = t.oid
WHERE t.has_tenant AND i.indisunique AND NOT EXISTS (
    SELECT FROM pg_attribute a WHERE a.attrelid = t.oid AND a.attnum = i.indkey[0] AND a.attname = 'tenant')
UNION ALL
SELECT format('function %s runs with its owner''s rights and an open search path', p.oid::regprocedure)
FROM pg_proc p
WHERE p.pronamespace = 'fleet'::regnamespace AND p.prosecdef
    AND NOT EXISTS (SELECT FROM unnest(p.proconfig) AS setting WHERE setting LIKE 'search_path=%')
UNION ALL
SELECT format('view %s goes by its owner''s rights and has no barrier', c.relname)
FROM pg_class c
WHERE c.relnamespace = 'fleet'::regnamespace AND c.relkind = 'v' AND c.relname <> ALL ($2)
    AND NOT EXISTS (SELECT FROM unnest(c.reloptions) AS o WHERE o ~* '^security_(invoker|barrier)=(true|on|yes|1)$')
UNION ALL
SELECT format('view %s goes by its owner''s rights and does not ask for the tenant', c.relname)
FROM pg_class c
WHERE c.relnamespace = 'fleet'::regnamespace AND c.relkind = 'v' AND c.relname <> ALL ($2)
    AND NOT EXISTS (SELECT FROM unnest(c.reloptions) AS o WHERE o ~* '^security_invoker=(true|on|yes|1)$')
    AND pg_get_viewdef(c.oid) !~ 'scope_tenants'
UNION ALL
-- What stores hold of tenants: payloads of their records, messages and logs.
SELECT format('table fleet_stream.%s is not behind forced row-level security', c.relname)
FROM pg_class c
WHERE c.relnamespace = to_regnamespace('fleet_stream') AND c.relname IN ('dead_letters', 'outbox', 'log_heads', 'log_rows', 'log_readers')
    AND NOT (c.relrowsecurity AND c.relforcerowsecurity)
UNION ALL
SELECT format('a policy of table fleet_stream.%s does not ask for the tenant: %s', c.relname, p.polname)
FROM pg_class c JOIN pg_policy p ON p.polrelid = c.oid
WHERE c.relnamespace = to_regnamespace('fleet_stream') AND c.relname IN ('dead_letters', 'outbox', 'log_heads', 'log_rows', 'log_readers')
    AND p.polroles <> ARRAY['fleet_maintainer'::regrole::oid]
    AND (pg_get_expr(p.polqual, p.polrelid) !~ 'scope_tenants'
        OR pg_get_expr(p.polwithcheck, p.polrelid) !~ 'scope_tenants'
        OR p.polqual IS NULL AND p.polwithcheck IS NULL)
