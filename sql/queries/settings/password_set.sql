-- A person's new password: $1 salt, $2 hash, $3 to $5 scrypt's N, r and p.
UPDATE users
   SET password_salt = $1, password_hash = $2, scrypt_n = $3, scrypt_r = $4, scrypt_p = $5
 WHERE org_id = current_org_id() AND user_id = current_user_id();
