/* Quotes: list them, read one with its lines. */
#ifndef KABAIDO_RESOURCES_QUOTES_H
#define KABAIDO_RESOURCES_QUOTES_H

#include "../endpoints.h"

extern const struct parameter_rule quotes_list_parameters[];

bool quotes_list_plan(const struct request *request, struct read_plan *plan, struct reply *reply);
bool quotes_list_represent(const struct request *request, const struct read_plan *plan,
                           struct reply *reply);
bool quote_read_plan(const struct request *request, struct read_plan *plan, struct reply *reply);
bool quote_read_represent(const struct request *request, const struct read_plan *plan,
                          struct reply *reply);

#endif
