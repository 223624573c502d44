/*
 * GET /requests, GET /requests/{id}, POST /requests: threads in a list, one with its messages,
 * oldest first, and a new one from text.
 */
#include "requests.h"

#include <json-c/json.h>
#include <string.h>

#include "../json.h"
#include "../list.h"
#include "../members.h"
#include "../parameters.h"
#include "../record.h"
#include "../utf8.h"
#include "../worker.h"
#include "customer_input.h"

enum { PROSE_MOST = 20000 }; /* characters of a message */

static const char *const statuses[] = {"open", "answered", "closed", NULL};

static const struct list_rule rule = {
    .member = "requests", .most = 200, .initial = 50, LIST_NEWEST_FIRST};

static const struct record_rule record = {
    .not_found = "There is no request with this id in your organisation.", .parts = "messages"};

const struct parameter_rule requests_list_parameters[] = {
    {"limit",         false},
    {"cursor",        false},
    {"status",        true },
    {"updated_since", false},
    {NULL,            false},
};

bool requests_list_plan(const struct request *request, struct read_plan *plan, struct reply *reply)
{
    const char *wanted = NULL;
    const struct list *list = list_read(request, &rule, reply);
    if (list == NULL || !parameter_words(request, "status", statuses, &wanted, reply)) {
        return false;
    }
    plan->calls[0] = (struct db_call){
        .query = list->by_change ? QUERY_REQUESTS_CHANGED : QUERY_REQUESTS_LIST,
        .parameter_count = 4,
        .parameters = {list->position[0], list->position[1], list->fetch, wanted}
    };
    plan->count = 1;
    plan->state = list;
    return true;
}

bool requests_list_represent(const struct request *request, const struct read_plan *plan,
                             struct reply *reply)
{
    return list_represent(request, plan->state, plan->calls[0].result, reply);
}

bool request_read_plan(const struct request *request, struct read_plan *plan, struct reply *reply)
{
    return record_plan(request, &record, QUERY_REQUEST_READ, QUERY_REQUEST_MESSAGES, plan, reply);
}

bool request_read_represent(const struct request *request, const struct read_plan *plan,
                            struct reply *reply)
{
    return record_represent(request, &record, plan, reply);
}

/* The body of POST /requests. */
struct opening {
    struct member_text text;
    struct member_text title;
    struct member_text external_ref;
    struct json_object *customer; /* NULL: none was named */
};

/* The first line of text that says something, without space around it, as far as a title goes. */
static const char *title_of(struct arena *arena, const struct member_text *text)
{
    const char *line = text->value;
    const char *end = text->value + text->length;
    size_t step;
    /* The text is not blank, so this ends within it. */
    while ((step = member_gap(line, (size_t)(end - line))) > 0) {
        line += step;
    }
    size_t length = utf8_first(line, strcspn(line, "\r\n"), MEMBER_LINE_MOST);
    size_t kept = 0;
    for (size_t i = 0; i < length; i += step == 0 ? 1 : step) {
        step = member_gap(line + i, length - i);
        kept = step == 0 ? i + 1 : kept;
    }
    char *title = arena_copy(arena, line, kept);
    for (char *c = title; c != NULL && *c != '\0'; c++) {
        if ((unsigned char)*c < 0x20 || *c == 0x7F) {
            *c = ' ';
        }
    }
    return title;
}

static bool read_opening(const struct request *request, struct opening *opening,
                         struct reply *reply)
{
    static const char *const known[] = {"text", "title", "customer", "external_ref", NULL};
    struct member_fault fault = {NULL, NULL};
    const struct members body = {request->arena, members_parse(request, reply), &fault};
    if (body.object == NULL) {
        return false;
    }
    if (!members_known(&body, known) || !member_prose(&body, "text", PROSE_MOST, &opening->text) ||
        !member_required(&body, "text", &opening->text) ||
        !member_line(&body, "title", &opening->title) ||
        !member_line(&body, "external_ref", &opening->external_ref)) {
        return members_reply(&fault, NULL, reply);
    }
    if (opening->title.value == NULL) {
        opening->title.value = title_of(request->arena, &opening->text);
    }
    json_object_object_get_ex(body.object, "customer", &opening->customer);
    return opening->title.value != NULL || reply_error(reply, ERROR_INTERNAL, NULL, NULL);
}

