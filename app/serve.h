/* A request's whole way, from what came in to what goes out. */
#ifndef KABAIDO_SERVE_H
#define KABAIDO_SERVE_H

#include "reply.h"
#include "request.h"

struct worker;

/* Always leaves a whole reply. Memory comes from the worker's arena, which the caller resets. */
void serve(struct worker *worker, const struct request_input *input, struct reply *reply,
           struct request *request);

#endif
