-- The credential of a public id, before any organisation is known: its owner, salt and digest.
SELECT org_id, key_id, salt, hash
  FROM credential_find($1);
