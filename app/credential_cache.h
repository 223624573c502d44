/*
 * The credentials that a worker has seen lately. Salt, digest and key of a credential never change
 * (rotation makes a new one), so there is nothing here that could go stale: whether a credential is
 * still valid is asked of the database with every request (admit.h).
 */
#ifndef KABAIDO_CREDENTIAL_CACHE_H
#define KABAIDO_CREDENTIAL_CACHE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "key.h"
#include "secret.h"

enum { CREDENTIAL_UUID_SIZE = 37 };

struct credential {
    char public_id[KEY_PUBLIC_ID_LENGTH + 1]; /* "" for an empty place */
    char org_id[CREDENTIAL_UUID_SIZE];
    char key_id[CREDENTIAL_UUID_SIZE];
    uint8_t salt[SECRET_SALT_SIZE];
    uint8_t digest[SECRET_DIGEST_SIZE];
    uint64_t last_use; /* grows with each look-up; the smallest of a set is replaced */

    /*
     * A key that was just told 429 may be refused without the database until this moment
     * (monotonic, microseconds): at most a second, and never beyond the moment when the window
     * opens again. 0: ask.
     */
    int64_t refuse_until_us;
    int64_t opens_at_us; /* monotonic; when the window opens again */
    int64_t quota;       /* requests a minute, as last told */
};

struct credential_cache {
    struct credential *places;
    size_t sets; /* a power of two */
    uint64_t uses;
};

/* entries: how many to remember, rounded up to a power of two of sets of four. */
bool credential_cache_init(struct credential_cache *cache, size_t entries);
void credential_cache_free(struct credential_cache *cache);

/* The credential of this public id, or NULL. Valid until the next put. */
struct credential *credential_cache_get(struct credential_cache *cache, const char *public_id);

/* Remembers a copy in place of the least recently used of its set, and returns the place. */
struct credential *credential_cache_put(struct credential_cache *cache,
                                        const struct credential *credential);

#endif
