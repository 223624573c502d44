/* Orders: list them, read one with its lines. */
#ifndef KABAIDO_RESOURCES_ORDERS_H
#define KABAIDO_RESOURCES_ORDERS_H

#include "../endpoints.h"

extern const struct parameter_rule orders_list_parameters[];

bool orders_list_plan(const struct request *request, struct read_plan *plan, struct reply *reply);
bool orders_list_represent(const struct request *request, const struct read_plan *plan,
                           struct reply *reply);
bool order_read_plan(const struct request *request, struct read_plan *plan, struct reply *reply);
bool order_read_represent(const struct request *request, const struct read_plan *plan,
                          struct reply *reply);

#endif
