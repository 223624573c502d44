/*
 * May this key do this now: one statement in the database says whether the key is revoked or
 * expired, whether its limit is spent (the strict window of docs/database.md), whether the plan
 * includes integrations and whether the scope is held, and counts the request.
 *
 * A read's own statements travel in the same pipeline and see rows only if the key was admitted.
 * Limit headers: draft-ietf-httpapi-ratelimit-headers-09 (RateLimit-Policy, RateLimit).
 */
#ifndef KABAIDO_ADMIT_H
#define KABAIDO_ADMIT_H

#include <stdbool.h>
#include <stddef.h>

#include "endpoints.h"
#include "reply.h"
#include "request.h"

struct worker;

/*
 * Runs the admission and the plan's statements in one transaction. True when the key was admitted;
 * the plan's calls then have results, owned by the request's arena. False: the reply is a 401, 403,
 * 429 or 503.
 */
bool admit(struct worker *worker, struct request *request, struct read_plan *plan,
           struct reply *reply);

/*
 * The admission as a statement, for a transaction of its own making: it opens the organisation's
 * rows to what follows. counted: whether the request counts (once is enough).
 */
struct db_call admit_call(const struct request *request, bool counted);

/* True when the result of admit_call() admits; else the reply says why not. */
bool admit_judge(struct request *request, const struct db_result *result, struct reply *reply);

#endif
