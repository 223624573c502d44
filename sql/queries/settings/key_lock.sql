-- Makes whoever else would change the key wait, and says what it is good for. $1 key.
SELECT CASE WHEN revoked_at IS NOT NULL THEN 'revoked'
            WHEN expires_at <= clock_timestamp() THEN 'expired'
            ELSE 'active' END AS state
  FROM api_keys
 WHERE org_id = current_org_id() AND key_id = $1
   FOR NO KEY UPDATE;
