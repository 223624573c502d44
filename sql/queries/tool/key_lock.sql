-- Makes whoever else would change the key wait, so that the statements after this one see it as it
-- is. $1 public id of any of its credentials.
SELECT FROM api_keys k
  JOIN credentials c ON c.org_id = k.org_id AND c.key_id = k.key_id
 WHERE c.public_id = $1::text
   FOR NO KEY UPDATE OF k;
