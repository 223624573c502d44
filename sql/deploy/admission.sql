-- Deploy kabaido:admission to pg
-- The functions that look across organisations. They belong to kabaido_definer, which may pass row
-- security and owns nothing else; each tests the organisation by itself and pins its search_path.

BEGIN;

-- Who has this public id, before anything is known of the asker. A salted digest is all that it
-- tells, and only to the worker, which proves the secret against it.
CREATE FUNCTION credential_find(
    IN p_public_id text, OUT org_id uuid, OUT key_id uuid, OUT salt bytea, OUT hash bytea)
    RETURNS SETOF record
    LANGUAGE sql STABLE SECURITY DEFINER ROWS 1 SET search_path = pg_catalog, public, pg_temp
AS $$
    SELECT c.org_id, c.key_id, c.salt, c.hash FROM credentials c WHERE c.public_id = p_public_id;
$$;

-- The strict window. key_window.admitted is a plain log of the moments at which requests of the
-- key were admitted; an entry counts until it is 60 seconds old. In no 60 seconds, wherever they
-- begin, are more than p_quota admitted, and none is refused that a plain log would admit.
--
-- The log is exact up to 600 a minute. Beyond, an entry stands for up to ceil(p_quota / 600)
-- requests at the moment of its last one, which admits never more, and keeps the row small.
--
-- width_bucket() is a binary search: it returns the position of the last entry at or before the
-- cut. That entry stays in front as the base of totals, so the arrays are never empty. A full window
-- opens when the first entry after that expires, or a later one where the quota has been lowered:
-- the first after which fewer than p_quota remain, which the same search finds in totals.
--
-- The condition stands in the UPDATE itself, so that PostgreSQL evaluates it anew against the
-- row that it had to wait for. p_at: the moment of the request; the tests inject it.
CREATE FUNCTION window_take(
    IN p_org_id uuid, IN p_key_id uuid, IN p_quota integer, IN p_at timestamptz,
    OUT taken boolean, OUT used integer, OUT opens_at timestamptz)
    LANGUAGE plpgsql VOLATILE SECURITY INVOKER SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    cut   timestamptz := p_at - interval '60 seconds';
    share integer := (p_quota + 599) / 600;
BEGIN
    UPDATE key_window w
       SET admitted = CASE WHEN w.totals[cardinality(w.totals)]
                                - w.totals[greatest(cardinality(w.totals) - 1,
                                                    width_bucket(cut, w.admitted))]
                                BETWEEN 1 AND share - 1
                           THEN trim_array(w.admitted[width_bucket(cut, w.admitted):], 1)
                           ELSE w.admitted[width_bucket(cut, w.admitted):]
                      END || greatest(p_at, w.admitted[cardinality(w.admitted)]),
           totals = CASE WHEN w.totals[cardinality(w.totals)]
                              - w.totals[greatest(cardinality(w.totals) - 1,
                                                  width_bucket(cut, w.admitted))]
                              BETWEEN 1 AND share - 1
                         THEN trim_array(w.totals[width_bucket(cut, w.admitted):], 1)
                         ELSE w.totals[width_bucket(cut, w.admitted):]
                    END || w.totals[cardinality(w.totals)] + 1,
           last_at = p_at,
           hour_requests = w.hour_requests + 1
     WHERE w.org_id = p_org_id AND w.key_id = p_key_id
       AND w.totals[cardinality(w.totals)] - w.totals[width_bucket(cut, w.admitted)] < p_quota
    RETURNING true, w.totals[cardinality(w.totals)] - w.totals[1],
              w.admitted[2] + interval '60 seconds'
      INTO taken, used, opens_at;
    IF NOT FOUND THEN
        SELECT false, w.totals[cardinality(w.totals)] - w.totals[width_bucket(cut, w.admitted)],
               w.admitted[greatest(width_bucket(cut, w.admitted),
                                   width_bucket(w.totals[cardinality(w.totals)] - p_quota,
                                                w.totals)) + 1] + interval '60 seconds'
          INTO taken, used, opens_at
          FROM key_window w
         WHERE w.org_id = p_org_id AND w.key_id = p_key_id;
    END IF;
END
$$;

-- What a row of the window needs once in a while, before a request is taken from it:
-- * the hour turned: what it counted goes to usage_hourly;
-- * the running totals near the end of their type: they start over from the base;
-- * the clock was set back, so that entries lie in its future: they count as made now. That admits
--   never more, and closes the window for a minute at most, not for as long as the clock went back.
CREATE FUNCTION window_mend(IN p_org_id uuid, IN p_key_id uuid, IN p_at timestamptz)
    RETURNS void
    LANGUAGE plpgsql VOLATILE SECURITY INVOKER SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    seen key_window;
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
    UPDATE key_window w
       SET hour = date_trunc('hour', p_at, 'UTC'),
           hour_requests = seen.hour_requests,
           admitted = ARRAY(SELECT least(entry, p_at)
                              FROM unnest(seen.admitted) WITH ORDINALITY AS log (entry, place)
                             ORDER BY place),
           totals = ARRAY(SELECT total - seen.totals[1]
                            FROM unnest(seen.totals) WITH ORDINALITY AS log (total, place)
                           ORDER BY place)
     WHERE w.org_id = p_org_id AND w.key_id = p_key_id;
