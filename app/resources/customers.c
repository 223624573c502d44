/* GET /customers, GET /customers/{id}, POST /customers. */
#include "customers.h"

#include <json-c/json.h>
#include <string.h>

#include "../bulk.h"
#include "../list.h"
#include "../parameters.h"
#include "../record.h"
#include "../worker.h"
#include "customer_input.h"

enum {
    ROWS_MOST = 500,
    TEXT_MOST = 2000, /* bytes of a line of 500 characters */
    SEARCH_MOST = 400,
};

static const struct list_rule rule = {
    .member = "customers", .most = 500, .initial = 100, LIST_NEWEST_FIRST};

static const struct record_rule record = {
    .not_found = "There is no customer with this id in your organisation.", .parts = "contacts"};

const struct parameter_rule customers_list_parameters[] = {
    {"limit",         false},
    {"cursor",        false},
    {"search",        false},
    {"external_id",   false},
    {"email",         false},
    {"updated_since", false},
    {NULL,            false},
};

const struct parameter_rule customers_upsert_parameters[] = {
    {"dry_run", false},
    {"strict",  false},
    {NULL,      false},
};

/* An address holds no space: one is the '+' that somebody forgot to encode. */
static bool read_email(const struct request *request, const char **email, struct reply *reply)
{
    const char *text = NULL;
    if (!parameter_text(request, "email", TEXT_MOST, &text, reply)) {
        return false;
    }
    char *copy = text == NULL ? NULL : arena_copy(request->arena, text, strlen(text));
    for (char *c = copy; c != NULL && *c != '\0'; c++) {
        if (*c == ' ') {
            *c = '+';
        }
    }
    *email = copy;
    return text == NULL || copy != NULL || reply_error(reply, ERROR_INTERNAL, NULL, NULL);
}

/* What narrows the list; NULL where it does not. */
struct filters {
    const char *search;
    const char *external_id;
    const char *email;
};

static bool read_filters(const struct request *request, struct filters *filters,
                         struct reply *reply)
{
    return parameter_text(request, "search", SEARCH_MOST, &filters->search, reply) &&
           parameter_text(request, "external_id", TEXT_MOST, &filters->external_id, reply) &&
           read_email(request, &filters->email, reply);
}

/* A statement for each way to find customers: what each reads is bounded by an index of its own. */
static struct db_call call_list(const struct list *list, const struct filters *filters)
{
    struct db_call call = {
        .query = list->by_change ? QUERY_CUSTOMERS_CHANGED : QUERY_CUSTOMERS_LIST,
        .parameter_count = 3,
        .parameters = {list->position[0], list->position[1], list->fetch}
    };
    if (filters->external_id == NULL && filters->email == NULL) {
        if (filters->search != NULL) {
            call.query = list->by_change ? QUERY_CUSTOMERS_CHANGED_FOUND : QUERY_CUSTOMERS_FOUND;
            call.parameters[call.parameter_count++] = filters->search;
        }
        return call;
    }
    call.parameters[call.parameter_count++] = list->by_change ? "t" : "f";
    call.parameters[call.parameter_count++] = filters->search;
    if (filters->external_id != NULL) {
        call.query = QUERY_CUSTOMERS_BY_EXTERNAL_ID;
        call.parameters[call.parameter_count++] = filters->external_id;
    } else {
        call.query = QUERY_CUSTOMERS_BY_EMAIL;
    }
    call.parameters[call.parameter_count++] = filters->email;
    return call;
}

bool customers_list_plan(const struct request *request, struct read_plan *plan, struct reply *reply)
{
    struct filters filters;
    const struct list *list = list_read(request, &rule, reply);
    if (list == NULL || !read_filters(request, &filters, reply)) {
        return false;
    }
    plan->calls[0] = call_list(list, &filters);
    plan->count = 1;
    plan->state = list;
    return true;
}

bool customers_list_represent(const struct request *request, const struct read_plan *plan,
                              struct reply *reply)
{
    return list_represent(request, plan->state, plan->calls[0].result, reply);
}

bool customer_read_plan(const struct request *request, struct read_plan *plan, struct reply *reply)
{
    return record_plan(request, &record, QUERY_CUSTOMER_READ, QUERY_CUSTOMER_CONTACTS, plan, reply);
}

bool customer_read_represent(const struct request *request, const struct read_plan *plan,
                             struct reply *reply)
{
    return record_represent(request, &record, plan, reply);
}

/* A row of POST /customers. */
struct row {
    struct customer_input input;
    struct member_fault fault; /* message NULL: the row is good */
};

