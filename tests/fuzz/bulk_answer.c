/* Looks at the answers to bulk writes. */
#include "bulk_answer.h"

#include <json-c/json.h>
#include <string.h>

#include "bulk.h"
#include "database.h"
#include "fuzz.h"

static bool is_asked(const struct handler *handler, const char *flag)
{
    return strstr(handler->input.uri, flag) != NULL;
}

/* By index, each once, each with a reason. */
static size_t count_errors(const struct handler *handler, size_t given)
{
    struct json_object *errors = NULL;
    int64_t last = -1;
    if (!json_object_object_get_ex(handler->answer, "errors", &errors)) {
        return 0;
    }
    size_t count = json_object_array_length(errors);
    for (size_t i = 0; i < count; i++) {
        struct json_object *error = json_object_array_get_idx(errors, i);
        struct json_object *index = NULL;
        struct json_object *reason = NULL;
        MUST(json_object_object_get_ex(error, "index", &index));
        MUST(json_object_object_get_ex(error, "reason", &reason));
        MUST(json_object_get_int64(index) > last);
        MUST(json_object_get_string_len(reason) > 0);
        last = json_object_get_int64(index);
    }
    MUST(last < (int64_t)given);
    return count;
}

void bulk_answer_check(const struct handler *handler, const char *rows, size_t written)
{
    struct json_object *array = NULL;
    struct json_object *upserted = NULL;
    bool failed = database.fail_at > 0 && database.pipelines >= database.fail_at;
    if (json_object_is_type(handler->body, json_type_object)) {
        json_object_object_get_ex(handler->body, rows, &array);
    }
    bool is_array = json_object_is_type(array, json_type_array);
    size_t given = is_array ? json_object_array_length(array) : 0;
    size_t errors = count_errors(handler, given);
    MUST(!is_asked(handler, "dry_run=true") || written == 0);
    if (!handler->ok) {
        MUST(written == 0 || failed);
        MUST(errors == 0 || (is_asked(handler, "strict=true") && errors <= BULK_ERRORS_MOST));
        return;
    }
    MUST(json_object_object_get_ex(handler->answer, "upserted", &upserted));
    MUST(given > 0 && (size_t)json_object_get_int64(upserted) + errors == given);
    MUST(errors == 0 || !is_asked(handler, "strict=true"));
    MUST(is_asked(handler, "dry_run=true") || written == given - errors);
}
