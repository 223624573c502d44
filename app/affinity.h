/*
 * Where workers run. A worker that always finds its memory in the cache of the same CPU answers
 * sooner, and the scheduler does not try to guess, for the wake-up of each request, which CPU is
 * the best.
 */
#ifndef KABAIDO_AFFINITY_H
#define KABAIDO_AFFINITY_H

#include <stddef.h>

enum { AFFINITY_NONE = -1 };

/*
 * The place, among this many CPUs, of the worker with this index out of so many; AFFINITY_NONE when
 * the workers had better stay free.
 */
int affinity_of(size_t worker, size_t workers, size_t cpus);

/*
 * Binds the process that calls this, which is the worker with this index, to its CPU out of those
 * that it may use (cpusets, containers, taskset). Says in the log when the system does not let it;
 * a worker serves as well where it is.
 */
void affinity_bind(size_t worker, size_t workers);

#endif
