/* Takes a request from the web server, has it served, sends the answer, and counts it. */
#include "exchange.h"

#include <inttypes.h>
#include <malloc.h>

#include "endpoints.h"
#include "fastcgi.h"
#include "log.h"
#include "metrics.h"
#include "request.h"
#include "serve.h"
#include "worker.h"

enum { LARGE_BODY = 256 * 1024 };

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

void exchange(struct worker *worker)
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
    metrics_set_busy(worker->place, false);
}
