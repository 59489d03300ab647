-- Partitions by time: made ahead, dropped past their retention, in one place for all tables that have them.

CREATE TABLE fleet.partitioned (
    table_name name PRIMARY KEY,
    -- The span of one partition.
    width interval NOT NULL CHECK (width > '0'),
    retention interval NOT NULL CHECK (retention > '0')
);
-- 90 days are VehicleOps' own. A day of telemetry is about what one index still holds in memory; results are far fewer.
INSERT INTO fleet.partitioned VALUES
    ('telemetry', '1 day', '90 days'),
    ('perception', '1 day', '90 days'),
    ('driving_events', '7 days', '90 days'),
    ('minutes', '7 days', '90 days'),
    ('hours', '28 days', '90 days'),
    ('days', '28 days', '90 days');

-- Takes what no other partition does, such as recordings of years ago: a row is never refused for its time.
CREATE TABLE fleet.telemetry_rest PARTITION OF fleet.telemetry DEFAULT;
CREATE TABLE fleet.perception_rest PARTITION OF fleet.perception DEFAULT;
CREATE TABLE fleet.driving_events_rest PARTITION OF fleet.driving_events DEFAULT;
CREATE TABLE fleet.minutes_rest PARTITION OF fleet.minutes DEFAULT;
CREATE TABLE fleet.hours_rest PARTITION OF fleet.hours DEFAULT;
CREATE TABLE fleet.days_rest PARTITION OF fleet.days DEFAULT;

-- Makes the partitions of one table for [from_time, to_time) that are missing, and moves into them what lay in the
-- rest. Returns how many it made.
CREATE FUNCTION fleet.make_partitions(of_table name, from_time timestamptz, to_time timestamptz)
    RETURNS integer LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET timezone = 'UTC' AS $$
DECLARE
    width interval;
    low timestamptz;
    part text;
    columns text;
    made integer := 0;
BEGIN
    SELECT p.width INTO STRICT width FROM fleet.partitioned p WHERE p.table_name = of_table;
    SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum) INTO columns
        FROM pg_attribute
        WHERE attrelid = format('fleet.%I', of_table)::regclass AND attnum > 0 AND NOT attisdropped
            AND attgenerated = '';
    -- Two at once would make the same ones.
    PERFORM pg_advisory_xact_lock(hashtext('fleet.partitions'), hashtext(of_table));
    low := date_bin(width, from_time, 'epoch');
    WHILE low < to_time LOOP
        part := of_table || to_char(low, '"_"YYYYMMDD');
        IF to_regclass(format('fleet.%I', part)) IS NULL THEN
            EXECUTE format('CREATE TABLE fleet.%I (LIKE fleet.%I INCLUDING DEFAULTS INCLUDING GENERATED
                INCLUDING CONSTRAINTS)', part, of_table);
            EXECUTE format('WITH moved AS (DELETE FROM fleet.%I WHERE time >= %L AND time < %L RETURNING *)
                INSERT INTO fleet.%I (%s) SELECT %s FROM moved',
                of_table || '_rest', low, low + width, part, columns, columns);
            EXECUTE format('ALTER TABLE fleet.%I ATTACH PARTITION fleet.%I FOR VALUES FROM (%L) TO (%L)',
                of_table, part, low, low + width);
            made := made + 1;
        END IF;
        low := low + width;
    END LOOP;
    RETURN made;
END $$;

-- Drops the partitions of one table that end at `before` or earlier, and what is older in the rest. Returns how many.
CREATE FUNCTION fleet.drop_partitions(of_table name, before timestamptz)
    RETURNS integer LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET timezone = 'UTC' AS $$
DECLARE
    width interval;
    part record;
    dropped integer := 0;
BEGIN
    SELECT p.width INTO STRICT width FROM fleet.partitioned p WHERE p.table_name = of_table;
    FOR part IN
        SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
        WHERE i.inhparent = format('fleet.%I', of_table)::regclass AND c.relname ~ '_[0-9]{8}$'
            AND to_timestamp(right(c.relname, 8), 'YYYYMMDD') + width <= before
    LOOP
        EXECUTE format('DROP TABLE fleet.%I', part.relname);
        dropped := dropped + 1;
    END LOOP;
    EXECUTE format('DELETE FROM fleet.%I WHERE time < %L', of_table || '_rest', before);
    RETURN dropped;
END $$;

-- What a daily job calls: partitions from a day back to `ahead`, nothing past its retention.
CREATE FUNCTION fleet.maintain(at_time timestamptz, ahead interval DEFAULT '7 days')
    RETURNS TABLE (table_name name, made integer, dropped integer)
    LANGUAGE sql SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    SELECT p.table_name,
        fleet.make_partitions(p.table_name, at_time - interval '1 day', at_time + ahead),
        fleet.drop_partitions(p.table_name, at_time - p.retention)
    FROM fleet.partitioned p ORDER BY p.table_name;
END;
