/* GET /products: the catalogue, by SKU, by category, by a part of its text, or by its changes. */
#ifndef KABAIDO_RESOURCES_PRODUCTS_H
#define KABAIDO_RESOURCES_PRODUCTS_H

#include "../endpoints.h"

extern const struct parameter_rule products_list_parameters[];
bool products_list_plan(const struct request *request, struct read_plan *plan, struct reply *reply);
bool products_list_represent(const struct request *request, const struct read_plan *plan,
                             struct reply *reply);

#endif
