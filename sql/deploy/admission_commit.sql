-- Deploy kabaido:admission_commit to pg
-- Where a standby may become primary at any moment, a count that only the primary has is no limit: the
-- new primary would not know of the last requests, and a primary that has been cut off would go on
-- admitting for as long as nobody tells it, a second time what the new one admits. So where PostgreSQL
-- has synchronous standbys, an admission waits until one has been given it (remote_write: not for that
-- one's disk). A primary that is cut off then admits nobody; and nothing that a client was shown can be
-- unknown to the next primary. Without synchronous standbys nothing changes.
--
-- The operator may say otherwise, with any value that synchronous_commit takes:
--   ALTER DATABASE kabaido SET kabaido.admission_commit = 'off';
-- docs/database.md, "The strict window", has what that gives away.
--
-- All else of the function is as quick_admission has it.

BEGIN;

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
                -- On one host the counter may be lost with the last half second before a crash; the
                -- answer to a read need not wait for the disk. Writes of data commit in transactions
                -- of their own.
                ignored := set_config('synchronous_commit', coalesce(
                    nullif(current_setting('kabaido.admission_commit', true), ''),
                    CASE current_setting('synchronous_standby_names')
                        WHEN '' THEN 'off' ELSE 'remote_write' END), true);
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

COMMIT;
