/*
 * A transaction of several round trips in one organisation, for the work of a write. It begins with
 * the admission, uncounted: that opens the organisation's rows, and a key that was revoked since,
 * or a session that was ended, is refused here.
 */
#ifndef KABAIDO_TRANSACTION_H
#define KABAIDO_TRANSACTION_H

#include <stdbool.h>
#include <stddef.h>

#include "db.h"
#include "reply.h"
#include "request.h"

struct worker;

enum { TRANSACTION_MAX_CALLS = DB_MAX_CALLS - 2 };

/* BEGIN, the admission, and calls (at most TRANSACTION_MAX_CALLS) in one round trip. */
bool transaction_begin(struct worker *worker, struct request *request, struct db_call *calls,
                       size_t count, struct reply *reply);

/* calls and COMMIT in one round trip. What is answered after it stands. */
bool transaction_commit(struct worker *worker, struct db_call *calls, size_t count,
                        struct reply *reply);

/* Takes back what was done. Harmless when no transaction is open. */
void transaction_rollback(struct worker *worker);

#endif
