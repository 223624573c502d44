/* Lists, makes, changes, rotates and revokes keys for a signed-in admin. */
#include "keys.h"

#include <inttypes.h>
#include <json-c/json.h>
#include <string.h>

#include "../json.h"
#include "../key_draft.h"
#include "../members.h"
#include "../moment.h"
#include "../scope.h"
#include "../worker.h"
#include "session.h"

/* --- What a key looks like ------------------------------------------------------------------- */

static struct db_call list_call(const char *key_id)
{
    return (struct db_call){
        .query = QUERY_SETTINGS_KEYS, .parameter_count = 1, .parameters = {key_id}};
}

bool keys_list_plan(const struct request *request, struct read_plan *plan, struct reply *reply)
{
    (void)request;
    (void)reply;
    plan->calls[0] = list_call(NULL);
    plan->calls[1] = (struct db_call){.query = QUERY_SETTINGS_CLOCK};
    plan->count = 2;
    return true;
}

bool keys_list_represent(const struct request *request, const struct read_plan *plan,
                         struct reply *reply)
{
    struct json_object *answer = json_own(request->arena, json_from_row(plan->calls[1].result, 0));
    return reply_json(reply, 200, json_add(answer, "keys", json_from_rows(plan->calls[0].result)));
}

/* {"key":…}, and with a draft its "secret": the whole key, for the only time. */
static bool show(struct worker *worker, const struct request *request, int status,
                 const char *key_id, const struct key_draft *draft, struct reply *reply)
{
    struct db_call call = list_call(key_id);
    if (!worker_query(worker, &call, 1, reply)) {
        return false;
    }
    if (db_rows(call.result) != 1) {
        return reply_error(reply, ERROR_INTERNAL, NULL, NULL);
    }
    struct json_object *answer =
        json_add(json_new_object(request->arena), "key", json_from_row(call.result, 0));
    if (draft != NULL) {
        char text[KEY_LENGTH + 1];
        key_format(&draft->key, text);
        answer = json_add_text(answer, "secret", text);
        secret_cleanse(text, sizeof(text));
        reply->secret = true;
    }
    return reply_json(reply, status, answer);
}

/* --- What an admin sends --------------------------------------------------------------------- */

/* A whole number from least to most; sent says whether it is there. */
static bool read_integer(const struct members *members, const char *name, int64_t least,
                         int64_t most, const char **text, int64_t initial)
{
    struct json_object *value = NULL;
    int64_t number = initial;
    if (json_object_object_get_ex(members->object, name, &value)) {
        number = json_object_get_int64(value);
        if (!json_object_is_type(value, json_type_int) || number < least || number > most) {
            return member_refuse(members, name,
                                 "'%s' must be a whole number from %" PRId64 " to %" PRId64 ".",
                                 name, least, most);
        }
    }
    *text =
        value == NULL && initial < least ? NULL : arena_print(members->arena, "%" PRId64, number);
    return true;
}

static bool read_name(const struct members *members, bool required, const char **name)
{
    struct member_text text;
    if (!member_line(members, "name", &text) ||
        ((required || text.sent) && !member_required(members, "name", &text))) {
        return false;
    }
    *name = text.value;
    return true;
}

/* The scopes as the text of a PostgreSQL array, each once, in the order of the published page. */
static bool read_scopes(const struct members *members, const char **array)
{
    struct json_object *value = NULL;
    bool chosen[SCOPE_COUNT] = {false};
    const char *text = "";
    if (!json_object_object_get_ex(members->object, "scopes", &value) ||
        !json_object_is_type(value, json_type_array) || json_object_array_length(value) == 0) {
        return member_refuse(members, "scopes", "'scopes' must be an array of at least one scope.");
    }
    for (size_t i = 0; i < json_object_array_length(value); i++) {
        struct json_object *item = json_object_array_get_idx(value, i);
        const char *name =
            json_object_is_type(item, json_type_string) ? json_object_get_string(item) : "";
        size_t known = 0;
        while (known < SCOPE_COUNT && strcmp(scopes[known].name, name) != 0) {
            known++;
        }
        if (known == SCOPE_COUNT) {
            return member_refuse(members, "scopes", "'scopes' holds '%s', which is no scope.",
                                 member_shown(members->arena, name, strlen(name)));
        }
        chosen[known] = true;
    }
    for (size_t i = 0; i < SCOPE_COUNT && text != NULL; i++) {
        if (chosen[i]) {
            text = arena_print(members->arena, "%s%s%s", text, text[0] == '\0' ? "" : ",",
                               scopes[i].name);
        }
    }
    *array = text == NULL ? NULL : arena_print(members->arena, "{%s}", text);
    return *array != NULL || member_refuse(members, "scopes", "Something went wrong on our side.");
}

