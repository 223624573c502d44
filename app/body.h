/* A request's body: of the right kind and size, whole, and JSON that means one thing. */
#ifndef KABAIDO_BODY_H
#define KABAIDO_BODY_H

#include <stdbool.h>

#include "reply.h"
#include "request.h"

struct worker;

/*
 * Reads the body into request->body. False: the reply is 413, 415, 400 malformed_json or 422
 * invalid_body, with the place of the fault. The body belongs to the request.
 */
bool body_read(struct worker *worker, struct request *request, struct reply *reply);

#endif