END
$$;

-- The admission of one request, asked for a credential whose secret the worker has proved. Says
-- whether the key is good for the operation right now, counts the request, and opens the
-- organisation's rows to the rest of the transaction.
--
-- verdict: unknown, revoked, expired: no such credential (any more); limited: the window is full,
-- nothing was counted or written; plan, scope: not allowed, but counted; admitted.
-- quota: requests a minute; remaining: what is left of them; reset_us: microseconds until the
-- window has room for one request more than now, or for any at all where it is full.
CREATE FUNCTION admit(
    IN p_org_id uuid, IN p_key_id uuid, IN p_public_id text, IN p_scope text, IN p_counted boolean,
    OUT verdict text, OUT quota integer, OUT remaining integer, OUT reset_us bigint)
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    at       timestamptz := clock_timestamp();
    key      record;
    opens_at timestamptz;
    taken    boolean := true;
    used     integer;
BEGIN
    SELECT k.requests_per_minute, k.revoked_at IS NOT NULL AS revoked,
           coalesce(k.expires_at <= at, false) OR coalesce(c.expires_at <= at, false) AS expired,
           p.integrations, p_scope IS NULL OR p_scope = ANY (k.scopes) AS scope_held,
           w.totals[cardinality(w.totals)]
               - w.totals[width_bucket(at - interval '60 seconds', w.admitted)] AS used,
           w.admitted[greatest(width_bucket(at - interval '60 seconds', w.admitted),
                               width_bucket(w.totals[cardinality(w.totals)]
                                                - k.requests_per_minute, w.totals)) + 1]
               + interval '60 seconds' AS opens_at,
           w.hour <> date_trunc('hour', at, 'UTC') OR w.totals[1] > 1000000000
               OR w.admitted[cardinality(w.admitted)] > at + interval '2 seconds' AS to_mend
      INTO key
      FROM credentials c
      JOIN api_keys k ON k.org_id = c.org_id AND k.key_id = c.key_id
      JOIN key_window w ON w.org_id = c.org_id AND w.key_id = c.key_id
      JOIN organisations o ON o.org_id = c.org_id
      JOIN plans p ON p.plan = o.plan
     WHERE c.public_id = p_public_id AND c.org_id = p_org_id AND c.key_id = p_key_id;
    IF NOT FOUND THEN
        verdict := 'unknown';
        RETURN;
    END IF;
    IF key.revoked THEN
        verdict := 'revoked';
        RETURN;
    END IF;
    IF key.expired THEN
        verdict := 'expired';
        RETURN;
    END IF;

    used := key.used;
    opens_at := key.opens_at;
    IF p_counted THEN
        IF key.to_mend THEN
            -- What others were admitted while we waited for the row is no entry from the future.
            PERFORM 1 FROM key_window w WHERE w.org_id = p_org_id AND w.key_id = p_key_id
                FOR NO KEY UPDATE;
            at := clock_timestamp();
            PERFORM window_mend(p_org_id, p_key_id, at);
        END IF;
        -- A full window is seen without a lock or a write: refusals cost no more than a look.
        taken := key.used < key.requests_per_minute OR key.to_mend;
        IF taken THEN
            SELECT w.taken, w.used, w.opens_at INTO taken, used, opens_at
              FROM window_take(p_org_id, p_key_id, key.requests_per_minute, at) AS w;
        END IF;
        -- The counter may be lost with the last half second before a crash; the answer to a read
        -- need not wait for the disk. Writes of data commit in transactions of their own.
        PERFORM set_config('synchronous_commit', 'off', true);
    END IF;

    quota := key.requests_per_minute;
    remaining := greatest(quota - used, 0);
    -- An entry that another session made a moment after our own look at the clock: still a minute.
    reset_us := coalesce(least(greatest(extract(epoch FROM opens_at - at) * 1000000, 0),
                               60000000), 0);
    IF NOT taken THEN
        verdict := 'limited';
    ELSIF NOT key.integrations THEN
        verdict := 'plan';
    ELSIF NOT key.scope_held THEN
        verdict := 'scope';
    ELSE
        verdict := 'admitted';
        PERFORM set_config('kabaido.org_id', p_org_id::text, true);
    END IF;
END
$$;

REVOKE EXECUTE ON FUNCTION credential_find(text), window_take(uuid, uuid, integer, timestamptz),
    window_mend(uuid, uuid, timestamptz), admit(uuid, uuid, text, text, boolean) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION credential_find(text), admit(uuid, uuid, text, text, boolean)
    TO kabaido_worker;

-- A function's new owner must be able to create in its schema, for as long as that takes.
GRANT CREATE ON SCHEMA public TO kabaido_definer;
ALTER FUNCTION credential_find(text) OWNER TO kabaido_definer;
ALTER FUNCTION window_take(uuid, uuid, integer, timestamptz) OWNER TO kabaido_definer;
ALTER FUNCTION window_mend(uuid, uuid, timestamptz) OWNER TO kabaido_definer;
ALTER FUNCTION admit(uuid, uuid, text, text, boolean) OWNER TO kabaido_definer;
REVOKE CREATE ON SCHEMA public FROM kabaido_definer;

COMMIT;
