-- Makes whoever else would change the user wait, and whoever is just adding a session of theirs (its
-- foreign key locks the user, too), so that the statements after this one see every session. No row:
-- there is no such user. $1 e-mail address.
SELECT user_id AS id
  FROM users
 WHERE lower(email COLLATE "C") = lower($1::text COLLATE "C")
   FOR UPDATE;
