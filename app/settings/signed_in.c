/* Says who is signed in, and signs out. */
#include "signed_in.h"

#include <json-c/json.h>
#include <string.h>

#include "../json.h"
#include "../scope.h"
#include "../worker.h"
#include "keys.h"
#include "session.h"

struct db_call signed_in_call(const struct request *request)
{
    return (struct db_call){.query = QUERY_SETTINGS_SESSION_READ,
                            .parameter_count = 1,
                            .parameters = {(const char *)request->session->token_hash},
                            .binary_size = {SECRET_DIGEST_SIZE}};
}

bool signed_in_plan(const struct request *request, struct read_plan *plan, struct reply *reply)
{
    (void)reply;
    plan->calls[0] = signed_in_call(request);
    plan->count = 1;
    return true;
}

/* The scopes by name and resource, with what each allows: the published page's own table. */
static struct json_object *list_scopes(const struct request *request)
{
    struct json_object *list = json_own(request->arena, json_new_array());
    for (size_t i = 0; i < SCOPE_COUNT && list != NULL; i++) {
        const char *name = scopes[i].name;
        struct json_object *scope = json_new_object(request->arena);
        json_add_text(scope, "name", name);
        json_add_text(scope, "resource", arena_copy(request->arena, name, strcspn(name, ":")));
        if (json_add_text(scope, "allows", scopes[i].allows) == NULL ||
            json_object_array_add(list, json_object_get(scope)) != 0) {
            return NULL;
        }
    }
    return json_object_get(list);
}

bool signed_in_reply(const struct request *request, int status, const struct db_result *row,
                     struct reply *reply)
{
    if (db_rows(row) != 1) {
        return reply_error(reply, ERROR_INTERNAL, NULL, NULL);
    }
    struct json_object *limits = json_new_object(request->arena);
    limits = json_add_integer(limits, "default", KEY_LIMIT_MOST);
    limits = json_add_integer(limits, "most", KEY_LIMIT_MOST);
    struct json_object *object = json_own(request->arena, json_from_row(row, 0));
    object = json_add(object, "scopes", list_scopes(request));
    object = json_add(object, "limits", json_object_get(limits));
    object = json_add_integer(object, "grace_seconds_most", KEY_GRACE_SECONDS_MOST);
    return reply_json(reply, status, object);
}

bool signed_in_represent(const struct request *request, const struct read_plan *plan,
                         struct reply *reply)
{
    return signed_in_reply(request, 200, plan->calls[0].result, reply);
}

bool sign_out_perform(struct worker *worker, struct request *request, struct reply *reply)
{
    struct db_call calls[] = {
        {.query = QUERY_SETTINGS_SESSION_END,
         .parameter_count = 1,
         .parameters = {(const char *)request->session->token_hash},
         .binary_size = {SECRET_DIGEST_SIZE}},
        session_note(request, "user.sign_out", request->session->email, NULL),
    };
    if (!worker_query(worker, calls, 2, reply)) {
        return false;
    }
    session_forget(reply);
    return reply_empty(reply, 204);
}
