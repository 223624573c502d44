/* GET /requests, GET /requests/{id}: threads in a list, one with its messages, oldest first. */
#include "requests.h"

#include "../list.h"
#include "../parameters.h"
#include "../record.h"

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
