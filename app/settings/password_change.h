/* POST /settings/api/password. */
#ifndef KABAIDO_SETTINGS_PASSWORD_CHANGE_H
#define KABAIDO_SETTINGS_PASSWORD_CHANGE_H

#include <stdbool.h>

#include "../reply.h"
#include "../request.h"

struct worker;

/*
 * Takes the current password and a new one. Every session of the person ends, and the browser that
 * asked gets a new one. The current password is throttled as at sign-in: who has stolen a session
 * must not guess it here.
 */
bool password_change_perform(struct worker *worker, struct request *request, struct reply *reply);

#endif
