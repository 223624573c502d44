/* Asks the database for admission, and turns its verdict into headers and errors. */
#include "admit.h"

#include <inttypes.h>
#include <string.h>

#include "authenticate.h"
#include "credential_cache.h"
#include "worker.h"

enum { WINDOW_SECONDS = 60, MICROSECONDS = 1000000 };

static int64_t seconds_up(int64_t microseconds)
{
    return microseconds <= 0 ? 0 : (microseconds + MICROSECONDS - 1) / MICROSECONDS;
}

static void limit_headers(struct reply *reply, int64_t quota, int64_t remaining, int64_t reset_us)
{
    reply_header_print(reply, "RateLimit-Policy", "\"default\";q=%" PRId64 ";w=%d", quota,
                       WINDOW_SECONDS);
    reply_header_print(reply, "RateLimit", "\"default\";r=%" PRId64 ";t=%" PRId64, remaining,
                       seconds_up(reset_us));
}

/* Retry-After is rounded up, so that waiting it out is always enough. */
static bool refuse_limited(struct reply *reply, int64_t quota, int64_t opens_in_us)
{
    int64_t seconds = seconds_up(opens_in_us);
    seconds = seconds < 1 ? 1 : seconds;
    limit_headers(reply, quota, 0, opens_in_us);
    reply_header_print(reply, "Retry-After", "%" PRId64, seconds);
    return reply_error(reply, ERROR_RATE_LIMITED, NULL,
                       "This API key may make %" PRId64
                       " requests a minute and has made them. Retry after %" PRId64 " second%s.",
                       quota, seconds, seconds == 1 ? "" : "s");
}

static bool refuse_scope(struct reply *reply, const char *scope)
{
    reply_header_print(reply, "WWW-Authenticate",
                       "Bearer error=\"insufficient_scope\", scope=\"%s\"", scope);
    return reply_error_with(
        reply, ERROR_INSUFFICIENT_SCOPE, "required_scope", scope,
        arena_print(reply->arena, "The API key does not hold the scope %s.", scope));
}

/*
 * A flood on a spent key would otherwise cost a look into the database for each request. What is
 * remembered is only that it is spent, for a second at most.
 */
static void remember_refusal(struct credential *credential, int64_t quota, int64_t opens_in_us)
{
    int64_t now = worker_now_us();
    credential->quota = quota;
    credential->opens_at_us = now + opens_in_us;
    credential->refuse_until_us = now + (opens_in_us < MICROSECONDS ? opens_in_us : MICROSECONDS);
}

static bool refused_locally(const struct request *request, struct reply *reply)
{
    const struct credential *credential = request->credential;
    if (credential->refuse_until_us == 0 || (request->endpoint->flags & ENDPOINT_UNCOUNTED)) {
        return false;
    }
    int64_t now = worker_now_us();
    if (now >= credential->refuse_until_us) {
        return false;
    }
    refuse_limited(reply, credential->quota, credential->opens_at_us - now);
    return true;
}

bool admit_judge(struct request *request, const struct db_result *result, struct reply *reply)
{
    const char *verdict = db_rows(result) == 1 ? db_text(result, 0, 0) : "";
    int64_t quota = db_rows(result) == 1 ? db_integer(result, 0, 1) : 0;
    int64_t remaining = db_rows(result) == 1 ? db_integer(result, 0, 2) : 0;
    int64_t reset_us = db_rows(result) == 1 ? db_integer(result, 0, 3) : 0;
    if (strcmp(verdict, "unknown") == 0) {
        return authenticate_refuse(reply, ERROR_INVALID_KEY);
    }
    if (strcmp(verdict, "revoked") == 0) {
        return authenticate_refuse(reply, ERROR_REVOKED_KEY);
    }
    if (strcmp(verdict, "expired") == 0) {
        return authenticate_refuse(reply, ERROR_EXPIRED_KEY);
    }
    if (strcmp(verdict, "limited") == 0) {
        remember_refusal(request->credential, quota, reset_us);
        return refuse_limited(reply, quota, reset_us);
    }
    request->remaining = remaining;
    limit_headers(reply, quota, remaining, reset_us);
    if (strcmp(verdict, "plan") == 0) {
        return reply_error(reply, ERROR_PLAN_REQUIRED, NULL, NULL);
    }
    if (strcmp(verdict, "scope") == 0) {
        return refuse_scope(reply, request->endpoint->scope);
    }
    if (strcmp(verdict, "admitted") == 0) {
        request->admitted = true;
        return true;
    }
    return reply_error(reply, ERROR_INTERNAL, NULL, NULL);
}

/*
 * The failed transaction took its count back with it. A request counts all the same, or a query
 * that always fails could be sent without limit. Not when the connection was lost or the admission
 * itself was refused, which would be again: the client has waited for it long enough.
 */
static void count_alone(struct worker *worker, struct db_call *admission)
{
    const struct db_error *error = db_error(worker->db);
    bool lost = db_socket(worker->db) < 0 && strcmp(error->sqlstate, DB_LOCK_TIMEOUT) != 0;
    if (!lost && error->call > 0 && db_pipeline(worker->db, admission, 1) == DB_OK) {
        db_result_free(admission->result);
    }
}

struct db_call admit_call(const struct request *request, bool counted)
{
    const struct credential *credential = request->credential;
    return (struct db_call){
        .query = QUERY_ADMIT,
        .parameter_count = 5,
        .parameters = {credential->org_id, credential->key_id, credential->public_id,
                       request->endpoint->scope, counted ? "t" : "f"}
    };
}

bool admit(struct worker *worker, struct request *request, struct read_plan *plan,
           struct reply *reply)
{
    if (refused_locally(request, reply)) {
        return false;
    }
    bool counted = !(request->endpoint->flags & ENDPOINT_UNCOUNTED);
    struct db_call calls[1 + ENDPOINT_MAX_READS] = {admit_call(request, counted)};
    for (size_t i = 0; i < plan->count; i++) {
        calls[1 + i] = plan->calls[i];
    }
    if (!worker_query(worker, calls, 1 + plan->count, reply)) {
        if (plan->count > 0) {
            count_alone(worker, &calls[0]);
        }
        return false;
    }
    for (size_t i = 0; i < plan->count; i++) {
        plan->calls[i].result = calls[1 + i].result;
    }
    return admit_judge(request, calls[0].result, reply);
}
