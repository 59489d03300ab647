-- What waits for topics: messages that were committed with a position, and dead letters. A store makes this by itself
-- where it may.

-- 4: an outbox, and dead letters that are relayed.
INSERT INTO fleet_stream.layout VALUES (4) ON CONFLICT DO NOTHING;

-- A message waits while it is neither relayed nor refused.
CREATE TABLE IF NOT EXISTS fleet_stream.outbox (
    -- The order within a key: its partition commits one transaction after the other.
    seq bigint GENERATED ALWAYS AS IDENTITY,
    -- Whose it is; null where nobody is kept apart.
    tenant text,
    pipeline text NOT NULL,
    topic text NOT NULL,
    id uuid NOT NULL,
    key bytea,
    value bytea,
    -- The timestamp of the record, in microseconds since 1970.
    at bigint NOT NULL,
    -- As those of dead letters.
    headers bytea,
    stored_at timestamptz NOT NULL DEFAULT now(),
    relayed_at timestamptz,
    -- Why its topic does not take it.
    relay_refused text,
    UNIQUE NULLS NOT DISTINCT (tenant, pipeline, topic, id)
);
CREATE INDEX IF NOT EXISTS outbox_waiting ON fleet_stream.outbox (pipeline, seq)
    WHERE relayed_at IS NULL AND relay_refused IS NULL;
CREATE INDEX IF NOT EXISTS outbox_refused ON fleet_stream.outbox (pipeline, seq) WHERE relay_refused IS NOT NULL;
CREATE INDEX IF NOT EXISTS outbox_relayed ON fleet_stream.outbox (pipeline, relayed_at) WHERE relayed_at IS NOT NULL;

ALTER TABLE fleet_stream.dead_letters
    ADD COLUMN IF NOT EXISTS seq bigint GENERATED ALWAYS AS IDENTITY,
    -- Whose it is; null where nobody is kept apart. Not `tenant`, because views over the earlier columns have that.
    ADD COLUMN IF NOT EXISTS owner_tenant text,
    ADD COLUMN IF NOT EXISTS relayed_at timestamptz,
    ADD COLUMN IF NOT EXISTS relay_refused text;
CREATE INDEX IF NOT EXISTS dead_letters_waiting ON fleet_stream.dead_letters (pipeline, seq)
    WHERE relayed_at IS NULL AND relay_refused IS NULL;
CREATE INDEX IF NOT EXISTS dead_letters_refused ON fleet_stream.dead_letters (pipeline, seq)
    WHERE relay_refused IS NOT NULL;
