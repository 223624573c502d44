/*
 * /settings/api/keys: an organisation's API keys, as its admins see and change them. A new secret
 * is in the answer to the call that made it and nowhere else.
 */
#ifndef KABAIDO_SETTINGS_KEYS_H
#define KABAIDO_SETTINGS_KEYS_H

#include <stdbool.h>

#include "../endpoints.h"
#include "../reply.h"
#include "../request.h"

struct worker;

enum {
    KEY_LIMIT_MOST = 600, /* requests a minute: the documented limit; an operator can give more */
    KEY_GRACE_SECONDS_MOST = 7 * 86400,
};

bool keys_list_plan(const struct request *request, struct read_plan *plan, struct reply *reply);
bool keys_list_represent(const struct request *request, const struct read_plan *plan,
                         struct reply *reply);

bool key_create_perform(struct worker *worker, struct request *request, struct reply *reply);
bool key_update_perform(struct worker *worker, struct request *request, struct reply *reply);
bool key_rotate_perform(struct worker *worker, struct request *request, struct reply *reply);
bool key_revoke_perform(struct worker *worker, struct request *request, struct reply *reply);

#endif
