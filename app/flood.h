/*
 * Notices a flood of keys that nobody has. Such a key is well-formed, so that only the database can
 * say that it is unknown: whoever sends one after another keeps the workers from the requests of
 * good keys. Each worker counts what it refuses in a word that all workers of a host share; when
 * together they refuse more in a second than is usual, the web server is told to send the refusals
 * slowly. Who waits for each answer before the next try is then slow; no worker is held by it, and
 * the answer is the same.
 */
#ifndef KABAIDO_FLOOD_H
#define KABAIDO_FLOOD_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/* A second (of any clock, but one), and how many were counted in it and in the one before. */
typedef _Atomic uint64_t flood_memory;

enum { FLOOD_MOST = 65534 }; /* more than that cannot be told from that */

/*
 * Counts one more in this second. True when that makes more than most (up to FLOOD_MOST) in this
 * second, or when there were more in the last.
 */
bool flood_count(flood_memory *memory, int64_t second, unsigned most);

#endif
