-- Deploy kabaido:quick_admission to pg
-- The admission as one statement over three rows. It was half of what a request cost the database:
-- two thirds of that went into looking at five tables before the write, and, for a busy key, into
-- taking a log apart that had become too long for its page.

BEGIN;

-- What an organisation's plan says of integrations, kept beside each of its keys: the admission
-- need not go by the organisation to the plan. Triggers keep it, in the transaction that changes
-- the plan, so it is never behind.
ALTER TABLE organisations NO FORCE ROW LEVEL SECURITY;
ALTER TABLE api_keys NO FORCE ROW LEVEL SECURITY;
ALTER TABLE api_keys ADD COLUMN integrations boolean;
UPDATE api_keys k
   SET integrations = p.integrations
  FROM organisations o
  JOIN plans p ON p.plan = o.plan
 WHERE o.org_id = k.org_id;
ALTER TABLE api_keys ALTER COLUMN integrations SET NOT NULL;
ALTER TABLE organisations FORCE ROW LEVEL SECURITY;
COMMENT ON COLUMN api_keys.integrations IS
    'Whether the organisation''s plan includes integrations; kept by triggers';

-- Locks organisation and plan until the key is committed: a plan that changes meanwhile would not
-- see the key, and the key not the plan.
CREATE FUNCTION api_keys_learn_plan() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
    SELECT p.integrations INTO NEW.integrations
      FROM organisations o
      JOIN plans p ON p.plan = o.plan
     WHERE o.org_id = NEW.org_id
       FOR SHARE;
    IF NOT FOUND THEN
        NEW.integrations := false; -- the foreign key refuses it in a moment
    END IF;
    RETURN NEW;
END
$$;

CREATE FUNCTION organisations_tell_keys() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
    UPDATE api_keys k
       SET integrations = p.integrations
      FROM plans p
     WHERE k.org_id = NEW.org_id AND p.plan = NEW.plan;
    RETURN NULL;
END
$$;

CREATE FUNCTION plans_tell_keys() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
    UPDATE api_keys k
       SET integrations = NEW.integrations
      FROM organisations o
     WHERE o.plan = NEW.plan AND k.org_id = o.org_id;
    RETURN NULL;
END
$$;

CREATE TRIGGER learn_plan BEFORE INSERT ON api_keys
    FOR EACH ROW EXECUTE FUNCTION api_keys_learn_plan();
CREATE TRIGGER tell_keys AFTER UPDATE OF plan ON organisations
    FOR EACH ROW EXECUTE FUNCTION organisations_tell_keys();
CREATE TRIGGER tell_keys AFTER UPDATE OF integrations ON plans
    FOR EACH ROW EXECUTE FUNCTION plans_tell_keys();

GRANT UPDATE (integrations) ON api_keys, plans TO kabaido_definer;
GRANT UPDATE (plan) ON organisations TO kabaido_definer; -- FOR SHARE asks for it

-- How many requests a log holds that came after a moment.
CREATE FUNCTION window_used(p_admitted integer[], p_share integer, p_last_count integer,
                            p_after integer) RETURNS integer
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN CASE WHEN p_admitted[cardinality(p_admitted)] > p_after
                THEN (cardinality(p_admitted) - 1 - width_bucket(p_after, p_admitted)) * p_share
                     + p_last_count
                ELSE 0
           END;

-- The same requests in a log of another share: an entry stands for those that it holds at the moment
-- of the last of them, so that none counts shorter than it did. What is beyond the 600 that a full
-- window has is dropped at the old end: the window is full without it.
CREATE FUNCTION window_regroup(p_admitted integer[], p_share integer, p_last_count integer,
                               p_new_share integer, OUT admitted integer[], OUT last_count integer)
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$
    SELECT ARRAY(SELECT p_admitted[(least(entry * p_new_share, total) + p_share - 1) / p_share]
                   FROM generate_series(greatest(1, entries - 600), entries) AS entry
                  ORDER BY entry),
           total - (entries - 1) * p_new_share
      FROM (SELECT total, (total + p_new_share - 1) / p_new_share AS entries
              FROM (SELECT (cardinality(p_admitted) - 1) * p_share + p_last_count AS total) AS log
           ) AS log;
$$;

