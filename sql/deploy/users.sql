-- Deploy kabaido:users to pg
-- The people of an organisation, who sign in to Settings.

BEGIN;

CREATE TABLE users (
    org_id        uuid NOT NULL CONSTRAINT users_org REFERENCES organisations,
    user_id       uuid NOT NULL DEFAULT gen_random_uuid(),
    email         short_text NOT NULL
        CONSTRAINT users_email_has_a_domain CHECK (email ~ '^[^@\s]+@[^@\s]+$'),
    role          text COLLATE "C" NOT NULL
        CONSTRAINT users_role_known CHECK (role IN ('owner', 'admin', 'member')),
    -- scrypt (RFC 7914), with the parameters that made the hash beside it.
    password_salt bytea NOT NULL CONSTRAINT users_salt_16_bytes CHECK (length(password_salt) = 16),
    password_hash bytea NOT NULL CONSTRAINT users_hash_32_bytes CHECK (length(password_hash) = 32),
    scrypt_n      integer NOT NULL CONSTRAINT users_scrypt_n_strong CHECK (scrypt_n >= 16384),
    scrypt_r      integer NOT NULL CONSTRAINT users_scrypt_r_strong CHECK (scrypt_r >= 8),
    scrypt_p      integer NOT NULL CONSTRAINT users_scrypt_p_strong CHECK (scrypt_p >= 1),
    created_at    moment NOT NULL DEFAULT now(),
    disabled_at   moment,
    PRIMARY KEY (org_id, user_id)
);
CREATE UNIQUE INDEX users_email_unique ON users (org_id, lower(email));
COMMENT ON TABLE users IS 'Who may sign in; owner and admin manage keys';

ALTER TABLE users ENABLE ROW LEVEL SECURITY;
ALTER TABLE users FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON users USING (org_id = current_org_id());
CREATE POLICY managed ON users TO kabaido_tool USING (true);

GRANT SELECT, INSERT ON users TO kabaido_tool;
GRANT UPDATE (role, password_salt, password_hash, scrypt_n, scrypt_r, scrypt_p, disabled_at)
   ON users TO kabaido_tool;

COMMIT;
