/* POST /products/bulk: up to 10,000 products in a call, by SKU. */
#ifndef KABAIDO_RESOURCES_PRODUCTS_BULK_H
#define KABAIDO_RESOURCES_PRODUCTS_BULK_H

#include "../endpoints.h"

extern const struct parameter_rule products_bulk_parameters[];

bool products_bulk_perform(struct worker *worker, struct request *request, struct reply *reply);

#endif
