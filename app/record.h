/* One record by its id, together with the parts that belong to it. */
#ifndef KABAIDO_RECORD_H
#define KABAIDO_RECORD_H

#include <stdbool.h>

#include "endpoints.h"
#include "reply.h"
#include "request.h"

/* What is particular to a resource's record. */
struct record_rule {
    const char *not_found; /* the sentence of the 404 */
    const char *parts;     /* the member that holds its parts: "lines" */
};

/*
 * Plans the two statements, each with the path's id as its only parameter. A path that holds no
 * UUID is a record that does not exist: 404, like any other.
 */
bool record_plan(const struct request *request, const struct record_rule *rule, enum query head,
                 enum query parts, struct read_plan *plan, struct reply *reply);

bool record_represent(const struct request *request, const struct record_rule *rule,
                      const struct read_plan *plan, struct reply *reply);

#endif
