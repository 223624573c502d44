/*
 * The figures of all workers, in memory that they share. The master maps it before it forks; each
 * worker has a place of its own there and is the only one who writes to it, so that counting is an
 * addition: no lock, no system call. Whoever reads sums over all places, also those of workers that
 * have died: a place goes to a successor as it is.
 *
 * At a reload the memory goes along to the program that is executed next, if that counts the same
 * things; else counting begins at zero, as after a start.
 */
#ifndef KABAIDO_METRICS_H
#define KABAIDO_METRICS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

#include "db.h"
#include "flood.h"
#include "reply.h"

enum {
    /* Room for the most workers there can be, and for those from before a reload. */
    METRICS_PLACES = 4096,
    METRICS_STATUSES = 17, /* the last: any other */
    METRICS_BUCKETS = 14,  /* the last: without bound */
    METRICS_PIPELINES = DB_REJECTED + 1,
};

/* What became of the question whether a key may do this now. */
enum metrics_verdict {
    METRICS_ADMITTED,
    METRICS_MISSING_KEY,
    METRICS_INVALID_KEY,
    METRICS_EXPIRED_KEY,
    METRICS_REVOKED_KEY,
    METRICS_RATE_LIMITED,
    METRICS_RATE_LIMITED_REMEMBERED, /* without asking the database */
    METRICS_PLAN_REQUIRED,
    METRICS_INSUFFICIENT_SCOPE,
    METRICS_UNDECIDED, /* the database was away */
    METRICS_VERDICTS,
    METRICS_NOT_ASKED = METRICS_VERDICTS, /* the request needed no key, or was refused before */
};

/* Of one endpoint. */
struct metrics_row {
    _Atomic uint64_t statuses[METRICS_STATUSES];
    _Atomic uint64_t durations[METRICS_BUCKETS]; /* each request in one of them */
    _Atomic uint64_t duration_us;
    _Atomic uint64_t database_us;
    _Atomic uint64_t bytes_received;
    _Atomic uint64_t bytes_sent;
    _Atomic uint64_t rows_upserted;
    _Atomic uint64_t rows_refused;
};

/* Of one worker. */
struct metrics_place {
    _Atomic pid_t owner; /* 0: nobody. The master's to write */
    _Atomic uint32_t busy;
    _Atomic uint64_t connected; /* to the database */

    /* Counters from here to the end, and nothing else: they are summed as an array. */
    _Atomic uint64_t verdicts[METRICS_VERDICTS];
    _Atomic uint64_t errors[ERROR_COUNT];
    _Atomic uint64_t pipelines[METRICS_PIPELINES]; /* by enum db_status */
    _Atomic uint64_t accept_failures;
    _Atomic uint64_t slowed;   /* refusals that the web server is to send slowly */
    struct metrics_row rows[]; /* the endpoints', then that of requests for none of them */
};

/* The master's own figures, which it alone writes but for one. */
struct metrics_master {
    uint64_t layout;                 /* what follows is the same thing to all who see this number */
    flood_memory unknown_keys;       /* refused by all workers, which write it */
    _Atomic uint64_t started_at;     /* seconds since 1970 */
    _Atomic uint64_t workers;        /* as configured */
    _Atomic uint64_t places;         /* places that were ever used */
    _Atomic uint64_t starts;         /* of workers */
    _Atomic uint64_t deaths_signal;  /* workers that were killed */
    _Atomic uint64_t deaths_exit;    /* that ended by themselves, unasked */
    _Atomic uint64_t deaths_overdue; /* that did not leave in time when they were to */
    _Atomic uint64_t reloads;
    _Atomic uint64_t reloads_refused;
};

struct metrics {
    struct metrics_master *master;
    int descriptor;
    size_t rows;
    size_t place_size;
};

/* One request that was answered. */
struct metrics_request {
    size_t row;       /* index of its endpoint; endpoint_count for none */
    int status;       /* HTTP */
    enum error error; /* or ERROR_COUNT */
    enum metrics_verdict verdict;
    int64_t duration_us;
    int64_t database_us;
    size_t bytes_received; /* of the body */
    size_t bytes_sent;
    size_t rows_upserted;
    size_t rows_refused;
};

/* --- The master's ------------------------------------------------------------------------------
 */

/*
 * Maps the memory, or takes over that of the master before a reload. workers: as configured. False
 * when the system is short of something.
 */
bool metrics_open(struct metrics *metrics, size_t workers);
void metrics_close(struct metrics *metrics);

/* For a reload: passes the memory on to the program that is executed next, or no longer does. */
void metrics_pass_on(const struct metrics *metrics);
void metrics_keep(const struct metrics *metrics);

/* A place that nobody has, or NULL. */
struct metrics_place *metrics_free_place(struct metrics *metrics);

/* A place is this worker's from now on. NULL: it has none, and counts nothing. */
void metrics_assign(struct metrics_place *place, pid_t worker);

/* The worker is gone: its place is free, and what it counted stays. */
void metrics_release(struct metrics *metrics, pid_t worker);

/* Frees the places of all workers that are not among these. */
void metrics_release_others(struct metrics *metrics, const pid_t *workers, int count);

/* Adds to a figure of whoever calls this: nobody else may write to it. */
void metrics_add(_Atomic uint64_t *counter, uint64_t amount);

/* --- A worker's; place may be NULL ---------------------------------------------------------------
 */

void metrics_set_busy(struct metrics_place *place, bool busy);
void metrics_set_connected(struct metrics_place *place, bool connected);
void metrics_count_request(struct metrics_place *place, const struct metrics_request *request);
void metrics_count_pipeline(struct metrics_place *place, enum db_status status);
void metrics_count_accept_failure(struct metrics_place *place);
void metrics_count_slowed(struct metrics_place *place);

/* --- The reader's ------------------------------------------------------------------------------
 */

/* Status and upper bound (in microseconds) by index; 0 for the last of each, which has none. */
int metrics_status(size_t index);
int64_t metrics_bound_us(size_t index);

struct metrics_place *metrics_place(const struct metrics *metrics, size_t index);

/* Prints all figures in Prometheus' text format 0.0.4. False when memory is out. */
bool metrics_print(const struct metrics *metrics, FILE *out);

#endif