static bool read_expiry(const struct members *members, const char **moment)
{
    struct member_text text;
    char out[MOMENT_SIZE];
    *moment = NULL;
    if (!member_line(members, "expires_at", &text)) {
        return false;
    }
    if (text.value == NULL) {
        return true;
    }
    if (!moment_read(text.value, out)) {
        return member_refuse(members, "expires_at",
                             "'expires_at' is '%s': it must be a moment such as "
                             "2027-06-30T00:00:00Z (RFC 3339), or null.",
                             member_shown(members->arena, text.value, text.length));
    }
    *moment = arena_copy(members->arena, out, strlen(out));
    return *moment != NULL ||
           member_refuse(members, "expires_at", "Something went wrong on our side.");
}

/* --- Changes --------------------------------------------------------------------------------- */

static bool refuse_plan(const struct request *request, struct reply *reply)
{
    return request->session->integrations ||
           reply_error(
               reply, ERROR_PLAN_REQUIRED, NULL,
               "Your organisation's plan does not include integrations, so a key would open "
               "nothing.");
}

/*
 * Makes whoever else would change the key wait. must_be_active: refuses one that has ended. A path
 * that holds no UUID, and another organisation's key, are keys that do not exist.
 */
static bool lock(struct worker *worker, const struct request *request, bool must_be_active,
                 struct reply *reply)
{
    static const char missing[] = "There is no key with this id in your organisation.";
    if (request->path_id == NULL) {
        return reply_error(reply, ERROR_NOT_FOUND, NULL, missing);
    }
    struct db_call call = {
        .query = QUERY_SETTINGS_KEY_LOCK, .parameter_count = 1, .parameters = {request->path_id}};
    if (!worker_query(worker, &call, 1, reply)) {
        return false;
    }
    if (db_rows(call.result) != 1) {
        return reply_error(reply, ERROR_NOT_FOUND, NULL, missing);
    }
    const char *state = db_text(call.result, 0, 0);
    if (must_be_active && strcmp(state, "active") != 0) {
        return reply_error(reply, ERROR_KEY_ENDED, NULL,
                           "The key is %s, for good. Create a new one.", state);
    }
    return true;
}

static bool create(struct worker *worker, const struct request *request, struct db_call *call,
                   struct key_draft *draft, struct reply *reply)
{
    if (!key_draft_make(draft)) {
        return reply_error(reply, ERROR_INTERNAL, NULL, NULL);
    }
    key_draft_parameters(draft, call, 4);
    if (!worker_query(worker, call, 1, reply)) {
        return false;
    }
    if (db_rows(call->result) != 1) {
        return reply_error(reply, ERROR_INVALID_BODY, "expires_at",
                           "'expires_at' must lie in the future.");
    }
    return show(worker, request, 201, db_text(call->result, 0, 0), draft, reply);
}

bool key_create_perform(struct worker *worker, struct request *request, struct reply *reply)
{
    static const char *const known[] = {"name", "scopes", "expires_at", "limit", NULL};
    struct member_fault fault = {NULL, NULL};
    if (!refuse_plan(request, reply)) {
        return false;
    }
    const struct members body = {request->arena, members_parse(request, reply), &fault};
    struct db_call call = {
        .query = QUERY_SETTINGS_KEY_CREATE,
        .parameter_count = 9,
        .parameters = {[7] = request->session->email, [8] = session_address(request)}
    };
    if (body.object == NULL) {
        return false;
    }
    if (!members_known(&body, known) || !read_name(&body, true, &call.parameters[0]) ||
        !read_scopes(&body, &call.parameters[1]) ||
        !read_integer(&body, "limit", 1, KEY_LIMIT_MOST, &call.parameters[2], KEY_LIMIT_MOST) ||
        !read_expiry(&body, &call.parameters[3])) {
        return members_reply(&fault, NULL, reply);
    }
    struct key_draft draft;
    bool created = create(worker, request, &call, &draft, reply);
    secret_cleanse(&draft, sizeof(draft));
    return created;
}

