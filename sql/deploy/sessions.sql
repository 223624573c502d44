-- Deploy kabaido:sessions to pg
-- Signing in to Settings, the sessions that come of it, and what a signed-in admin may change.

BEGIN;

-- Who an e-mail address belongs to. The second table (with credentials) whose key does not begin
-- with org_id, since it is asked before any organisation is known; a distributed database would
-- replicate it. A trigger keeps it, so an address can sign in to one organisation only. Lower case
-- is ASCII's, here and in the workers alike.
CREATE TABLE sign_ins (
    email   text COLLATE "C" PRIMARY KEY CONSTRAINT sign_ins_lower_case CHECK (email = lower(email)),
    org_id  uuid NOT NULL,
    user_id uuid NOT NULL,
    CONSTRAINT sign_ins_user FOREIGN KEY (org_id, user_id) REFERENCES users
        ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED
);
CREATE INDEX sign_ins_of_user ON sign_ins (org_id, user_id);
COMMENT ON TABLE sign_ins IS 'The one user that an e-mail address, in lower case, signs in';

CREATE FUNCTION users_keep_sign_in() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
    IF TG_OP = 'UPDATE' THEN
        DELETE FROM sign_ins s WHERE s.org_id = OLD.org_id AND s.user_id = OLD.user_id;
    END IF;
    INSERT INTO sign_ins (email, org_id, user_id) VALUES (lower(NEW.email COLLATE "C"), NEW.org_id, NEW.user_id);
    RETURN NULL;
END
$$;
CREATE TRIGGER keep_sign_in AFTER INSERT OR UPDATE OF email ON users
    FOR EACH ROW EXECUTE FUNCTION users_keep_sign_in();

ALTER TABLE users NO FORCE ROW LEVEL SECURITY;
INSERT INTO sign_ins (email, org_id, user_id) SELECT lower(email COLLATE "C"), org_id, user_id FROM users;
SET CONSTRAINTS sign_ins_user IMMEDIATE; -- or its checks wait, and no table that waits can be altered
ALTER TABLE users FORCE ROW LEVEL SECURITY;

-- A browser that has signed in. Its cookie holds the organisation and a secret, of which this is
-- the SHA-256: 256 bits from a CSPRNG need no salt and no slow hash.
CREATE TABLE sessions (
    org_id     uuid NOT NULL,
    token_hash bytea NOT NULL CONSTRAINT sessions_hash_32_bytes CHECK (length(token_hash) = 32),
    user_id    uuid NOT NULL,
    created_at moment NOT NULL DEFAULT clock_timestamp(),
    seen_at    moment NOT NULL DEFAULT clock_timestamp(),
    expires_at moment NOT NULL DEFAULT clock_timestamp() + interval '12 hours',
    address    inet,
    PRIMARY KEY (org_id, token_hash),
    CONSTRAINT sessions_user FOREIGN KEY (org_id, user_id) REFERENCES users ON DELETE CASCADE
);
CREATE INDEX sessions_of_user ON sessions (org_id, user_id);
COMMENT ON TABLE sessions IS 'Who is signed in; a row is gone when its session has ended';
COMMENT ON COLUMN sessions.seen_at IS
    'To the minute: it ends 30 minutes after this, and at expires_at in any case';

-- The throttle of signing in: a leaky bucket for each address, account and browser, of which only
-- the moment is kept at which it is empty again (the generic cell rate algorithm). A bucket is known
-- by a digest, so the table says nothing of who tried.
CREATE TABLE sign_in_buckets (
    bucket   bytea PRIMARY KEY CONSTRAINT sign_in_buckets_32_bytes CHECK (length(bucket) = 32),
    empty_at timestamptz NOT NULL
);
CREATE INDEX sign_in_buckets_empty ON sign_in_buckets (empty_at);
COMMENT ON TABLE sign_in_buckets IS 'How hard somebody has been trying passwords, of late';

ALTER TABLE sessions ENABLE ROW LEVEL SECURITY;
ALTER TABLE sessions FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON sessions USING (org_id = current_org_id());
CREATE POLICY managed ON sessions TO kabaido_tool USING (true);

ALTER TABLE sign_ins ENABLE ROW LEVEL SECURITY;
ALTER TABLE sign_ins FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON sign_ins USING (org_id = current_org_id());

-- Who is signed in to this transaction: set by session_admit(), never by admit(), so that no API
-- key can do what only a person may.
CREATE FUNCTION current_user_id() RETURNS uuid
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN nullif(current_setting('kabaido.user_id', true), '')::uuid;
CREATE FUNCTION current_user_manages_keys() RETURNS boolean
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN coalesce(current_setting('kabaido.user_role', true), '') IN ('owner', 'admin');
GRANT EXECUTE ON FUNCTION current_user_id(), current_user_manages_keys() TO PUBLIC;

-- What a worker may change for a signed-in admin, and for nobody else.
GRANT INSERT (org_id, name, scopes, requests_per_minute, created_by, expires_at),
      UPDATE (name, requests_per_minute, revoked_at) ON api_keys TO kabaido_worker;
