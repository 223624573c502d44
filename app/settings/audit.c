/* Pages of the audit trail. */
#include "audit.h"

#include "../list.h"
#include "../parameters.h"

enum { FILTER_MOST = 500 }; /* bytes */

static const struct list_rule rule = {.member = "entries",
                                      .most = 200,
                                      .initial = 50,
                                      .order = {"id"},
                                      .first = {"9223372036854775807"}};

const struct parameter_rule audit_list_parameters[] = {
    {"limit",   false},
    {"cursor",  false},
    {"actor",   false},
    {"action",  false},
    {"subject", false},
    {"since",   false},
    {"until",   false},
    {NULL,      false},
};

bool audit_list_plan(const struct request *request, struct read_plan *plan, struct reply *reply)
{
    const struct list *list = list_read(request, &rule, reply);
    const char *actor = NULL;
    const char *action = NULL;
    const char *subject = NULL;
    const char *since = NULL;
    const char *until = NULL;
    if (list == NULL || !parameter_text(request, "actor", FILTER_MOST, &actor, reply) ||
        !parameter_text(request, "action", FILTER_MOST, &action, reply) ||
        !parameter_text(request, "subject", FILTER_MOST, &subject, reply) ||
        !parameter_moment(request, "since", &since, reply) ||
        !parameter_moment(request, "until", &until, reply)) {
        return false;
    }
    plan->calls[0] = (struct db_call){
        .query = QUERY_SETTINGS_AUDIT_LIST,
        .parameter_count = 7,
        .parameters = {list->position[0], list->fetch, actor, action, subject, since, until}
    };
    plan->count = 1;
    plan->state = list;
    return true;
}

bool audit_list_represent(const struct request *request, const struct read_plan *plan,
                          struct reply *reply)
{
    return list_represent(request, plan->state, plan->calls[0].result, reply);
}
