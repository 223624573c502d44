/*
 * A write's way: admit and count in a transaction of its own, read the body, then work in a second
 * transaction that begins by asking again whether the key is good. A counter's row lock is so never
 * held while a body is being worked on.
 *
 * With an Idempotency-Key (draft-ietf-httpapi-idempotency-key-header) the first answer is stored in
 * the transaction that does the work, so that either both are there or neither; a lock on the key,
 * held until the transaction ends, tells a second request that the first is still at work. Nothing
 * is left behind when a worker dies: PostgreSQL takes back the transaction and the lock.
 */
#ifndef KABAIDO_WRITE_H
#define KABAIDO_WRITE_H

#include <stdbool.h>

#include "reply.h"
#include "request.h"

struct worker;

/* Serves a request whose endpoint has perform(). False: the reply is an error. */
bool write_serve(struct worker *worker, struct request *request, struct reply *reply);

#endif
