/* A worker: waits for requests, serves them one by one, leaves when told to. */
#include "worker.h"

#include <malloc.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include "exchange.h"
#include "fastcgi.h"
#include "log.h"
#include "metrics.h"

/* The arena keeps what a usual answer needs; a request may take at most 64 MiB. */
enum { ARENA_KEEP = 64 * 1024, ARENA_MOST = 64 * 1024 * 1024 };

enum { PAUSE_US = 10000 };

int64_t worker_now_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static void release_result(void *result)
{
    db_result_free(result);
}

/* Every result goes to the arena, also when it cannot take one: then that one is released. */
static bool own_results(struct db_call *calls, size_t count, struct reply *reply)
{
    bool owned = true;
    for (size_t i = 0; i < count; i++) {
        if (calls[i].result != NULL) {
            calls[i].result = arena_own(reply->arena, calls[i].result, release_result);
            owned = owned && calls[i].result != NULL;
        }
    }
    return owned || reply_error(reply, ERROR_INTERNAL, NULL, NULL);
}

bool worker_query(struct worker *worker, struct db_call *calls, size_t count, struct reply *reply)
{
    enum db_status status = db_pipeline(worker->db, calls, count);
    metrics_count_pipeline(worker->place, status);
    if (status == DB_OK) {
        return own_results(calls, count, reply);
    }
    const struct db_error *error = db_error(worker->db);
    if (!error->deferred) { /* or an outage would write a line for every request that it refuses */
        log_event(status == DB_REJECTED ? LOG_LEVEL_ERROR : LOG_LEVEL_WARNING,
                  "database: %s%s%s (request %s)", error->sqlstate, error->sqlstate[0] ? " " : "",
                  error->message, reply->request_id);
    }
    if (status == DB_REJECTED) {
        return reply_error(reply, ERROR_INTERNAL, NULL, NULL);
    }
    reply_header(reply, "Retry-After", "1");
    return reply_error(reply, ERROR_UNAVAILABLE, NULL, NULL);
}

static void note_connection(const struct worker *worker)
{
    metrics_set_connected(worker->place, db_socket(worker->db) >= 0);
}

/* Serves one request if one is waiting; false when nobody is. */
static bool serve_next(struct worker *worker)
{
    switch (fastcgi_accept(worker->fastcgi)) {
    case FASTCGI_REQUEST:
        exchange(worker);
        note_connection(worker);
        return true;
    case FASTCGI_BROKEN:
        metrics_count_accept_failure(worker->place);
        usleep(PAUSE_US); /* the system is short of something: trying at once would not help it */
        return true;
    case FASTCGI_NONE:
    default:
        return false;
    }
}

/*
 * What a worker waits for. Signals come as a descriptor among the others: a handler would run only
 * when nothing else is ready, and a worker under load always has something else.
 */
struct sources {
    int poller;
    int signals;
};

static bool watch(int poller, int descriptor, uint32_t events)
{
    struct epoll_event event = {.events = events, .data.fd = descriptor};
    return descriptor >= 0 && epoll_ctl(poller, EPOLL_CTL_ADD, descriptor, &event) == 0;
}

static bool sources_init(struct sources *sources, int listener)
{
    sigset_t leave;
    sigemptyset(&leave);
    sigaddset(&leave, SIGTERM);
    sigaddset(&leave, SIGQUIT);
    *sources = (struct sources){.poller = epoll_create1(EPOLL_CLOEXEC),
                                .signals = signalfd(-1, &leave, SFD_CLOEXEC | SFD_NONBLOCK)};
    /* EPOLLEXCLUSIVE: one new connection wakes one worker, not all of them. */
    return sources->poller >= 0 && watch(sources->poller, listener, EPOLLIN | EPOLLEXCLUSIVE) &&
           watch(sources->poller, sources->signals, EPOLLIN);
}

static void sources_free(const struct sources *sources)
{
    close(sources->signals);
    close(sources->poller);
}

/* The signal that says to leave, or 0. */
static int read_signal(const struct sources *sources)
{
    struct signalfd_siginfo signal;
    ssize_t size = read(sources->signals, &signal, sizeof(signal));
    return size == (ssize_t)sizeof(signal) ? (int)signal.ssi_signo : 0;
}

/*
 * Waits for a connection, for a signal, or for news on the idle database connection (the server
 * going away is noticed here and not by the next client). Returns the signal, or 0.
 */
static int wait_for_work(struct worker *worker, const struct sources *sources)
{
    struct epoll_event events[3];
    int signal = 0;
    int database = db_socket(worker->db);
    if (database >= 0 && worker->watched_connection != db_connections(worker->db)) {
        /* The former socket left the poller when it was closed. */
        watch(sources->poller, database, EPOLLIN | EPOLLRDHUP);
        worker->watched_connection = db_connections(worker->db);
    }
    int count = epoll_wait(sources->poller, events, 3, -1);
    for (int i = 0; i < count; i++) {
        if (events[i].data.fd == database) {
            db_idle_event(worker->db);
            note_connection(worker);
        } else if (events[i].data.fd == sources->signals) {
            signal = read_signal(sources);
        }
    }
    return signal;
}

/*
 * What a request has taken stays with the process for the next, up to this: by default the heap's
 * end would go back to the system and be asked for again several times a request. Larger blocks, of
 * bulk bodies, are mapped one by one and do go back.
 */
enum { HEAP_KEEP = 1024 * 1024, MAPPED_FROM = 128 * 1024 };

static void keep_heap(void)
{
    mallopt(M_TRIM_THRESHOLD, HEAP_KEEP);
    mallopt(M_TOP_PAD, MAPPED_FROM);
    mallopt(M_MMAP_THRESHOLD, MAPPED_FROM);
}

static bool worker_init(struct worker *worker, const struct worker_surroundings *surroundings)
{
    const struct config *config = surroundings->config;
    keep_heap();
    *worker = (struct worker){.config = config,
                              .metrics = surroundings->metrics,
                              .place = surroundings->place,
                              .shares = surroundings->shares};
    worker->db = db_new("kabaido-api", config->database_timeout_ms, config->prepared_statements);
    worker->fastcgi = fastcgi_new(surroundings->listener);
    return arena_init(&worker->arena, ARENA_KEEP, ARENA_MOST) &&
           credential_cache_init(&worker->credentials, (size_t)config->credential_cache) &&
           worker->db != NULL && worker->fastcgi != NULL;
}

static void worker_free(struct worker *worker)
{
    fastcgi_free(worker->fastcgi);
    db_free(worker->db);
    credential_cache_free(&worker->credentials);
    arena_free(&worker->arena);
}

/* Looks at everything before each request, so that a worker that is never idle misses nothing. */
static void serve_until_told(struct worker *worker, const struct sources *sources)
{
    int signal;
    while ((signal = wait_for_work(worker, sources)) == 0) {
        serve_next(worker);
    }
    while (signal == SIGTERM && serve_next(worker)) {
    }
}

int worker_run(const struct worker_surroundings *surroundings)
{
    struct worker worker;
    struct sources sources;
    bool ready = sources_init(&sources, surroundings->listener);
    ready = worker_init(&worker, surroundings) && ready;
    if (ready) {
        if (db_connect(worker.db) != DB_OK) {
            log_event(LOG_LEVEL_WARNING, "database: %s", db_error(worker.db)->message);
        }
        note_connection(&worker);
        serve_until_told(&worker, &sources);
    } else {
        log_event(LOG_LEVEL_ERROR, "a worker cannot start: out of memory or descriptors");
    }
    worker_free(&worker);
    sources_free(&sources);
    return ready ? EXIT_SUCCESS : EXIT_FAILURE;
}