GRANT INSERT (public_id, org_id, key_id, salt, hash), UPDATE (expires_at)
   ON credentials TO kabaido_worker;
GRANT INSERT (org_id, key_id) ON key_window TO kabaido_worker;
CREATE POLICY made_by_admins ON api_keys AS RESTRICTIVE FOR INSERT TO kabaido_worker
    WITH CHECK (current_user_manages_keys());
CREATE POLICY changed_by_admins ON api_keys AS RESTRICTIVE FOR UPDATE TO kabaido_worker
    USING (current_user_manages_keys());
CREATE POLICY made_by_admins ON credentials AS RESTRICTIVE FOR INSERT TO kabaido_worker
    WITH CHECK (current_user_manages_keys());
CREATE POLICY changed_by_admins ON credentials AS RESTRICTIVE FOR UPDATE TO kabaido_worker
    USING (current_user_manages_keys());
CREATE POLICY made_by_admins ON key_window AS RESTRICTIVE FOR INSERT TO kabaido_worker
    WITH CHECK (current_user_manages_keys());

-- The trail: read by admins, written by whoever does something, changed by nobody.
GRANT SELECT, INSERT (org_id, actor, action, subject, details, address) ON audit TO kabaido_worker;
CREATE POLICY read_by_admins ON audit AS RESTRICTIVE FOR SELECT TO kabaido_worker
    USING (current_user_manages_keys());

-- Oneself, without what proves the password: that goes through sign_in_attempt().
GRANT SELECT (org_id, user_id, email, role, created_at, disabled_at),
      UPDATE (password_salt, password_hash, scrypt_n, scrypt_r, scrypt_p) ON users TO kabaido_worker;
CREATE POLICY oneself ON users AS RESTRICTIVE FOR ALL TO kabaido_worker
    USING (user_id = current_user_id());
GRANT SELECT, INSERT (org_id, token_hash, user_id, address), DELETE ON sessions TO kabaido_worker;
CREATE POLICY oneself ON sessions AS RESTRICTIVE FOR ALL TO kabaido_worker
    USING (user_id = current_user_id());
GRANT SELECT, DELETE ON sessions TO kabaido_tool;

GRANT SELECT ON users, sign_ins TO kabaido_definer;
GRANT UPDATE (password_hash) ON users TO kabaido_definer; -- to lock a row (sign_in_hold)
GRANT INSERT, DELETE ON sign_ins TO kabaido_definer;
GRANT SELECT, UPDATE (seen_at), DELETE ON sessions TO kabaido_definer;
GRANT SELECT, INSERT, UPDATE, DELETE ON sign_in_buckets TO kabaido_definer;

-- A try to sign in: drips into each of the buckets, and says who the address is and what proves the
-- password. A bucket takes p_most[i] tries at once and one more each p_every[i] seconds; where one
-- of them is full, nothing drips and retry_seconds says when there is room. The charge comes before
-- the answer is known, so that tries at the same time cannot pass together; a right password gets
-- it back (sign_in_refund). One row, whoever asked: an unknown address has nulls.
CREATE FUNCTION sign_in_attempt(
    IN p_email text, IN p_buckets bytea[], IN p_most integer[], IN p_every integer[],
    OUT retry_seconds integer, OUT org_id uuid, OUT user_id uuid, OUT email text, OUT disabled boolean,
    OUT salt bytea, OUT hash bytea, OUT n integer, OUT r integer, OUT p integer)
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    at timestamptz;
BEGIN
    -- Made and locked in one order, or two tries could wait for each other.
    INSERT INTO sign_in_buckets AS b (bucket, empty_at)
    SELECT t, '-infinity' FROM unnest(p_buckets) AS t ORDER BY t
        ON CONFLICT (bucket) DO UPDATE SET empty_at = b.empty_at;
    at := clock_timestamp();
    SELECT greatest(ceil(max(extract(epoch FROM greatest(b.empty_at, at) - at)
                             - (t.most - 1) * t.every)), 0)
      INTO retry_seconds
      FROM unnest(p_buckets, p_most, p_every) AS t (bucket, most, every)
      JOIN sign_in_buckets b ON b.bucket = t.bucket;
    -- Others that are empty by now, a few at a time: the table stays as small as the attack. Only
    -- when nothing is waited for any more, and only what nobody else has locked.
    DELETE FROM sign_in_buckets b
     WHERE b.bucket IN (SELECT o.bucket FROM sign_in_buckets o
                         WHERE o.empty_at < at AND NOT o.bucket = ANY (p_buckets)
                         ORDER BY o.empty_at LIMIT 8 FOR UPDATE SKIP LOCKED);
    IF retry_seconds > 0 THEN
        RETURN;
    END IF;
    UPDATE sign_in_buckets b
       SET empty_at = greatest(b.empty_at, at) + make_interval(secs => t.every)
      FROM unnest(p_buckets, p_every) AS t (bucket, every)
     WHERE b.bucket = t.bucket;
    SELECT u.org_id, u.user_id, u.email, u.disabled_at IS NOT NULL,
           u.password_salt, u.password_hash, u.scrypt_n, u.scrypt_r, u.scrypt_p
      INTO org_id, user_id, email, disabled, salt, hash, n, r, p
      FROM sign_ins s
      JOIN users u ON u.org_id = s.org_id AND u.user_id = s.user_id
     WHERE s.email = lower(p_email COLLATE "C");