bool key_update_perform(struct worker *worker, struct request *request, struct reply *reply)
{
    static const char *const known[] = {"name", "limit", NULL};
    struct member_fault fault = {NULL, NULL};
    const struct members body = {request->arena, members_parse(request, reply), &fault};
    struct db_call call = {
        .query = QUERY_SETTINGS_KEY_UPDATE,
        .parameter_count = 5,
        .parameters = {
                       request->path_id, [3] = request->session->email, [4] = session_address(request)}
    };
    if (body.object == NULL) {
        return false;
    }
    if (!members_known(&body, known) || !read_name(&body, false, &call.parameters[1]) ||
        !read_integer(&body, "limit", 1, KEY_LIMIT_MOST, &call.parameters[2], 0)) {
        return members_reply(&fault, NULL, reply);
    }
    return lock(worker, request, true, reply) && worker_query(worker, &call, 1, reply) &&
           show(worker, request, 200, request->path_id, NULL, reply);
}

static bool rotate(struct worker *worker, const struct request *request, const char *grace,
                   struct key_draft *draft, struct reply *reply)
{
    struct db_call call = {
        .query = QUERY_SETTINGS_KEY_ROTATE,
        .parameter_count = 7,
        .parameters = {request->path_id,
                       grace, [5] = request->session->email, [6] = session_address(request)}
    };
    if (!key_draft_make(draft)) {
        return reply_error(reply, ERROR_INTERNAL, NULL, NULL);
    }
    key_draft_parameters(draft, &call, 2);
    return worker_query(worker, &call, 1, reply) &&
           show(worker, request, 201, request->path_id, draft, reply);
}

bool key_rotate_perform(struct worker *worker, struct request *request, struct reply *reply)
{
    static const char *const known[] = {"grace_seconds", NULL};
    struct member_fault fault = {NULL, NULL};
    const char *grace = NULL;
    if (!refuse_plan(request, reply)) {
        return false;
    }
    const struct members body = {request->arena, members_parse(request, reply), &fault};
    if (body.object == NULL) {
        return false;
    }
    if (!members_known(&body, known) ||
        !read_integer(&body, "grace_seconds", 0, KEY_GRACE_SECONDS_MOST, &grace, -1)) {
        return members_reply(&fault, NULL, reply);
    }
    if (grace == NULL) {
        return reply_error(reply, ERROR_INVALID_BODY, "grace_seconds",
                           "'grace_seconds' is required: for how long the former secret goes on.");
    }
    struct key_draft draft;
    bool rotated =
        lock(worker, request, true, reply) && rotate(worker, request, grace, &draft, reply);
    secret_cleanse(&draft, sizeof(draft));
    return rotated;
}

static bool is_empty(const struct request *request, struct json_object *body, struct reply *reply)
{
    if (json_object_object_length(body) == 0) {
        return true;
    }
    struct json_object_iterator first = json_object_iter_begin(body);
    const char *name = json_object_iter_peek_name(&first);
    const char *shown = member_shown(request->arena, name, strlen(name));
    return reply_error(reply, ERROR_INVALID_BODY, shown,
                       "'%s' is not a member here: the body must be {}.", shown);
}

bool key_revoke_perform(struct worker *worker, struct request *request, struct reply *reply)
{
    struct json_object *body = members_parse(request, reply);
    struct db_call call = {
        .query = QUERY_SETTINGS_KEY_REVOKE,
        .parameter_count = 3,
        .parameters = {request->path_id, request->session->email, session_address(request)}
    };
    if (body == NULL || !is_empty(request, body, reply)) {
        return false;
    }
    return lock(worker, request, false, reply) && worker_query(worker, &call, 1, reply) &&
           show(worker, request, 200, request->path_id, NULL, reply);
}
