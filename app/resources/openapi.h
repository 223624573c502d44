/* GET /openapi.json: the document that describes every operation. */
#ifndef KABAIDO_RESOURCES_OPENAPI_H
#define KABAIDO_RESOURCES_OPENAPI_H

#include "../endpoints.h"

bool openapi_read_represent(const struct request *request, const struct read_plan *plan,
                            struct reply *reply);

#endif
