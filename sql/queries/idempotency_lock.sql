-- Whether this request is the only one at work for its Idempotency-Key, until its transaction ends.
-- A statement of its own before the look-up, which then sees what the last holder committed.
-- $1 API key, $2 Idempotency-Key.
SELECT pg_try_advisory_xact_lock(hashtextextended($1::uuid::text || ' ' || $2::text, 0)) AS locked;
