-- Logs: results of one pipeline that another reads. A store makes this by itself where it may.

-- 5: logs.
INSERT INTO fleet_stream.layout VALUES (5) ON CONFLICT DO NOTHING;

-- The lanes of a log. A writer holds the locks of all lanes to its commit and takes numbers under them, so the numbers of
-- a lane become visible in their own order. Those of a sequence would not: a reader that goes by them would pass over
-- the rows of a slower transaction.
CREATE TABLE IF NOT EXISTS fleet_stream.log_heads (
    -- Whose it is; '' where nobody is kept apart.
    tenant text NOT NULL,
    log text NOT NULL,
    lane integer NOT NULL,
    -- The number of the next row.
    next bigint NOT NULL,
    PRIMARY KEY (tenant, log, lane)
) WITH (fillfactor = 50);

CREATE TABLE IF NOT EXISTS fleet_stream.log_rows (
    tenant text NOT NULL,
    log text NOT NULL,
    lane integer NOT NULL,
    seq bigint NOT NULL,
    -- UTF-8; as bytes, because a key may hold NUL.
    key bytea NOT NULL,
    -- The event time, in microseconds since 1970.
    at bigint NOT NULL,
    body bytea NOT NULL,
    PRIMARY KEY (tenant, log, lane, seq)
);

CREATE TABLE IF NOT EXISTS fleet_stream.log_readers (
    tenant text NOT NULL,
    log text NOT NULL,
    reader text NOT NULL,
    lane integer NOT NULL,
    -- The first row that it still needs.
    next bigint NOT NULL,
    -- Where it began: a pipeline that starts afresh as this reader needs every row from here on.
    began bigint NOT NULL,
    seen_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (tenant, log, reader, lane)
) WITH (fillfactor = 50);