/* The rows of the body, each read and checked. NULL: the reply holds the error. */
static struct row *read_rows(const struct request *request, size_t *count, struct reply *reply)
{
    static const char *const known[] = {"customers", NULL};
    struct member_fault fault = {NULL, NULL};
    struct json_object *array = NULL;
    const struct members body = {request->arena, members_parse(request, reply), &fault};
    if (body.object == NULL) {
        return NULL;
    }
    if (!members_known(&body, known)) {
        members_reply(&fault, NULL, reply);
        return NULL;
    }
    json_object_object_get_ex(body.object, known[0], &array);
    if (!json_object_is_type(array, json_type_array) || json_object_array_length(array) == 0) {
        reply_error(reply, ERROR_INVALID_BODY, known[0],
                    "'customers' must be an array of 1 to %d customers.", ROWS_MOST);
        return NULL;
    }
    *count = json_object_array_length(array);
    if (*count > ROWS_MOST) {
        reply_error(reply, ERROR_TOO_MANY_ITEMS, known[0],
                    "'customers' has %zu rows: a call takes 1 to %d. Nothing was written.", *count,
                    ROWS_MOST);
        return NULL;
    }
    struct row *rows = arena_alloc(request->arena, *count * sizeof(*rows));
    if (rows == NULL) {
        reply_error(reply, ERROR_INTERNAL, NULL, NULL);
        return NULL;
    }
    for (size_t i = 0; i < *count; i++) {
        rows[i].fault = (struct member_fault){NULL, NULL};
        const struct members members = {request->arena, json_object_array_get_idx(array, i),
                                        &rows[i].fault};
        customer_input_read(&members, &rows[i].input);
    }
    return rows;
}

static bool same_text(const char *one, const char *other)
{
    return one != NULL && other != NULL && strcmp(one, other) == 0;
}

/* What makes two rows the same customer, whatever the database holds; NULL: they are not. */
static const char *same_customer(const struct customer_input *one,
                                 const struct customer_input *other)
{
    if (same_text(one->external_id.value, other->external_id.value)) {
        return "external_id";
    }
    bool by_domain = one->external_id.value == NULL && other->external_id.value == NULL;
    return by_domain && same_text(one->domain, other->domain) ? "email" : NULL;
}

/* Of two rows for the same customer the last wins, and the earlier is at fault. */
static void refuse_repeated(struct row *rows, size_t count, struct arena *arena)
{
    for (size_t i = 0; i < count; i++) {
        for (size_t j = count - 1; j > i && rows[i].fault.message == NULL; j--) {
            const char *member = rows[j].fault.message != NULL
                                     ? NULL
                                     : same_customer(&rows[i].input, &rows[j].input);
            if (member != NULL) {
                const struct members members = {arena, NULL, &rows[i].fault};
                member_refuse(&members, member,
                              "'%s' says that it is the customer of row %zu: that row, the last, "
                              "was taken.",
                              member, j);
            }
        }
    }
}

/* In the order of the call, as if each row had come in a call of its own. */
static bool write_rows(struct worker *worker, const struct row *rows, size_t count,
                       struct reply *reply)
{
    struct db_call calls[DB_MAX_CALLS] = {{.query = QUERY_CHANGE_CLOCK_TAKE}};
    size_t waiting = 1;
    for (size_t i = 0; i < count; i++) {
        if (rows[i].fault.message == NULL) {
            calls[waiting++] = customer_input_upsert(&rows[i].input, true);
        }
        if (waiting == DB_MAX_CALLS || (i + 1 == count && waiting > 0)) {
            if (!worker_query(worker, calls, waiting, reply)) {
                return false;
            }
            waiting = 0;
        }
    }
    return true;
}

bool customers_upsert_perform(struct worker *worker, struct request *request, struct reply *reply)
{
    struct bulk bulk;
    size_t count = 0;
    struct row *rows = NULL;
    if (!bulk_init(&bulk, "customers", request, reply) ||
        (rows = read_rows(request, &count, reply)) == NULL) {
        return false;
    }
    refuse_repeated(rows, count, request->arena);
    for (size_t i = 0; i < count; i++) {
        if (rows[i].fault.message != NULL) {
            bulk_refuse_row(&bulk, request->arena, i, rows[i].fault.member, rows[i].fault.message);
        }
    }
    return bulk_may_write(&bulk, reply) &&
           (bulk.dry_run || bulk.error_count == count || write_rows(worker, rows, count, reply)) &&
           bulk_represent(&bulk, count - bulk.error_count, reply);
}
