/* GET and DELETE /settings/api/session: who is signed in and what the page may offer; signing out.
 */
#ifndef KABAIDO_SETTINGS_SIGNED_IN_H
#define KABAIDO_SETTINGS_SIGNED_IN_H

#include <stdbool.h>

#include "../endpoints.h"
#include "../reply.h"
#include "../request.h"

bool signed_in_plan(const struct request *request, struct read_plan *plan, struct reply *reply);
bool signed_in_represent(const struct request *request, const struct read_plan *plan,
                         struct reply *reply);

/* For signing in, which answers the same. */
struct db_call signed_in_call(const struct request *request);
bool signed_in_reply(const struct request *request, int status, const struct db_result *row,
                     struct reply *reply);

bool sign_out_perform(struct worker *worker, struct request *request, struct reply *reply);

#endif
