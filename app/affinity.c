/* Spreads the workers over the CPUs that they may use, the same number to each. */
#include "affinity.h"

#include <errno.h>
#include <sched.h>
#include <stdbool.h>
#include <string.h>

#include "log.h"

/*
 * Only when each CPU gets the same number. One that has a worker more than another would be where
 * requests wait while the other is idle, and a bound worker cannot go there; with fewer workers
 * than CPUs, one would wait for whoever else comes to its CPU with others free beside it. To both
 * the scheduler knows a better answer, as long as it may give it.
 */
int affinity_of(size_t worker, size_t workers, size_t cpus)
{
    bool even = cpus > 1 && workers >= cpus && workers % cpus == 0;
    return even ? (int)(worker % cpus) : AFFINITY_NONE;
}

/* The number of the CPU that has this place in a set; the set must have that many. */
static size_t cpu_at(const cpu_set_t *set, int place)
{
    size_t cpu = 0;
    for (;; cpu++) {
        if (CPU_ISSET(cpu, set) && place-- == 0) {
            return cpu;
        }
    }
}

/* All workers would say the same: the first says it for all of them. */
static void note_failure(size_t worker, const char *what)
{
    log_event(worker == 0 ? LOG_LEVEL_WARNING : LOG_LEVEL_DEBUG,
              "workers are not bound to CPUs: %s: %s", what, strerror(errno));
}

void affinity_bind(size_t worker, size_t workers)
{
    cpu_set_t allowed;
    CPU_ZERO(&allowed);
    if (sched_getaffinity(0, sizeof(allowed), &allowed) != 0) {
        note_failure(worker, "sched_getaffinity"); /* a machine of more than 1,024 CPUs */
        return;
    }
    int place = affinity_of(worker, workers, (size_t)CPU_COUNT(&allowed));
    if (place == AFFINITY_NONE) {
        return;
    }
    cpu_set_t own;
    CPU_ZERO(&own);
    CPU_SET(cpu_at(&allowed, place), &own);
    if (sched_setaffinity(0, sizeof(own), &own) != 0) {
        note_failure(worker, "sched_setaffinity");
    }
}
