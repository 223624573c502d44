/*
 * A worker process: one request and one database connection at a time. Nothing is shared between
 * workers but the socket, the database, the page of metrics and the shares' locks.
 */
#ifndef KABAIDO_WORKER_H
#define KABAIDO_WORKER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "arena.h"
#include "config.h"
#include "credential_cache.h"
#include "db.h"
#include "reply.h"

struct fastcgi;
struct metrics;
struct metrics_place;

struct worker {
    const struct config *config;
    struct arena arena; /* of the request at hand */
    struct db *db;
    unsigned watched_connection; /* db_connections() when the poller last learnt of its socket */
    struct credential_cache credentials;
    struct fastcgi *fastcgi;
    unsigned fitting_connection;   /* db_connections() when all statements could be prepared */
    const struct metrics *metrics; /* of all workers */
    struct metrics_place *place;   /* this worker's, to count in; may be NULL */
    int shares;                    /* share.h */
};

/* What the master gives a worker to live with. */
struct worker_surroundings {
    const struct config *config;
    int listener;
    const struct metrics *metrics;
    struct metrics_place *place;
    int shares;
};

/*
 * Serves requests from the listening socket until it is told to leave, and returns the process's
 * exit status. SIGTERM: serve what is still waiting as well, since nobody else will. SIGQUIT: leave
 * what is waiting to others. The request at hand is finished either way. Both signals must be
 * blocked when this is called.
 */
int worker_run(const struct worker_surroundings *surroundings);

/*
 * Runs a pipeline; the results belong to the request. When it fails the reply is a 503 or 500, the
 * reason is logged, and false.
 */
bool worker_query(struct worker *worker, struct db_call *calls, size_t count, struct reply *reply);

/* The monotonic clock in microseconds. */
int64_t worker_now_us(void);

#endif
