/* GET /key: the key that asks, its rights, and what is left of its limit. */
#include "key.h"

#include "../credential_cache.h"
#include "../json.h"

bool key_read_plan(const struct request *request, struct read_plan *plan, struct reply *reply)
{
    (void)reply;
    plan->calls[0] = (struct db_call){
        .query = QUERY_KEY_READ,
        .parameter_count = 2,
        .parameters = {request->credential->key_id, request->credential->public_id}
    };
    plan->count = 1;
    return true;
}

bool key_read_represent(const struct request *request, const struct read_plan *plan,
                        struct reply *reply)
{
    if (db_rows(plan->calls[0].result) != 1) {
        return reply_error(reply, ERROR_NOT_FOUND, NULL, NULL);
    }
    struct json_object *key = json_own(request->arena, json_from_row(plan->calls[0].result, 0));
    /* What remains is known to the admission only. */
    return reply_json(reply, 200, json_add_integer(key, "remaining", request->remaining));
}
