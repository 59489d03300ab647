-- What a dead letter is told apart by, and what else is known of its record. A store makes this by itself where it may.

-- 3: dead letters have an id.
INSERT INTO fleet_stream.layout VALUES (3) ON CONFLICT DO NOTHING;

ALTER TABLE fleet_stream.dead_letters
    -- A hash of pipeline, partition, offset, stage, raw and ordinal. The program that applies this file sets it in
    -- rows that are there; null only for a moment, in the same transaction.
    ADD COLUMN IF NOT EXISTS id uuid,
    -- How many of the same record, stage and bytes come before it in its commit.
    ADD COLUMN IF NOT EXISTS ordinal bigint NOT NULL DEFAULT 0,
    -- The input that holds the record and the offset there, if its partition has several inputs.
    ADD COLUMN IF NOT EXISTS place_input text,
    ADD COLUMN IF NOT EXISTS place_offset bigint,
    ADD COLUMN IF NOT EXISTS key text,
    -- When the log appended the record, in microseconds since 1970.
    ADD COLUMN IF NOT EXISTS log_time bigint,
    -- The headers of the message: a count, then each name and value after its length; numbers of 32 bits, low byte first.
    ADD COLUMN IF NOT EXISTS headers bytea;
