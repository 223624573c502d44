/* Serves the operations that change something. */
#include "write.h"

#include "admit.h"
#include "body.h"
#include "endpoints.h"
#include "idempotency.h"
#include "parameters.h"
#include "share.h"
#include "transaction.h"
#include "worker.h"

/* An answer whose work does not stand must not say where it is. */
static bool commit(struct worker *worker, struct db_call *calls, size_t count, struct reply *reply)
{
    if (transaction_commit(worker, calls, count, reply)) {
        return true;
    }
    reply_header(reply, "Location", NULL);
    return false;
}

static bool perform(struct worker *worker, struct request *request, struct reply *reply)
{
    if (!transaction_begin(worker, request, NULL, 0, reply)) {
        return false;
    }
    if (!request->endpoint->perform(worker, request, reply)) {
        transaction_rollback(worker);
        return false;
    }
    return commit(worker, NULL, 0, reply);
}

/* A refusal is an answer as well, and is kept; what is wrong on our side is not. */
static bool is_answer(const struct reply *reply)
{
    return reply->status < 500;
}

static bool perform_once(struct worker *worker, struct request *request, const char *key,
                         struct reply *reply)
{
    struct db_call find[IDEMPOTENCY_CALLS];
    const char *digest = idempotency_digest(request);
    if (digest == NULL) {
        return reply_error(reply, ERROR_INTERNAL, NULL, NULL);
    }
    idempotency_find(request, key, find);
    if (!transaction_begin(worker, request, find, IDEMPOTENCY_CALLS, reply)) {
        return false;
    }
    if (idempotency_judge(find, digest, reply) == IDEMPOTENCY_ANSWER) {
        transaction_rollback(worker);
        return reply->status < 400;
    }
    bool ok = request->endpoint->perform(worker, request, reply);
    if (!ok && !is_answer(reply)) {
        transaction_rollback(worker);
        return false;
    }
    struct db_call store = idempotency_store(request, key, digest, reply);
    return commit(worker, &store, 1, reply) && ok;
}

/*
 * Some thousand rows. Such a call keeps a worker for as long as hundreds of small ones, and longer
 * where it waits for the organisation's other writes.
 */
enum { LARGE_BODY = 512 * 1024 };

static const char too_many[] = "The organisation has too many large calls under way. Send one "
                               "after another, or try again in a second.";

static bool perform_in_share(struct worker *worker, struct request *request, const char *key,
                             struct reply *reply)
{
    bool large = request->body_size > LARGE_BODY;
    if (large &&
        !share_take(worker, share_of_organisation(request->credential->org_id), too_many, reply)) {
        return false;
    }
    bool done =
        key == NULL ? perform(worker, request, reply) : perform_once(worker, request, key, reply);
    if (large) {
        share_return(worker);
    }
    return done;
}

bool write_serve(struct worker *worker, struct request *request, struct reply *reply)
{
    struct read_plan nothing = {.count = 0};
    const char *key = NULL;
    reply_header(reply, "Cache-Control", "no-store");
    return admit(worker, request, &nothing, reply) && parameters_known(request, reply) &&
           idempotency_read(request, &key, reply) && body_read(worker, request, reply) &&
           perform_in_share(worker, request, key, reply);
}
