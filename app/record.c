/* Reads one record and what belongs to it. */
#include "record.h"

#include "json.h"

enum { HEAD, PARTS };

bool record_plan(const struct request *request, const struct record_rule *rule, enum query head,
                 enum query parts, struct read_plan *plan, struct reply *reply)
{
    if (request->path_id == NULL) {
        return reply_error(reply, ERROR_NOT_FOUND, NULL, "%s", rule->not_found);
    }
    plan->calls[HEAD] =
        (struct db_call){.query = head, .parameter_count = 1, .parameters = {request->path_id}};
    plan->calls[PARTS] =
        (struct db_call){.query = parts, .parameter_count = 1, .parameters = {request->path_id}};
    plan->count = 2;
    return true;
}

bool record_represent(const struct request *request, const struct record_rule *rule,
                      const struct read_plan *plan, struct reply *reply)
{
    const struct db_result *head = plan->calls[HEAD].result;
    const struct db_result *parts = plan->calls[PARTS].result;
    if (db_rows(head) != 1) {
        return reply_error(reply, ERROR_NOT_FOUND, NULL, "%s", rule->not_found);
    }
    struct json_object *object = json_own(request->arena, json_from_row(head, 0));
    return reply_json(reply, 200, json_add(object, rule->parts, json_from_rows(parts)));
}
