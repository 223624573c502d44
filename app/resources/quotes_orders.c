/*
 * GET /quotes, GET /quotes/{id}, GET /orders, GET /orders/{id}: heads in a list, one with its lines
 * in order of position. The two differ in what struct kind says.
 */
#include "quotes_orders.h"

#include "../list.h"
#include "../parameters.h"
#include "../record.h"

enum { STATUSES_MOST = 8 };

struct kind {
    /* What ?status= may name, ended by NULL. */
    const char *statuses[STATUSES_MOST];

    struct list_rule list;
    struct record_rule record;

    /*
     * A page of all: newest first, and in the order of changes; a page of one customer's likewise;
     * a head; its lines. PostgreSQL takes no table's name as a parameter, so that each kind has its
     * own, in sql/queries.
     */
    enum query newest;
    enum query changed;
    enum query newest_of_customer;
    enum query changed_of_customer;
    enum query head;
    enum query lines;
};

static const struct kind quotes = {
    .statuses = {"draft",     "sent",     "viewed", "accepted", "declined", "expired", NULL},
    .list = {.member = "quotes", .most = 200, .initial = 50, LIST_NEWEST_FIRST},
    .record = {.not_found = "There is no quote with this id in your organisation.",
                 .parts = "lines"                },
    .newest = QUERY_QUOTES_LIST,
    .changed = QUERY_QUOTES_CHANGED,
    .newest_of_customer = QUERY_QUOTES_LIST_OF_CUSTOMER,
    .changed_of_customer = QUERY_QUOTES_CHANGED_OF_CUSTOMER,
    .head = QUERY_QUOTE_READ,
    .lines = QUERY_QUOTE_LINES,
};

static const struct kind orders = {
    .statuses = {"confirmed",        "in_progress",     "fulfilled", "cancelled", NULL},
    .list = {.member = "orders",       .most = 200,                    .initial = 50, LIST_NEWEST_FIRST},
    .record = {.not_found = "There is no order with this id in your organisation.",
                 .parts = "lines"},
    .newest = QUERY_ORDERS_LIST,
    .changed = QUERY_ORDERS_CHANGED,
    .newest_of_customer = QUERY_ORDERS_LIST_OF_CUSTOMER,
    .changed_of_customer = QUERY_ORDERS_CHANGED_OF_CUSTOMER,
    .head = QUERY_ORDER_READ,
    .lines = QUERY_ORDER_LINES,
};

const struct parameter_rule documents_list_parameters[] = {
    {"limit",         false},
    {"cursor",        false},
    {"status",        true },
    {"customer_id",   false},
    {"updated_since", false},
    {NULL,            false},
};

static bool plan_list(const struct request *request, const struct kind *kind,
                      struct read_plan *plan, struct reply *reply)
{
    const char *wanted = NULL;
    const char *customer = NULL;
    const struct list *list = list_read(request, &kind->list, reply);
    if (list == NULL || !parameter_words(request, "status", kind->statuses, &wanted, reply) ||
        !parameter_uuid(request, "customer_id", &customer, reply)) {
        return false;
    }
    plan->calls[0] = (struct db_call){
        .query = list->by_change ? kind->changed : kind->newest,
        .parameter_count = 4,
        .parameters = {list->position[0], list->position[1], list->fetch, wanted, customer}
    };
    if (customer != NULL) {
        plan->calls[0].query =
            list->by_change ? kind->changed_of_customer : kind->newest_of_customer;
        plan->calls[0].parameter_count = 5;
    }
    plan->count = 1;
    plan->state = list;
    return true;
}

static bool plan_read(const struct request *request, const struct kind *kind,
                      struct read_plan *plan, struct reply *reply)
{
    plan->state = &kind->record;
    return record_plan(request, &kind->record, kind->head, kind->lines, plan, reply);
}

bool quotes_list_plan(const struct request *request, struct read_plan *plan, struct reply *reply)
{
    return plan_list(request, &quotes, plan, reply);
}

bool quote_read_plan(const struct request *request, struct read_plan *plan, struct reply *reply)
{
    return plan_read(request, &quotes, plan, reply);
}

bool orders_list_plan(const struct request *request, struct read_plan *plan, struct reply *reply)
{
    return plan_list(request, &orders, plan, reply);
}

bool order_read_plan(const struct request *request, struct read_plan *plan, struct reply *reply)
{
    return plan_read(request, &orders, plan, reply);
}

bool documents_list_represent(const struct request *request, const struct read_plan *plan,
                              struct reply *reply)
{
    return list_represent(request, plan->state, plan->calls[0].result, reply);
}

bool document_read_represent(const struct request *request, const struct read_plan *plan,
                             struct reply *reply)
{
    return record_represent(request, plan->state, plan, reply);
}