-- The log as 4-byte integers, microseconds of the half hour that the row is in, and nothing beside
-- them: 600 entries are 2.4 kB, of which three versions fit on a page. Timestamps with running totals
-- were three times that, and PostgreSQL compressed them at each request. PLAIN: do not even try.
ALTER TABLE key_window NO FORCE ROW LEVEL SECURITY;
ALTER TABLE key_window RENAME COLUMN admitted TO moments;
ALTER TABLE key_window
    ADD COLUMN base timestamptz NOT NULL DEFAULT '-infinity',
    ADD COLUMN admitted integer[] NOT NULL DEFAULT '{}',
    ADD COLUMN share integer NOT NULL DEFAULT 1,
    ADD COLUMN last_count integer NOT NULL DEFAULT 0,
    ALTER COLUMN admitted SET STORAGE PLAIN;
-- What the logs hold goes over, so that the limit holds while this is deployed.
UPDATE key_window w
   SET base = date_bin('30 minutes', now(), 'epoch'), share = log.share, last_count = log.last_count,
       admitted = ARRAY(
           SELECT greatest(-2000000000,
                           date_part('epoch', w.moments[width_bucket(w.totals[1] - 1
                                                                         + least(entry * log.share,
                                                                                 log.total),
                                                                     w.totals) + 1]
                                              - date_bin('30 minutes', now(), 'epoch')) * 1000000)
                  ::integer
             FROM generate_series(greatest(1, log.entries - 600), log.entries) AS entry
            ORDER BY entry)
  FROM (SELECT org_id, key_id, share, total, entries, total - (entries - 1) * share AS last_count
          FROM (SELECT org_id, key_id, share, total, (total + share - 1) / share AS entries
                  FROM (SELECT k.org_id, k.key_id, (k.requests_per_minute + 599) / 600 AS share,
                               o.totals[cardinality(o.totals)] - o.totals[1] AS total
                          FROM key_window o
                          JOIN api_keys k ON k.org_id = o.org_id AND k.key_id = o.key_id
                       ) AS log
               ) AS log
         WHERE total > 0
       ) AS log
 WHERE w.org_id = log.org_id AND w.key_id = log.key_id;
ALTER TABLE key_window DROP COLUMN moments, DROP COLUMN totals;
ALTER TABLE key_window FORCE ROW LEVEL SECURITY;
ALTER TABLE api_keys FORCE ROW LEVEL SECURITY;
COMMENT ON COLUMN key_window.base IS 'The half hour, in UTC, that the log counts from';
COMMENT ON COLUMN key_window.admitted IS
    'When requests were admitted, oldest first, in microseconds after base';
COMMENT ON COLUMN key_window.share IS
    'How many requests each entry but the last stands for: ceil(limit / 600)';
COMMENT ON COLUMN key_window.last_count IS 'How many requests the last entry stands for';

-- What a row of the window needs once in a while, before a request is taken from it:
-- * the hour turned: what it counted goes to usage_hourly;
-- * a half hour turned, or the key's limit asks for another share: the log is written anew;
-- * the clock was set back, so that entries lie in its future: they count as made now. That admits
--   never more, and closes the window for a minute at most, not for as long as the clock went back.
CREATE OR REPLACE FUNCTION window_mend(IN p_org_id uuid, IN p_key_id uuid, IN p_at timestamptz)
    RETURNS void
    LANGUAGE plpgsql VOLATILE SECURITY INVOKER SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    base  timestamptz := date_bin('30 minutes', p_at, 'epoch');
    at    bigint := date_part('epoch', p_at - base) * 1000000;
    shift bigint := 0;
    seen  key_window;
BEGIN
    SELECT * INTO seen FROM key_window w
     WHERE w.org_id = p_org_id AND w.key_id = p_key_id
       FOR NO KEY UPDATE;
    IF seen.hour_requests > 0 AND seen.hour <> date_trunc('hour', p_at, 'UTC') THEN
        INSERT INTO usage_hourly AS u (org_id, key_id, hour, requests)
        VALUES (p_org_id, p_key_id, seen.hour, seen.hour_requests)
            ON CONFLICT (org_id, key_id, hour) DO UPDATE SET requests = u.requests + excluded.requests;
        seen.hour_requests := 0;
    END IF;
    IF isfinite(seen.base) THEN
        shift := date_part('epoch', base - seen.base) * 1000000;
    END IF;
    seen.admitted := ARRAY(SELECT least(entry - shift, at)
                             FROM unnest(seen.admitted) WITH ORDINALITY AS log (entry, place)
                            WHERE entry - shift > at - 60000000
                            ORDER BY place);
    UPDATE key_window w
       SET hour = date_trunc('hour', p_at, 'UTC'), hour_requests = seen.hour_requests,
           base = date_bin('30 minutes', p_at, 'epoch'), share = mend.share,
           admitted = log.admitted, last_count = log.last_count
      FROM (SELECT (k.requests_per_minute + 599) / 600 AS share
              FROM api_keys k
             WHERE k.org_id = p_org_id AND k.key_id = p_key_id) AS mend
     CROSS JOIN LATERAL window_regroup(seen.admitted, seen.share, seen.last_count, mend.share) AS log
     WHERE w.org_id = p_org_id AND w.key_id = p_key_id;
