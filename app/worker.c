/* A worker: waits for requests, serves them one by one, leaves when told to. */
#include "worker.h"

#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

#include "fastcgi.h"
#include "log.h"
#include "request.h"
#include "serve.h"

/* The arena keeps what a usual answer needs; a request may take at most 64 MiB. */
enum { ARENA_KEEP = 64 * 1024, ARENA_MOST = 64 * 1024 * 1024 };

static volatile sig_atomic_t leaving;

static void on_leave(int signal_number)
{
    (void)signal_number;
    leaving = 1;
}

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
    if (status == DB_OK) {
        return own_results(calls, count, reply);
    }
    const struct db_error *error = db_error(worker->db);
    log_event(status == DB_REJECTED ? LOG_LEVEL_ERROR : LOG_LEVEL_WARNING,
              "database: %s%s%s (request %s)", error->sqlstate, error->sqlstate[0] ? " " : "",
              error->message, reply->request_id);
    if (status == DB_REJECTED) {
        return reply_error(reply, ERROR_INTERNAL, NULL, NULL);
    }
    reply_header(reply, "Retry-After", "1");
    return reply_error(reply, ERROR_UNAVAILABLE, NULL, NULL);
}

/* Serves the request at hand, from its parameters to its answer. */
static void exchange(struct worker *worker)
{
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
        .web_error = fastcgi_parameter(worker->fastcgi, "KABAIDO_WEB_ERROR"),
    };
    struct request request;
    struct reply reply;
    serve(worker, &input, &reply, &request);
    /* For the web server's log, which keeps them from the client: total and database, in µs. */
    reply_header_print(&reply, "X-Kabaido-Time", "%" PRId64 ";%" PRId64, worker_now_us() - start,
                       db_take_elapsed_us(worker->db));
    size_t head_size = 0;
    const char *head = reply_head(&reply, &head_size);
    if (head != NULL) {
        fastcgi_send(worker->fastcgi, head, head_size, reply.body,
                     request.head_only ? 0 : reply.body_size);
    }
    fastcgi_finish(worker->fastcgi);
    arena_reset(&worker->arena);
}

/* Serves until nobody is waiting. */
static void serve_waiting(struct worker *worker)
{
    for (;;) {
        switch (fastcgi_accept(worker->fastcgi)) {
        case FASTCGI_REQUEST:
            exchange(worker);
            break;
        case FASTCGI_BROKEN:
            break;
        case FASTCGI_NONE:
        default:
            return;
        }
    }
}

/*
 * Waits for a connection, for news on the idle database connection (the server going away is
 * noticed here and not by the next client), or for SIGTERM, which is delivered only in here.
 */
static void wait_for_work(struct worker *worker, int poller, const sigset_t *while_waiting)
{
    struct epoll_event events[2];
    int database = db_socket(worker->db);
    if (database >= 0 && worker->watched_connection != db_connections(worker->db)) {
        /* The former socket left the poller when it was closed. */
        struct epoll_event watch = {.events = EPOLLIN | EPOLLRDHUP, .data.fd = database};
        epoll_ctl(poller, EPOLL_CTL_ADD, database, &watch);
        worker->watched_connection = db_connections(worker->db);
    }
    int count = epoll_pwait(poller, events, 2, -1, while_waiting);
    for (int i = 0; i < count; i++) {
        if (events[i].data.fd == database) {
            db_idle_event(worker->db);
        }
    }
}

static bool worker_init(struct worker *worker, const struct config *config, int listener)
{
    *worker = (struct worker){.config = config};
    worker->db = db_new("kabaido-api", config->database_timeout_ms);
    worker->fastcgi = fastcgi_new(listener);
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

int worker_run(const struct config *config, int listener)
{
    struct worker worker;
    struct sigaction leave = {.sa_handler = on_leave};
    sigset_t while_waiting;
    sigaction(SIGTERM, &leave, NULL);
    sigprocmask(SIG_SETMASK, NULL, &while_waiting);
    sigdelset(&while_waiting, SIGTERM);

    /* EPOLLEXCLUSIVE: one new connection wakes one worker, not all of them. */
    int poller = epoll_create1(EPOLL_CLOEXEC);
    struct epoll_event watch = {.events = EPOLLIN | EPOLLEXCLUSIVE, .data.fd = listener};
    if (poller < 0 || epoll_ctl(poller, EPOLL_CTL_ADD, listener, &watch) != 0 ||
        !worker_init(&worker, config, listener)) {
        log_event(LOG_LEVEL_ERROR, "a worker cannot start: out of memory or descriptors");
        return EXIT_FAILURE;
    }
    if (db_connect(worker.db) != DB_OK) {
        log_event(LOG_LEVEL_WARNING, "database: %s", db_error(worker.db)->message);
    }
    while (!leaving) {
        serve_waiting(&worker);
        wait_for_work(&worker, poller, &while_waiting);
    }
    serve_waiting(&worker);
    worker_free(&worker);
    close(poller);
    return EXIT_SUCCESS;
}
