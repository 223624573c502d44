/*
 * The passwords of people who sign in to Settings: which we take, and what is kept of them. Those
 * of API keys are another matter (secret.h): they are random, and checked with every request.
 */
#ifndef KABAIDO_PASSWORD_H
#define KABAIDO_PASSWORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "secret.h"

enum {
    PASSWORD_LEAST = 12,  /* characters */
    PASSWORD_MOST = 1024, /* bytes */
    PASSWORD_SALT_SIZE = 16,
    PASSWORD_HASH_SIZE = 32,
};

/* What the database keeps of a password: columns of the table users. */
struct password_hash {
    uint8_t salt[PASSWORD_SALT_SIZE];
    uint8_t hash[PASSWORD_HASH_SIZE];
    struct secret_cost cost; /* scrypt_n, scrypt_r, scrypt_p */
};

enum password_result {
    PASSWORD_RIGHT,
    PASSWORD_WRONG,
    PASSWORD_BROKEN, /* nothing was found out: no memory, or impossible parameters in stored */
};

/* What a new password costs: for a stored hash, see password_is_weak(). */
extern const struct secret_cost password_cost;

/*
 * The rule that length bytes of text break as the password of the person with this e-mail, as the
 * end of a sentence that begins with "it must"; NULL when it will do. No rule asks for digits or
 * the like: length alone makes a password hard to guess (NIST SP 800-63B, section 5.1.1.2).
 */
const char *password_fault(const char *text, size_t length, const char *email);

/* Salts and hashes a password at the cost of today. False (no randomness, no memory): cleansed. */
bool password_hash_new(const char *text, size_t length, struct password_hash *out);

/*
 * Whether the password is the one that was stored. stored NULL (nobody has this e-mail) is wrong
 * after the same time, so that the time tells nobody who has an account.
 */
enum password_result password_verify(const char *text, size_t length,
                                     const struct password_hash *stored);

/* True when the hash was made at a lower cost than today's: time to make a new one, at sign-in. */
bool password_is_weak(const struct password_hash *stored);

#endif
