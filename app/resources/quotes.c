/* GET /quotes/{id}: the quote with its lines in order of position. */
#include "quotes.h"

#include "../json.h"

enum { QUOTE, LINES };

static const char not_found[] = "There is no quote with this id in your organisation.";

bool quote_read_plan(const struct request *request, struct read_plan *plan, struct reply *reply)
{
    if (request->path_id == NULL) {
        return reply_error(reply, ERROR_NOT_FOUND, NULL, not_found);
    }
    plan->calls[QUOTE] = (struct db_call){
        .query = QUERY_QUOTE_READ, .parameter_count = 1, .parameters = {request->path_id}};
    plan->calls[LINES] = (struct db_call){
        .query = QUERY_QUOTE_LINES, .parameter_count = 1, .parameters = {request->path_id}};
    plan->count = 2;
    return true;
}

bool quote_read_represent(const struct request *request, const struct read_plan *plan,
                          struct reply *reply)
{
    if (db_rows(plan->calls[QUOTE].result) != 1) {
        return reply_error(reply, ERROR_NOT_FOUND, NULL, not_found);
    }
    struct json_object *quote =
        json_own(request->arena, json_from_row(plan->calls[QUOTE].result, 0));
    return reply_json(reply, 200,
                      json_add(quote, "lines", json_from_rows(plan->calls[LINES].result)));
}
