/* Keeps account of a bulk write's rows. */
#include "bulk.h"

#include <json-c/json.h>

#include "json.h"
#include "parameters.h"

bool bulk_init(struct bulk *bulk, const char *rows, const struct request *request,
               struct reply *reply)
{
    *bulk = (struct bulk){.rows = rows, .errors = json_own(request->arena, json_new_array())};
    if (bulk->errors == NULL) {
        return reply_error(reply, ERROR_INTERNAL, NULL, NULL);
    }
    return parameter_boolean(request, "dry_run", &bulk->dry_run, reply) &&
           parameter_boolean(request, "strict", &bulk->strict, reply);
}

void bulk_refuse_row(struct bulk *bulk, struct arena *arena, size_t index, const char *member,
                     const char *reason)
{
    struct json_object *error = json_object_new_object();
    json_add_integer(error, "index", (int64_t)index);
    json_add_text(error, "reason", reason);
    json_object_array_add(bulk->errors, error);
    if (bulk->error_count++ == 0) {
        bulk->first_field = arena_print(arena, "%s[%zu]%s%s", bulk->rows, index,
                                        member == NULL ? "" : ".", member == NULL ? "" : member);
        bulk->first_reason = reason;
    }
}

bool bulk_may_write(const struct bulk *bulk, struct reply *reply)
{
    if (!bulk->strict || bulk->error_count == 0) {
        return true;
    }
    if (bulk->error_count > BULK_ERRORS_MOST) {
        json_object_array_del_idx(bulk->errors, BULK_ERRORS_MOST,
                                  bulk->error_count - BULK_ERRORS_MOST);
    }
    const char *message =
        arena_print(reply->arena,
                    "Nothing was written, since strict=true and %zu row%s at fault, the first at "
                    "%s: %s",
                    bulk->error_count, bulk->error_count == 1 ? " is" : "s are", bulk->first_field,
                    bulk->first_reason);
    return reply_error_details(reply, ERROR_INVALID_BODY, bulk->first_field, message, "errors",
                               json_object_get(bulk->errors));
}

bool bulk_represent(const struct bulk *bulk, size_t upserted, struct reply *reply)
{
    struct json_object *answer = json_new_object(reply->arena);
    json_add_integer(answer, "upserted", (int64_t)upserted);
    json_add(answer, "errors", json_object_get(bulk->errors));
    reply->rows_upserted = bulk->dry_run ? 0 : upserted;
    reply->rows_refused = bulk->dry_run ? 0 : bulk->error_count;
    return reply_json(reply, 200, answer);
}
