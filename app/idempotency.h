/*
 * Idempotency-Key: the same key and request gets the first answer again (draft-ietf-httpapi-
 * idempotency-key-header-06). See write.h for how it holds under concurrency and crashes.
 */
#ifndef KABAIDO_IDEMPOTENCY_H
#define KABAIDO_IDEMPOTENCY_H

#include <stdbool.h>
#include <stddef.h>

#include "db.h"
#include "reply.h"
#include "request.h"

/* Statements that idempotency_find() fills in, to be run with the transaction's begin. */
enum { IDEMPOTENCY_CALLS = 2 };

enum idempotency_state {
    IDEMPOTENCY_FIRST,  /* to be worked on; its answer is to be stored */
    IDEMPOTENCY_ANSWER, /* the reply holds the answer: replayed, or a refusal */
};

/*
 * Reads the header into *key: NULL when there is none. False: it is not 1 to 255 visible ASCII
 * characters, bare or in double quotes, and the reply says so.
 */
bool idempotency_read(const struct request *request, const char **key, struct reply *reply);

/* SHA-256 over what makes two requests the same: path, query and body; in the arena, or NULL. */
const char *idempotency_digest(const struct request *request);

void idempotency_find(const struct request *request, const char *key,
                      struct db_call calls[IDEMPOTENCY_CALLS]);

/* Judges the results of idempotency_find(). */
enum idempotency_state idempotency_judge(const struct db_call calls[IDEMPOTENCY_CALLS],
                                         const char *digest, struct reply *reply);

/* The statement that stores the reply. */
struct db_call idempotency_store(const struct request *request, const char *key, const char *digest,
                                 const struct reply *reply);

#endif