END
$$;

-- The strict window. key_window.admitted is a plain log of the moments at which requests of the
-- key were admitted; an entry counts until it is 60 seconds old. In no 60 seconds, wherever they
-- begin, are more admitted than the key's limit, and none is refused that a plain log would admit.
--
-- The log is exact up to 600 a minute. Beyond, an entry stands for up to ceil(limit / 600) requests
-- at the moment of its last one, which admits never more, and keeps the row small.
--
-- width_bucket() is a binary search: how many entries are at or before the cut. A full window opens
-- when the first entry after that expires, or a later one where the limit has been lowered: the first
-- after which fewer than the limit remain.
--
-- The usual request is one UPDATE. All that could refuse it stands in its condition, so that
-- PostgreSQL evaluates it anew against a row that it had to wait for; only what it does not find is
-- looked at to say why.
--
-- The admission of one request, asked for a credential whose secret the worker has proved. Says
-- whether the key is good for the operation right now, counts the request, and opens the
-- organisation's rows to the rest of the transaction.
--
-- verdict: unknown, revoked, expired: no such credential (any more); limited: the window is full,
-- nothing was counted or written; plan, scope: not allowed, but counted; admitted.
-- quota: requests a minute; remaining: what is left of them; reset_us: microseconds until the
-- window has room for one request more than now, or for any at all where it is full.
CREATE OR REPLACE FUNCTION admit(
    IN p_org_id uuid, IN p_key_id uuid, IN p_public_id text, IN p_scope text, IN p_counted boolean,
    OUT verdict text, OUT quota integer, OUT remaining integer, OUT reset_us bigint)
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    at           timestamptz := clock_timestamp();
    half_hour    timestamptz;
    moment       integer; -- of the half hour, in microseconds, as the log has it
    cut          integer; -- a minute before
    integrations boolean;
    scope_held   boolean;
    used         integer;
    taken        boolean := true;
    key          record;
    ignored      text;