/* A customer by its id, which must be there. */
static bool find_customer(struct worker *worker, const struct request *request,
                          struct json_object *value, const char **id, struct reply *reply)
{
    const char *text = json_object_get_string(value);
    size_t length = (size_t)json_object_get_string_len(value);
    char *uuid = arena_alloc(request->arena, REQUEST_UUID_LENGTH + 1);
    if (uuid == NULL) {
        return reply_error(reply, ERROR_INTERNAL, NULL, NULL);
    }
    if (!request_uuid(text, length, uuid)) {
        return reply_error(reply, ERROR_INVALID_BODY, "customer",
                           "'customer' is '%s': it must be a customer's id or an object with "
                           "company and email.",
                           member_shown(request->arena, text, length));
    }
    struct db_call call = {
        .query = QUERY_CUSTOMER_READ, .parameter_count = 1, .parameters = {uuid}};
    *id = uuid;
    return worker_query(worker, &call, 1, reply) &&
           (db_rows(call.result) == 1 ||
            reply_error(reply, ERROR_INVALID_BODY, "customer",
                        "'customer' is '%s': there is no customer with this id in your "
                        "organisation.",
                        uuid));
}

/* A customer by what is said of it. One that is there stays as it is: that is customers:write. */
static bool match_customer(struct worker *worker, const struct request *request,
                           struct json_object *value, const char **id, struct reply *reply)
{
    struct customer_input input;
    struct member_fault fault = {NULL, NULL};
    const struct members members = {request->arena, value, &fault};
    if (!customer_input_read_short(&members, &input)) {
        return members_reply(&fault, "customer", reply);
    }
    struct db_call calls[] = {{.query = QUERY_CHANGE_CLOCK_TAKE},
                              customer_input_upsert(&input, false)};
    if (!worker_query(worker, calls, 2, reply)) {
        return false;
    }
    *id = db_text(calls[1].result, 0, 0);
    return true;
}

static bool read_customer(struct worker *worker, const struct request *request,
                          struct json_object *value, const char **id, struct reply *reply)
{
    *id = NULL;
    switch (json_object_get_type(value)) {
    case json_type_null:
        return true;
    case json_type_string:
        return find_customer(worker, request, value, id, reply);
    case json_type_object:
        return match_customer(worker, request, value, id, reply);
    default:
        return reply_error(reply, ERROR_INVALID_BODY, "customer",
                           "'customer' is %s: it must be a customer's id or an object with "
                           "company and email.",
                           member_kind(value));
    }
}

bool request_open_perform(struct worker *worker, struct request *request, struct reply *reply)
{
    struct opening opening = {.customer = NULL};
    const char *customer = NULL;
    if (!read_opening(request, &opening, reply) ||
        !read_customer(worker, request, opening.customer, &customer, reply)) {
        return false;
    }
    struct db_call open = {
        .query = QUERY_REQUEST_OPEN,
        .parameter_count = 4,
        .parameters = {opening.title.value, customer, opening.external_ref.value,
                       opening.text.value}
    };
    if (!worker_query(worker, &open, 1, reply)) {
        return false;
    }
    const char *id = db_text(open.result, 0, 0);
    struct db_call thread[] = {
        {.query = QUERY_REQUEST_READ,     .parameter_count = 1, .parameters = {id}},
        {.query = QUERY_REQUEST_MESSAGES, .parameter_count = 1, .parameters = {id}},
    };
    if (!worker_query(worker, thread, 2, reply)) {
        return false;
    }
    struct json_object *object = json_own(request->arena, json_from_row(thread[0].result, 0));
    json_add(object, record.parts, json_from_rows(thread[1].result));
    reply_header_print(reply, "Location", "/api/v1/requests/%s", id);
    return reply_json(reply, 201, object);
}
