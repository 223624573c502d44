/*
 * A request's whole way in one function: parse, route, authenticate, plan, admit, represent.
 * A step that fails has put its error into the reply, and the chain ends there.
 */
#include "serve.h"

#include "admit.h"
#include "authenticate.h"
#include "endpoints.h"
#include "etag.h"
#include "parameters.h"
#include "route.h"
#include "settings/session.h"
#include "worker.h"
#include "write.h"

/* What the web server could not read it has passed on for us to refuse, so that errors are ours. */
static bool readable(const struct request *request, struct reply *reply)
{
    return !request->refused_by_web_server ||
           reply_error(reply, ERROR_MALFORMED_REQUEST, NULL,
                       "The request's headers or body are not well-formed HTTP.");
}

/*
 * What is wrong with the input is told only to a key that may use the operation: the refusal waits
 * in the reply while the key is being admitted.
 */
static bool plan_and_admit(struct worker *worker, struct request *request, struct read_plan *plan,
                           struct reply *reply)
{
    struct reply fault;
    reply_init(&fault, request->arena, request->id);
    bool planned =
        parameters_known(request, &fault) && request->endpoint->plan(request, plan, &fault);
    if (!planned) {
        plan->count = 0;
    }
    if (!admit(worker, request, plan, reply)) {
        return false;
    }
    if (!planned) {
        reply_take(reply, &fault);
    }
    return planned;
}

/* An answer that the client may keep and ask about. */
static bool keep(const struct request *request, const char *cache_control, struct reply *reply)
{
    reply_header(reply, "Cache-Control", cache_control);
    etag_apply(request, reply);
    return true;
}

/* A read for anybody: without a key, and without the database. */
static bool public_serve(const struct request *request, struct reply *reply)
{
    const struct read_plan nothing = {.count = 0};
    return parameters_known(request, reply) &&
           request->endpoint->represent(request, &nothing, reply) &&
           keep(request, "public, max-age=300", reply);
}

/* For the operator, of this worker or of all of them; what is true now and not a moment later. */
static bool operations_serve(struct worker *worker, struct request *request, struct reply *reply)
{
    reply_header(reply, "Cache-Control", "no-store");
    return parameters_known(request, reply) && request->endpoint->perform(worker, request, reply);
}

/* A read of an organisation's records: one round trip. */
static bool read_serve(struct worker *worker, struct request *request, struct reply *reply)
{
    struct read_plan plan = {.count = 0};
    return plan_and_admit(worker, request, &plan, reply) &&
           request->endpoint->represent(request, &plan, reply) &&
           keep(request, "private, no-cache", reply);
}

void serve(struct worker *worker, const struct request_input *input, struct reply *reply,
           struct request *request)
{
    /* A step, a line. clang-format 14 would fill the lines up. */
    /* clang-format off */
    bool found = request_parse(request, &worker->arena, worker->config, input, reply) &&
                 authenticate_one_header(request, reply) &&
                 readable(request, reply) &&
                 route_find(request, reply);
    /* clang-format on */
    if (found && (request->endpoint->flags & ENDPOINT_PUBLIC)) {
        public_serve(request, reply);
    } else if (found && (request->endpoint->flags & (ENDPOINT_SIGN_IN | ENDPOINT_SESSION))) {
        session_serve(worker, request, reply);
    } else if (found && (request->endpoint->flags & ENDPOINT_OPERATIONS)) {
        operations_serve(worker, request, reply);
    } else if (found && authenticate(worker, request, reply)) {
        if (request->endpoint->perform != NULL) {
            write_serve(worker, request, reply);
        } else {
            read_serve(worker, request, reply);
        }
    }
}
