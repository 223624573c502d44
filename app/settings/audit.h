/* GET /settings/api/audit: who did what when, and from where. */
#ifndef KABAIDO_SETTINGS_AUDIT_H
#define KABAIDO_SETTINGS_AUDIT_H

#include <stdbool.h>

#include "../endpoints.h"
#include "../reply.h"
#include "../request.h"

extern const struct parameter_rule audit_list_parameters[];

bool audit_list_plan(const struct request *request, struct read_plan *plan, struct reply *reply);
bool audit_list_represent(const struct request *request, const struct read_plan *plan,
                          struct reply *reply);

#endif
