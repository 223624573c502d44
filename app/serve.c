/*
 * A request's whole way in one function: parse, route, authenticate, plan, admit, represent.
 * A step that fails has put its error into the reply, and the chain ends there.
 */
#include "serve.h"

#include <string.h>

#include "admit.h"
#include "authenticate.h"
#include "endpoints.h"
#include "route.h"
#include "worker.h"

/* What the web server could not read it has passed on for us to refuse, so that errors are ours. */
static bool readable(const struct request *request, struct reply *reply)
{
    return !request->refused_by_web_server ||
           reply_error(reply, ERROR_MALFORMED_REQUEST, NULL,
                       "The request's headers or body are not well-formed HTTP.");
}

static bool parameters_known(const struct request *request, struct reply *reply)
{
    for (size_t i = 0; i < request->parameter_count; i++) {
        const char *const *known = request->endpoint->parameters;
        while (*known != NULL && strcmp(*known, request->parameters[i].name) != 0) {
            known++;
        }
        if (*known == NULL) {
            return reply_error(reply, ERROR_INVALID_PARAMETER, request->parameters[i].name,
                               "'%s' is not a query parameter of this operation.",
                               request->parameters[i].name);
        }
    }
    return true;
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
        reply->status = fault.status;
        reply->body = fault.body;
        reply->body_size = fault.body_size;
        for (size_t i = 0; i < fault.header_count; i++) {
            reply_header(reply, fault.headers[i].name, fault.headers[i].value);
        }
    }
    return planned;
}

void serve(struct worker *worker, const struct request_input *input, struct reply *reply,
           struct request *request)
{
    struct read_plan plan = {.count = 0};
    /* A step, a line. clang-format 14 would fill the lines up. */
    /* clang-format off */
    bool ok = request_parse(request, &worker->arena, input, reply) &&
              authenticate_one_header(request, reply) &&
              readable(request, reply) &&
              route_find(request, reply) &&
              authenticate(worker, request, reply) &&
              plan_and_admit(worker, request, &plan, reply) &&
              request->endpoint->represent(request, &plan, reply);
    /* clang-format on */
    if (ok) {
        reply_header(reply, "Cache-Control", "private, no-cache");
    }
}