END
$$;

-- Takes back what sign_in_attempt() put into the buckets.
CREATE FUNCTION sign_in_refund(IN p_buckets bytea[], IN p_every integer[]) RETURNS void
    LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
AS $$
    SELECT FROM sign_in_buckets b WHERE b.bucket = ANY (p_buckets) ORDER BY b.bucket FOR UPDATE;
    UPDATE sign_in_buckets b
       SET empty_at = b.empty_at - make_interval(secs => t.every)
      FROM unnest(p_buckets, p_every) AS t (bucket, every)
     WHERE b.bucket = t.bucket;
$$;

-- Holds a password as it was when it was proved, to the transaction's end: checking it took a while.
-- Whoever sets another waits and then ends the session that this transaction opens; where that is
-- done already, or the person was disabled, this one has to be tried again.
CREATE FUNCTION sign_in_hold(IN p_org_id uuid, IN p_user_id uuid, IN p_hash bytea) RETURNS void
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
    PERFORM 1
       FROM users u
      WHERE u.org_id = p_org_id AND u.user_id = p_user_id AND u.password_hash = p_hash
        AND u.disabled_at IS NULL
        FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'the password was changed while it was being checked'
            USING ERRCODE = 'serialization_failure';
    END IF;
END
$$;

-- The admission of a signed-in browser: opens the organisation's rows and the person's rights to
-- the rest of the transaction. verdict: signed_out: there is no such session (any more); role: it
-- takes an owner or an admin; admitted. Idle for 30 minutes or as old as it may be, a session ends.
CREATE FUNCTION session_admit(
    IN p_org_id uuid, IN p_token_hash bytea, IN p_to_manage_keys boolean,
    OUT verdict text, OUT user_id uuid, OUT email text, OUT role text, OUT integrations boolean)
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    at   timestamptz := clock_timestamp();
    seen record;
BEGIN
    SELECT s.seen_at, s.seen_at <= at - interval '30 minutes' OR s.expires_at <= at
               OR u.disabled_at IS NOT NULL AS ended,
           u.user_id, u.email, u.role, p.integrations
      INTO seen
      FROM sessions s
      JOIN users u ON u.org_id = s.org_id AND u.user_id = s.user_id
      JOIN organisations o ON o.org_id = s.org_id
      JOIN plans p ON p.plan = o.plan
     WHERE s.org_id = p_org_id AND s.token_hash = p_token_hash;
    verdict := 'signed_out';
    IF NOT FOUND THEN
        RETURN;
    END IF;
    IF seen.ended THEN
        DELETE FROM sessions s WHERE s.org_id = p_org_id AND s.token_hash = p_token_hash;
        RETURN;
    END IF;
    -- Once a minute, and by one of those who ask at the same time: nobody waits for it.
    IF seen.seen_at < at - interval '1 minute' THEN
        UPDATE sessions s SET seen_at = at
         WHERE s.org_id = p_org_id
           AND s.token_hash = (SELECT l.token_hash FROM sessions l
                                WHERE l.org_id = p_org_id AND l.token_hash = p_token_hash
                                  FOR NO KEY UPDATE SKIP LOCKED);
    END IF;
    user_id := seen.user_id;
    email := seen.email;
    role := seen.role;
    integrations := seen.integrations;
    IF p_to_manage_keys AND seen.role NOT IN ('owner', 'admin') THEN
        verdict := 'role';
        RETURN;
    END IF;
    verdict := 'admitted';
    PERFORM set_config('kabaido.org_id', p_org_id::text, true),
            set_config('kabaido.user_id', seen.user_id::text, true),
            set_config('kabaido.user_role', seen.role, true);
END
$$;

REVOKE EXECUTE ON FUNCTION users_keep_sign_in(),
    sign_in_attempt(text, bytea[], integer[], integer[]), sign_in_refund(bytea[], integer[]),
    sign_in_hold(uuid, uuid, bytea), session_admit(uuid, bytea, boolean) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION sign_in_attempt(text, bytea[], integer[], integer[]),
    sign_in_refund(bytea[], integer[]), sign_in_hold(uuid, uuid, bytea),
    session_admit(uuid, bytea, boolean) TO kabaido_worker;

GRANT CREATE ON SCHEMA public TO kabaido_definer;
ALTER FUNCTION users_keep_sign_in() OWNER TO kabaido_definer;
ALTER FUNCTION sign_in_attempt(text, bytea[], integer[], integer[]) OWNER TO kabaido_definer;
ALTER FUNCTION sign_in_refund(bytea[], integer[]) OWNER TO kabaido_definer;
ALTER FUNCTION sign_in_hold(uuid, uuid, bytea) OWNER TO kabaido_definer;
ALTER FUNCTION session_admit(uuid, bytea, boolean) OWNER TO kabaido_definer;
REVOKE CREATE ON SCHEMA public FROM kabaido_definer;

COMMIT;
