/* The key itself: what it may do and what is left of its limit. */
#ifndef KABAIDO_RESOURCES_KEY_H
#define KABAIDO_RESOURCES_KEY_H

#include "../endpoints.h"

bool key_read_plan(const struct request *request, struct read_plan *plan, struct reply *reply);
bool key_read_represent(const struct request *request, const struct read_plan *plan,
                        struct reply *reply);

#endif
