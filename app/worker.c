/* A worker: waits for requests, serves them one by one, leaves when told to. */
#include "worker.h"

#include <inttypes.h>
#include <malloc.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include "endpoints.h"
#include "fastcgi.h"
#include "log.h"
#include "metrics.h"
#include "request.h"
#include "serve.h"

/* The arena keeps what a usual answer needs; a request may take at most 64 MiB. */
enum { ARENA_KEEP = 64 * 1024, ARENA_MOST = 64 * 1024 * 1024 };

enum { PAUSE_US = 10000, LARGE_BODY = 256 * 1024 };

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

/* What became of the question whether the key may do this. */
static enum metrics_verdict verdict_of(const struct request *request, const struct reply *reply,
                                       int64_t database_us)
{
    if (request->endpoint == NULL || !endpoint_takes_key(request->endpoint)) {
        return METRICS_NOT_ASKED;
    }
    if (request->admitted) {
        return METRICS_ADMITTED;
    }
    switch (reply->error) {
    case ERROR_MISSING_KEY:
        return METRICS_MISSING_KEY;
    case ERROR_INVALID_KEY:
        return METRICS_INVALID_KEY;
    case ERROR_EXPIRED_KEY:
        return METRICS_EXPIRED_KEY;
    case ERROR_REVOKED_KEY:
        return METRICS_REVOKED_KEY;
    case ERROR_RATE_LIMITED:
        return database_us > 0 ? METRICS_RATE_LIMITED : METRICS_RATE_LIMITED_REMEMBERED;
    case ERROR_PLAN_REQUIRED:
        return METRICS_PLAN_REQUIRED;
    case ERROR_INSUFFICIENT_SCOPE:
        return METRICS_INSUFFICIENT_SCOPE;
    default:
        return METRICS_UNDECIDED;
    }
}

static void count_request(struct worker *worker, const struct request *request,
                          const struct reply *reply, int64_t duration_us, int64_t database_us)
{
    const struct metrics_request figures = {
        .row = request->endpoint == NULL ? endpoint_count : (size_t)(request->endpoint - endpoints),
        .status = reply->status,
        .error = reply->error,
        .verdict = verdict_of(request, reply, database_us),
        .duration_us = duration_us,
        .database_us = database_us,
        .bytes_received = request->body_size,
        .bytes_sent = request->head_only ? 0 : reply->body_size,
        .rows_upserted = reply->rows_upserted,
        .rows_refused = reply->rows_refused,
    };
    metrics_count_request(worker->place, &figures);
}

/* Serves the request at hand, from its parameters to its answer. */
static void exchange(struct worker *worker)
{
    metrics_set_busy(worker->place, true);
    int64_t start = worker_now_us();
    const struct request_input input = {
        .method = fastcgi_parameter(worker->fastcgi, "REQUEST_METHOD"),
        .uri = fastcgi_parameter(worker->fastcgi, "REQUEST_URI"),
        .request_id = fastcgi_parameter(worker->fastcgi, "KABAIDO_REQUEST_ID"),
        .authorization = fastcgi_parameter(worker->fastcgi, "HTTP_AUTHORIZATION"),
        .authorization_count = fastcgi_parameter_count(worker->fastcgi, "HTTP_AUTHORIZATION"),
        .content_type = fastcgi_parameter(worker->fastcgi, "CONTENT_TYPE"),
        .content_encoding = fastcgi_parameter(worker->fastcgi, "HTTP_CONTENT_ENCODING"),
        .content_length = fastcgi_parameter(worker->fastcgi, "CONTENT_LENGTH"),
        .idempotency_key = fastcgi_parameter(worker->fastcgi, "HTTP_IDEMPOTENCY_KEY"),
        .if_none_match = fastcgi_parameter(worker->fastcgi, "HTTP_IF_NONE_MATCH"),
        .cookie = fastcgi_parameter(worker->fastcgi, "HTTP_COOKIE"),
        .origin = fastcgi_parameter(worker->fastcgi, "HTTP_ORIGIN"),
        .host = fastcgi_parameter(worker->fastcgi, "HTTP_HOST"),
        .address = fastcgi_parameter(worker->fastcgi, "REMOTE_ADDR"),
        .web_error = fastcgi_parameter(worker->fastcgi, "KABAIDO_WEB_ERROR"),
        .operations = fastcgi_parameter(worker->fastcgi, "KABAIDO_OPERATIONS"),
    };
    struct request request;
    struct reply reply;
    serve(worker, &input, &reply, &request);
    int64_t duration_us = worker_now_us() - start;
    int64_t database_us = db_take_elapsed_us(worker->db);
    count_request(worker, &request, &reply, duration_us, database_us);
    /* For the web server's log, which keeps them from the client: total and database, in µs. */
    reply_header_print(&reply, "X-Kabaido-Time", "%" PRId64 ";%" PRId64, duration_us, database_us);
    size_t head_size = 0;
    const char *head = reply_head(&reply, &head_size);
    if (head != NULL) {
        fastcgi_send(worker->fastcgi, head, head_size, reply.body,
                     request.head_only ? 0 : reply.body_size);
    }
    fastcgi_finish(worker->fastcgi);
    reply_forget(&reply);
    arena_reset(&worker->arena);
    if (request.body_size > LARGE_BODY) {
        malloc_trim(0); /* what a large call needed goes back to the system, not to the next one */
    }
    if (db_in_transaction(worker->db)) {
        log_event(LOG_LEVEL_ERROR, "a request left its transaction open: closing the connection");
        db_idle_event(worker->db);
    }
    note_connection(worker);
    metrics_set_busy(worker->place, false);
}

/* Serves one request if one is waiting; false when nobody is. */
static bool serve_next(struct worker *worker)
{
    switch (fastcgi_accept(worker->fastcgi)) {
    case FASTCGI_REQUEST:
        exchange(worker);
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
                              .slow_hashes = surroundings->slow_hashes};
    worker->db = db_new("kabaido-api", config->database_timeout_ms);
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
