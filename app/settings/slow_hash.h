/*
 * How many workers may be at a password's slow hash at once: half of them, so that a crowd that
 * signs in (or tries to) never takes the API's workers away. Of a place, a worker holds the lock of
 * one byte in a file in memory that the pool shares; the system gives it back when a worker dies.
 */
#ifndef KABAIDO_SETTINGS_SLOW_HASH_H
#define KABAIDO_SETTINGS_SLOW_HASH_H

#include <stdbool.h>

#include "../reply.h"

struct worker;

/* The file, for the master to make before it forks; -1 and errno where that fails. */
int slow_hash_open(void);

/* Takes a place; false where none is free: the reply is a 503 that says to try again. */
bool slow_hash_begin(const struct worker *worker, struct reply *reply);

/* Gives the place back. Harmless without one. */
void slow_hash_end(const struct worker *worker);

#endif
