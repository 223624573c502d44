-- Revert kabaido:quick_admission from pg
-- The functions are those of the change admission, word for word.

BEGIN;

DROP TRIGGER learn_plan ON api_keys;
DROP TRIGGER tell_keys ON organisations;
DROP TRIGGER tell_keys ON plans;
DROP FUNCTION api_keys_learn_plan();
DROP FUNCTION organisations_tell_keys();
DROP FUNCTION plans_tell_keys();
REVOKE UPDATE (integrations) ON api_keys, plans FROM kabaido_definer;
REVOKE UPDATE (plan) ON organisations FROM kabaido_definer;
ALTER TABLE api_keys DROP COLUMN integrations;

ALTER TABLE key_window NO FORCE ROW LEVEL SECURITY;
ALTER TABLE key_window RENAME COLUMN admitted TO log;
ALTER TABLE key_window
    ADD COLUMN admitted timestamptz[] NOT NULL DEFAULT '{-infinity}',
    ADD COLUMN totals integer[] NOT NULL DEFAULT '{0}';
UPDATE key_window
   SET admitted = '-infinity'::timestamptz || ARRAY(
           SELECT base + entry * interval '1 microsecond'
             FROM unnest(log) WITH ORDINALITY AS log (entry, place)
            ORDER BY place),
       totals = 0 || ARRAY(
           SELECT (place - 1) * share + CASE WHEN place = cardinality(log) THEN last_count ELSE share END
             FROM generate_series(1, cardinality(log)) AS place
            ORDER BY place)
 WHERE log <> '{}';
ALTER TABLE key_window
    DROP COLUMN base, DROP COLUMN log, DROP COLUMN share, DROP COLUMN last_count;
ALTER TABLE key_window FORCE ROW LEVEL SECURITY;
COMMENT ON COLUMN key_window.admitted IS
    'When, oldest first; the first entry has expired and stays as the base of totals';
COMMENT ON COLUMN key_window.totals IS
    'Running total up to each entry, so that what lies between two entries is a subtraction';

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

CREATE OR REPLACE FUNCTION window_mend(IN p_org_id uuid, IN p_key_id uuid, IN p_at timestamptz)
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

CREATE OR REPLACE FUNCTION admit(
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

DROP FUNCTION window_regroup(integer[], integer, integer, integer);
DROP FUNCTION window_used(integer[], integer, integer, integer);

REVOKE EXECUTE ON FUNCTION window_take(uuid, uuid, integer, timestamptz) FROM PUBLIC;
GRANT CREATE ON SCHEMA public TO kabaido_definer;
ALTER FUNCTION window_take(uuid, uuid, integer, timestamptz) OWNER TO kabaido_definer;
REVOKE CREATE ON SCHEMA public FROM kabaido_definer;

COMMIT;
