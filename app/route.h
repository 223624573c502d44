/*
 * From a raw path and a method to a row of the endpoint table. Paths are matched byte for byte:
 * nothing is decoded, merged or normalised, so what the policy saw is what the handler sees.
 */
#ifndef KABAIDO_ROUTE_H
#define KABAIDO_ROUTE_H

#include <stdbool.h>

#include "reply.h"
#include "request.h"

/*
 * Sets the request's endpoint and path_id. False when the reply is decided already: 404 for an
 * unknown path, 405 with Allow for another method, 204 with Allow for OPTIONS.
 */
bool route_find(struct request *request, struct reply *reply);

#endif
