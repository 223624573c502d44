-- What a secret is proved with. $1 public id.
SELECT salt, hash
  FROM credentials
 WHERE public_id = $1::text;
