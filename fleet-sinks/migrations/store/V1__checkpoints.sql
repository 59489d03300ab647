-- What a checkpoint store keeps: how far each partition is, and what belongs to that in the same transaction.
--
-- A store makes this by itself where it may, so every statement leaves alone what is there. Unsigned numbers of
-- 64 bits are kept as the same bits, signed.

CREATE SCHEMA IF NOT EXISTS fleet_stream;

-- One row: raised when the tables below change, so that an older program leaves a newer layout alone.
CREATE TABLE IF NOT EXISTS fleet_stream.layout (
    version integer NOT NULL PRIMARY KEY
);
-- 2: states go into a log of changes first.
INSERT INTO fleet_stream.layout VALUES (2) ON CONFLICT DO NOTHING;

CREATE TABLE IF NOT EXISTS fleet_stream.positions (
    pipeline text NOT NULL,
    partition text NOT NULL,
    -- Raised by each claim; commits with an older one are refused.
    token bigint NOT NULL,
    -- The last commit's number.
    seq bigint NOT NULL,
    next_offset bigint,
    ended boolean NOT NULL,
    -- The structure of the graph that made the state.
    fingerprint text,
    read bigint NOT NULL DEFAULT 0,
    accepted bigint NOT NULL DEFAULT 0,
    filtered bigint NOT NULL DEFAULT 0,
    dead_lettered bigint NOT NULL DEFAULT 0,
    late bigint NOT NULL DEFAULT 0,
    duplicate bigint NOT NULL DEFAULT 0,
    committed_at timestamptz,
    PRIMARY KEY (pipeline, partition)
) WITH (fillfactor = 50);

CREATE TABLE IF NOT EXISTS fleet_stream.states (
    pipeline text NOT NULL,
    partition text NOT NULL,
    node integer NOT NULL,
    -- UTF-8; as bytes, because a key may hold NUL.
    key bytea NOT NULL,
    version integer NOT NULL,
    bytes bytea NOT NULL,
    PRIMARY KEY (pipeline, partition, node, key)
) WITH (fillfactor = 80);
-- Snapshots are packed already.
ALTER TABLE fleet_stream.states ALTER COLUMN bytes SET STORAGE EXTERNAL;

-- What the keys of one commit became, in one value; folded into `states` when there is much of it.
CREATE TABLE IF NOT EXISTS fleet_stream.changes (
    pipeline text NOT NULL,
    partition text NOT NULL,
    seq bigint NOT NULL,
    packed bytea NOT NULL,
    PRIMARY KEY (pipeline, partition, seq)
);
ALTER TABLE fleet_stream.changes ALTER COLUMN packed SET STORAGE EXTERNAL;

CREATE TABLE IF NOT EXISTS fleet_stream.dead_letters (
    pipeline text NOT NULL,
    partition text NOT NULL,
    "offset" bigint NOT NULL,
    -- Who refused it: `decode`, or the name of a sink.
    stage text NOT NULL,
    reason text NOT NULL,
    raw bytea NOT NULL,
    -- Bytes in whole; `raw` may be the beginning.
    length bigint NOT NULL,
    buried_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX IF NOT EXISTS dead_letters_by_place ON fleet_stream.dead_letters (pipeline, partition, "offset");

CREATE TABLE IF NOT EXISTS fleet_stream.tallies (
    pipeline text NOT NULL,
    partition text NOT NULL,
    name text NOT NULL,
    count bigint NOT NULL,
    PRIMARY KEY (pipeline, partition, name)
) WITH (fillfactor = 50);

-- Tables of results, to be counted; those that a store made are dropped when the pipeline is wiped.
CREATE TABLE IF NOT EXISTS fleet_stream.result_tables (
    pipeline text NOT NULL,
    table_name text NOT NULL,
    made boolean NOT NULL,
    PRIMARY KEY (pipeline, table_name)
);
