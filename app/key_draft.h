/* A new secret of an API key, and what the database is to keep of it. */
#ifndef KABAIDO_KEY_DRAFT_H
#define KABAIDO_KEY_DRAFT_H

#include <stdbool.h>
#include <stdint.h>

#include "db.h"
#include "key.h"
#include "secret.h"

/* Holds a secret: cleanse it after use (secret_cleanse). */
struct key_draft {
    struct key key;
    uint8_t salt[SECRET_SALT_SIZE];
    uint8_t digest[SECRET_DIGEST_SIZE];
};

/* False when the system's random number generator fails; draft must not be used then. */
bool key_draft_make(struct key_draft *draft);

/*
 * Public id, salt and digest as three parameters of a call, from number first on. draft must live
 * as long as the call. A public id that is taken (one of 62^8) violates credentials_pkey.
 */
void key_draft_parameters(const struct key_draft *draft, struct db_call *call, int first);

#endif
