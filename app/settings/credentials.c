/* Reads passwords that people type, and what the database keeps of them. */
#include "credentials.h"

#include <inttypes.h>
#include <json-c/json.h>
#include <stdio.h>
#include <string.h>

#include "../members.h"
#include "../secret.h"
#include "../share.h"

bool credentials_read(const struct request *request, struct json_object *body, const char *member,
                      struct typed *typed, struct reply *reply)
{
    (void)request;
    struct json_object *value = NULL;
    if (!json_object_object_get_ex(body, member, &value)) {
        return reply_error(reply, ERROR_INVALID_BODY, member, "'%s' is required.", member);
    }
    if (!json_object_is_type(value, json_type_string)) {
        return reply_error(reply, ERROR_INVALID_BODY, member, "'%s' is %s: it must be a string.",
                           member, member_kind(value));
    }
    size_t length = (size_t)json_object_get_string_len(value);
    if (length == 0 || length > PASSWORD_MOST) {
        return reply_error(reply, ERROR_INVALID_BODY, member,
                           "'%s' must have 1 to %d bytes of UTF-8.", member, PASSWORD_MOST);
    }
    *typed = (struct typed){json_object_get_string(value), length};
    return true;
}

bool credentials_may_hash(const struct worker *worker, struct reply *reply)
{
    return share_take(worker, SHARE_SLOW_HASHES,
                      "Too many people are signing in at once. Try again in a second.", reply);
}

void credentials_forget(const struct request *request, const struct typed *typed)
{
    /* Both are memory of the request's own, that nothing reads from here on. */
    if (typed->text != NULL) {
        secret_forget(typed->text, typed->length);
    }
    if (request->body != NULL) {
        secret_forget(request->body, request->body_size);
    }
}

bool credentials_found(const struct db_result *attempt, struct found *found, struct reply *reply)
{
    *found = (struct found){.exists = !db_is_null(attempt, 0, 1)};
    if (!found->exists) {
        return true;
    }
    found->org_id = db_text(attempt, 0, 1);
    found->user_id = db_text(attempt, 0, 2);
    found->email = db_text(attempt, 0, 3);
    found->disabled = db_text(attempt, 0, 4)[0] == 't';
    found->stored.cost = (struct secret_cost){.n = (uint32_t)db_integer(attempt, 0, 7),
                                              .r = (uint32_t)db_integer(attempt, 0, 8),
                                              .p = (uint32_t)db_integer(attempt, 0, 9)};
    return (db_bytes(attempt, 0, 5, found->stored.salt, sizeof(found->stored.salt)) &&
            db_bytes(attempt, 0, 6, found->stored.hash, sizeof(found->stored.hash))) ||
           reply_error(reply, ERROR_INTERNAL, NULL, NULL);
}

struct db_call credentials_hold(const struct found *found)
{
    return (struct db_call){
        .query = QUERY_SETTINGS_SIGN_IN_HOLD,
        .parameter_count = 3,
        .parameters = {found->org_id, found->user_id, (const char *)found->stored.hash},
        .binary_size = {0,             0,              PASSWORD_HASH_SIZE              }
    };
}

struct db_call credentials_store(const struct password_hash *hash, char costs[3][12])
{
    snprintf(costs[0], sizeof(costs[0]), "%" PRIu32, hash->cost.n);
    snprintf(costs[1], sizeof(costs[1]), "%" PRIu32, hash->cost.r);
    snprintf(costs[2], sizeof(costs[2]), "%" PRIu32, hash->cost.p);
    return (struct db_call){
        .query = QUERY_SETTINGS_PASSWORD_SET,
        .parameter_count = 5,
        .parameters = {(const char *)hash->salt, (const char *)hash->hash, costs[0], costs[1],
                       costs[2]},
        .binary_size = {sizeof(hash->salt),                sizeof(hash->hash)                                          }
    };
}
