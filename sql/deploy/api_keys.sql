-- Deploy kabaido:api_keys to pg
-- Keys, the credentials that prove them, the strict window that limits them, and their usage.

BEGIN;

CREATE TABLE api_keys (
    org_id              uuid NOT NULL CONSTRAINT api_keys_org REFERENCES organisations,
    key_id              uuid NOT NULL DEFAULT gen_random_uuid(),
    name                short_text NOT NULL,
    scopes              text[] NOT NULL
        CONSTRAINT api_keys_scopes_known CHECK (
            scopes <@ ARRAY['products:read', 'products:write', 'quotes:read', 'quotes:write',
                            'orders:read', 'customers:read', 'customers:write', 'requests:read',
                            'requests:write'] AND
            cardinality(scopes) >= 1 AND array_position(scopes, NULL) IS NULL),
    requests_per_minute integer NOT NULL DEFAULT 600
        CONSTRAINT api_keys_limit_sane CHECK (requests_per_minute BETWEEN 1 AND 1000000),
    created_by          text NOT NULL,
    created_at          moment NOT NULL DEFAULT now(),
    expires_at          moment,
    revoked_at          moment,
    PRIMARY KEY (org_id, key_id)
);
COMMENT ON TABLE api_keys IS 'What a key may do and for how long; its secrets are credentials';

-- The one tenant table whose key does not begin with org_id: a public id is looked up before any
-- organisation is known. A distributed database would replicate it.
CREATE TABLE credentials (
    public_id  text COLLATE "C" PRIMARY KEY
        CONSTRAINT credentials_public_id_form CHECK (public_id ~ '^[0-9A-Za-z]{8}$'),
    org_id     uuid NOT NULL,
    key_id     uuid NOT NULL,
    salt       bytea NOT NULL CONSTRAINT credentials_salt_16_bytes CHECK (length(salt) = 16),
    hash       bytea NOT NULL CONSTRAINT credentials_hash_32_bytes CHECK (length(hash) = 32),
    created_at moment NOT NULL DEFAULT clock_timestamp(),
    expires_at moment,
    CONSTRAINT credentials_key FOREIGN KEY (org_id, key_id) REFERENCES api_keys
);
CREATE INDEX credentials_of_key ON credentials (org_id, key_id);
COMMENT ON TABLE credentials IS
    'SHA-256(salt || secret) of each secret that a key has had; rotation adds a row and gives the '
    'earlier ones an end';

-- Changes with each admitted request: no index but the key's, and room on the page for the next
-- versions of the row, so that every update is a HOT update.
CREATE TABLE key_window (
    org_id        uuid NOT NULL,
    key_id        uuid NOT NULL,
    admitted      timestamptz[] NOT NULL DEFAULT '{-infinity}',
    totals        integer[] NOT NULL DEFAULT '{0}',
    last_at       timestamptz,
    hour          timestamptz NOT NULL DEFAULT '-infinity',
    hour_requests integer NOT NULL DEFAULT 0,
    PRIMARY KEY (org_id, key_id),
    CONSTRAINT key_window_key FOREIGN KEY (org_id, key_id) REFERENCES api_keys
) WITH (fillfactor = 40, autovacuum_vacuum_scale_factor = 0.2);
COMMENT ON TABLE key_window IS
    'The log of the requests that each key was admitted in the last 60 seconds: the exact window';
COMMENT ON COLUMN key_window.admitted IS
    'When, oldest first; the first entry has expired and stays as the base of totals';
COMMENT ON COLUMN key_window.totals IS
    'Running total up to each entry, so that what lies between two entries is a subtraction';
COMMENT ON COLUMN key_window.hour IS
    'The hour that hour_requests counts; moved to usage_hourly when the hour turns';

CREATE TABLE usage_hourly (
    org_id   uuid NOT NULL,
    key_id   uuid NOT NULL,
    hour     timestamptz NOT NULL,
    requests integer NOT NULL,
    PRIMARY KEY (org_id, key_id, hour),
    CONSTRAINT usage_hourly_key FOREIGN KEY (org_id, key_id) REFERENCES api_keys
);
COMMENT ON TABLE usage_hourly IS 'Admitted requests of the hours before the one in key_window';

ALTER TABLE api_keys ENABLE ROW LEVEL SECURITY;
ALTER TABLE api_keys FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON api_keys USING (org_id = current_org_id());
CREATE POLICY managed ON api_keys TO kabaido_tool USING (true);

ALTER TABLE credentials ENABLE ROW LEVEL SECURITY;
ALTER TABLE credentials FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON credentials USING (org_id = current_org_id());
CREATE POLICY managed ON credentials TO kabaido_tool USING (true);

ALTER TABLE key_window ENABLE ROW LEVEL SECURITY;
ALTER TABLE key_window FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON key_window USING (org_id = current_org_id());
CREATE POLICY managed ON key_window TO kabaido_tool USING (true);

ALTER TABLE usage_hourly ENABLE ROW LEVEL SECURITY;
ALTER TABLE usage_hourly FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON usage_hourly USING (org_id = current_org_id());
CREATE POLICY managed ON usage_hourly TO kabaido_tool USING (true);

GRANT SELECT ON api_keys, credentials, key_window TO kabaido_definer;
GRANT UPDATE ON key_window TO kabaido_definer;
GRANT SELECT, INSERT, UPDATE ON usage_hourly TO kabaido_definer;

-- A worker reads of its own organisation's credentials all but what proves them.
GRANT SELECT ON api_keys, key_window, usage_hourly TO kabaido_worker;
GRANT SELECT (public_id, org_id, key_id, created_at, expires_at) ON credentials TO kabaido_worker;

GRANT SELECT ON api_keys, credentials, key_window, usage_hourly TO kabaido_tool;
GRANT INSERT ON api_keys, credentials, key_window TO kabaido_tool;
GRANT UPDATE (name, requests_per_minute, expires_at, revoked_at) ON api_keys TO kabaido_tool;
GRANT UPDATE (expires_at) ON credentials TO kabaido_tool;

COMMIT;