BEGIN
    -- Twice where the row has to be mended; once more where others did it meanwhile.
    FOR attempt IN 1 .. 4 LOOP
        half_hour := date_bin('30 minutes', at, 'epoch');
        moment := date_part('epoch', at - half_hour) * 1000000;
        cut := moment - 60000000;
        IF p_counted THEN
            UPDATE key_window w
               SET admitted = w.admitted[width_bucket(cut, w.admitted) + 1 :
                                         cardinality(w.admitted) - (w.last_count < w.share)::integer]
                              || greatest(moment, w.admitted[cardinality(w.admitted)]),
                   last_count = CASE WHEN w.last_count < w.share
                                          AND w.admitted[cardinality(w.admitted)] > cut
                                     THEN w.last_count + 1
                                     ELSE 1
                                END,
                   last_at = at,
                   hour_requests = w.hour_requests + 1
              FROM credentials c
              JOIN api_keys k ON k.org_id = c.org_id AND k.key_id = c.key_id
             WHERE c.public_id = p_public_id AND c.org_id = p_org_id AND c.key_id = p_key_id
               AND (c.expires_at > at) IS NOT FALSE
               AND (k.expires_at > at) IS NOT FALSE
               AND k.revoked_at IS NULL
               AND w.org_id = p_org_id AND w.key_id = p_key_id
               AND w.base = half_hour
               AND w.share = (k.requests_per_minute + 599) / 600
               AND (w.admitted[cardinality(w.admitted)] > moment + 2000000) IS NOT TRUE
               AND window_used(w.admitted, w.share, w.last_count, cut) < k.requests_per_minute
            RETURNING k.requests_per_minute, k.integrations,
                      p_scope IS NULL OR p_scope = ANY (k.scopes),
                      (cardinality(w.admitted) - 1) * w.share + w.last_count,
                      w.admitted[1] - cut
                 INTO quota, integrations, scope_held, used, reset_us;
            IF FOUND THEN
                -- The counter may be lost with the last half second before a crash; the answer to a
                -- read need not wait for the disk. Writes of data commit in transactions of their own.
                ignored := set_config('synchronous_commit', 'off', true);
                EXIT;
            END IF;
        END IF;

        SELECT k.requests_per_minute, k.integrations,
               p_scope IS NULL OR p_scope = ANY (k.scopes) AS scope_held,
               k.revoked_at IS NOT NULL AS revoked,
               coalesce(k.expires_at <= at, false) OR coalesce(c.expires_at <= at, false) AS expired,
               w.base, w.share, w.last_count, w.admitted
          INTO key
          FROM credentials c
          JOIN api_keys k ON k.org_id = c.org_id AND k.key_id = c.key_id
          JOIN key_window w ON w.org_id = c.org_id AND w.key_id = c.key_id
         WHERE c.public_id = p_public_id AND c.org_id = p_org_id AND c.key_id = p_key_id;
        IF NOT FOUND THEN
            verdict := 'unknown';
        ELSIF key.revoked THEN
            verdict := 'revoked';
        ELSIF key.expired THEN
            verdict := 'expired';
        END IF;
        IF verdict IS NOT NULL THEN
            quota := NULL; -- of an attempt before, as reset_us
            reset_us := NULL;
            RETURN;
        END IF;

        quota := key.requests_per_minute;
        integrations := key.integrations;
        scope_held := key.scope_held;
        IF key.base <> half_hour THEN -- by the log's own measure; one of long ago is empty by any
            moment := greatest(-2000000000, least(2000000000, date_part('epoch', at) * 1000000
                                                            - date_part('epoch', key.base) * 1000000));
            cut := moment - 60000000;
        END IF;
        used := window_used(key.admitted, key.share, key.last_count, cut);
        reset_us := key.admitted[width_bucket(cut, key.admitted) + 1
                                 + greatest(used - quota, 0) / key.share]::bigint - cut;
        EXIT WHEN NOT p_counted;
        IF key.base <> half_hour OR key.share <> (quota + 599) / 600
           OR key.admitted[cardinality(key.admitted)] > moment + 2000000 THEN
            -- What others were admitted while we waited for the row is no entry from the future.
            PERFORM 1 FROM key_window w WHERE w.org_id = p_org_id AND w.key_id = p_key_id
                FOR NO KEY UPDATE;
            at := clock_timestamp();
            PERFORM window_mend(p_org_id, p_key_id, at);
        ELSIF used >= quota THEN
            -- A full window is told without a lock or a write: refusals cost no more than looks.
            taken := false;
            EXIT;
        END IF;
        IF attempt = 4 THEN
            RAISE serialization_failure USING MESSAGE = 'the key changes faster than it is admitted';
        END IF;
    END LOOP;

    remaining := greatest(quota - used, 0);
    -- An entry that another session made a moment after our own look at the clock: still a minute.
    reset_us := coalesce(least(greatest(reset_us, 0), 60000000), 0);
    IF NOT taken THEN
        verdict := 'limited';
    ELSIF NOT integrations THEN
        verdict := 'plan';
    ELSIF NOT scope_held THEN
        verdict := 'scope';
    ELSE
        verdict := 'admitted';
        ignored := set_config('kabaido.org_id', p_org_id::text, true);
    END IF;
END
$$;

DROP FUNCTION window_take(uuid, uuid, integer, timestamptz);

REVOKE EXECUTE ON FUNCTION api_keys_learn_plan(), organisations_tell_keys(), plans_tell_keys(),
    window_used(integer[], integer, integer, integer),
    window_regroup(integer[], integer, integer, integer) FROM PUBLIC;

-- A function's new owner must be able to create in its schema, for as long as that takes.
GRANT CREATE ON SCHEMA public TO kabaido_definer;
ALTER FUNCTION api_keys_learn_plan() OWNER TO kabaido_definer;
ALTER FUNCTION organisations_tell_keys() OWNER TO kabaido_definer;
ALTER FUNCTION plans_tell_keys() OWNER TO kabaido_definer;
ALTER FUNCTION window_used(integer[], integer, integer, integer) OWNER TO kabaido_definer;
ALTER FUNCTION window_regroup(integer[], integer, integer, integer) OWNER TO kabaido_definer;
REVOKE CREATE ON SCHEMA public FROM kabaido_definer;

COMMIT;
