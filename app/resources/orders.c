/* GET /orders, GET /orders/{id}: heads in a list, one with its lines in order of position. */
#include "orders.h"

#include "../list.h"
#include "../parameters.h"
#include "../record.h"

static const char *const statuses[] = {"confirmed", "in_progress", "fulfilled", "cancelled", NULL};

static const struct list_rule rule = {
    .member = "orders", .most = 200, .initial = 50, LIST_NEWEST_FIRST};

static const struct record_rule record = {
    .not_found = "There is no order with this id in your organisation.", .parts = "lines"};

const struct parameter_rule orders_list_parameters[] = {
    {"limit",         false},
    {"cursor",        false},
    {"status",        true },
    {"customer_id",   false},
    {"updated_since", false},
    {NULL,            false},
};

bool orders_list_plan(const struct request *request, struct read_plan *plan, struct reply *reply)
{
    const char *wanted = NULL;
    const char *customer = NULL;
    const struct list *list = list_read(request, &rule, reply);
    if (list == NULL || !parameter_words(request, "status", statuses, &wanted, reply) ||
        !parameter_uuid(request, "customer_id", &customer, reply)) {
        return false;
    }
    plan->calls[0] = (struct db_call){
        .query = list->by_change ? QUERY_ORDERS_CHANGED : QUERY_ORDERS_LIST,
        .parameter_count = 4,
        .parameters = {list->position[0], list->position[1], list->fetch, wanted, customer}
    };
    if (customer != NULL) {
        plan->calls[0].query =
            list->by_change ? QUERY_ORDERS_CHANGED_OF_CUSTOMER : QUERY_ORDERS_LIST_OF_CUSTOMER;
        plan->calls[0].parameter_count = 5;
    }
    plan->count = 1;
    plan->state = list;
    return true;
}

bool orders_list_represent(const struct request *request, const struct read_plan *plan,
                           struct reply *reply)
{
    return list_represent(request, plan->state, plan->calls[0].result, reply);
}

bool order_read_plan(const struct request *request, struct read_plan *plan, struct reply *reply)
{
    return record_plan(request, &record, QUERY_ORDER_READ, QUERY_ORDER_LINES, plan, reply);
}

bool order_read_represent(const struct request *request, const struct read_plan *plan,
                          struct reply *reply)
{
    return record_represent(request, &record, plan, reply);
}
