/* POST /settings/api/session: from an e-mail address and a password to a session. */
#ifndef KABAIDO_SETTINGS_SIGN_IN_H
#define KABAIDO_SETTINGS_SIGN_IN_H

#include <stdbool.h>

#include "../reply.h"
#include "../request.h"

struct worker;

/*
 * An unknown address, a wrong password and a disabled person get the same answer after the same
 * work: the same statements, and one scrypt.
 */
bool sign_in_perform(struct worker *worker, struct request *request, struct reply *reply);

#endif
