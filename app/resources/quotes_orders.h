/* Quotes and orders: list them, read one with its lines. */
#ifndef KABAIDO_RESOURCES_QUOTES_ORDERS_H
#define KABAIDO_RESOURCES_QUOTES_ORDERS_H

#include "../endpoints.h"

extern const struct parameter_rule documents_list_parameters[];

bool quotes_list_plan(const struct request *request, struct read_plan *plan, struct reply *reply);
bool quote_read_plan(const struct request *request, struct read_plan *plan, struct reply *reply);
bool orders_list_plan(const struct request *request, struct read_plan *plan, struct reply *reply);
bool order_read_plan(const struct request *request, struct read_plan *plan, struct reply *reply);

bool documents_list_represent(const struct request *request, const struct read_plan *plan,
                              struct reply *reply);
bool document_read_represent(const struct request *request, const struct read_plan *plan,
                             struct reply *reply);

#endif
