/*
 * What may take half of a host's workers at once and no more, so that the other half is there for
 * everybody else: passwords' slow hashes, and one organisation's large bodies. Of a share, a worker
 * holds the lock of one byte in a file in memory that the pool has in common; the system gives it
 * back when a worker dies. A worker holds one at a time.
 */
#ifndef KABAIDO_SHARE_H
#define KABAIDO_SHARE_H

#include <stdbool.h>
#include <stdint.h>

#include "reply.h"

struct worker;

/* Which share. Organisations whose ids have the same hash have one together. */
enum { SHARE_SLOW_HASHES = 0 };
int64_t share_of_organisation(const char *org_id);

/* The file, for the master to make before it forks; -1 and errno where that fails. */
int share_open(void);

/*
 * Takes a place in a share. False where as many workers as may be are at it: the reply is a 503
 * that says why in these words.
 */
bool share_take(const struct worker *worker, int64_t share, const char *why, struct reply *reply);

/* Gives the place back. Harmless without one. */
void share_return(const struct worker *worker);

#endif
