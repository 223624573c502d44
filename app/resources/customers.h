/*
 * GET /customers, GET /customers/{id}, POST /customers: heads in a list, one with its contacts, and
 * the upsert.
 */
#ifndef KABAIDO_RESOURCES_CUSTOMERS_H
#define KABAIDO_RESOURCES_CUSTOMERS_H

#include "../endpoints.h"

extern const struct parameter_rule customers_list_parameters[];
bool customers_list_plan(const struct request *request, struct read_plan *plan,
                         struct reply *reply);
bool customers_list_represent(const struct request *request, const struct read_plan *plan,
                              struct reply *reply);

bool customer_read_plan(const struct request *request, struct read_plan *plan, struct reply *reply);
bool customer_read_represent(const struct request *request, const struct read_plan *plan,
                             struct reply *reply);

extern const struct parameter_rule customers_upsert_parameters[];
bool customers_upsert_perform(struct worker *worker, struct request *request, struct reply *reply);

#endif
