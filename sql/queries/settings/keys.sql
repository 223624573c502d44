-- The organisation's keys, newest first, or one of them, each under the prefix of its newest
-- credential and with its requests of the last 24 hours, the one that runs included.
-- $1 key or null for all.
SELECT k.key_id AS id, k.name, 'kbd_live_' || c.public_id AS prefix, to_jsonb(k.scopes) AS scopes,
       k.requests_per_minute AS "limit", k.created_by, k.created_at, k.expires_at,
       date_trunc('minute', w.last_at) AS last_used_at, k.revoked_at,
       CASE WHEN k.revoked_at IS NOT NULL THEN 'revoked'
            WHEN k.expires_at <= clock_timestamp() THEN 'expired'
            ELSE 'active' END AS state,
       (SELECT jsonb_build_object('prefix', 'kbd_live_' || f.public_id,
                                  'expires_at', to_char(f.expires_at AT TIME ZONE 'UTC',
                                                        'YYYY-MM-DD"T"HH24:MI:SS"Z"'))
          FROM credentials f
         WHERE f.org_id = k.org_id AND f.key_id = k.key_id AND f.public_id <> c.public_id
           AND f.expires_at > clock_timestamp() AND k.revoked_at IS NULL
         ORDER BY f.expires_at DESC
         LIMIT 1) AS previous,
       day.requests_24h, day.hours
  FROM api_keys k
  JOIN key_window w ON w.org_id = k.org_id AND w.key_id = k.key_id
 CROSS JOIN LATERAL (SELECT n.public_id
                       FROM credentials n
                      WHERE n.org_id = k.org_id AND n.key_id = k.key_id
                      ORDER BY n.created_at DESC, n.public_id
                      LIMIT 1) AS c
 CROSS JOIN LATERAL (
        SELECT sum(count)::bigint AS requests_24h,
               jsonb_agg(jsonb_build_object('hour', to_char(hour AT TIME ZONE 'UTC',
                                                            'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
                                            'requests', count) ORDER BY hour) AS hours
          FROM (SELECT h.hour, coalesce(u.requests, 0)
                               + CASE WHEN w.hour = h.hour THEN w.hour_requests ELSE 0 END AS count
                  FROM generate_series(date_trunc('hour', clock_timestamp(), 'UTC')
                                           - interval '23 hours',
                                       date_trunc('hour', clock_timestamp(), 'UTC'),
                                       interval '1 hour') AS h (hour)
                  LEFT JOIN usage_hourly u
                    ON u.org_id = k.org_id AND u.key_id = k.key_id AND u.hour = h.hour) AS counts
       ) AS day
 WHERE k.org_id = current_org_id() AND ($1::uuid IS NULL OR k.key_id = $1::uuid)
 ORDER BY k.created_at DESC, k.key_id;
