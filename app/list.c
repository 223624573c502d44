/* Reads which page is asked for, and makes the answer of its rows. */
#include "list.h"

#include <string.h>

#include "config.h"
#include "credential_cache.h"
#include "json.h"
#include "parameters.h"

static const char nil_uuid[] = "00000000-0000-0000-0000-000000000000";

/*
 * Every parameter but those that only move along the list, in the order of the endpoint's rules: a
 * client may put them into the query as it likes.
 */
static const char *filters_of(const struct request *request)
{
    const char *filters = "";
    const struct parameter_rule *rule = request->endpoint->parameters;
    for (; rule->name != NULL; rule++) {
        if (strcmp(rule->name, "cursor") == 0 || strcmp(rule->name, "limit") == 0) {
            continue;
        }
        for (size_t i = 0; i < request->parameter_count && filters != NULL; i++) {
            const struct parameter *given = &request->parameters[i];
            if (strcmp(given->name, rule->name) == 0) {
                /* A value that the list accepts holds no control characters. */
                filters = arena_print(request->arena, "%s%s\x1f%s\x1e", filters, given->name,
                                      given->value);
            }
        }
    }
    return filters;
}

/* A position is one text, or a moment and an id with a space between them. */
static bool take_position(const struct request *request, struct list *list, const char *text)
{
    const char *space = strrchr(text, ' ');
    if (list->rule->first[1] == NULL && !list->by_change) {
        list->position[0] = text;
        list->position[1] = NULL;
        return true;
    }
    if (space == NULL) {
        return false;
    }
    list->position[0] = arena_copy(request->arena, text, (size_t)(space - text));
    list->position[1] = space + 1;
    return list->position[0] != NULL;
}

static bool read_cursor(const struct request *request, struct list *list, struct reply *reply)
{
    const char *cursor = parameter(request, "cursor");
    if (cursor == NULL) {
        return true;
    }
    const char *position = cursor_read(request->arena, &list->binding, cursor);
    return (position != NULL && take_position(request, list, position)) ||
           reply_error(reply, ERROR_INVALID_CURSOR, "cursor", NULL);
}

static bool read_page(const struct request *request, struct list *list, struct reply *reply)
{
    const char *since = NULL;
    if (!parameter_integer(request, "limit", 1, list->rule->most, list->rule->initial, &list->limit,
                           reply) ||
        !parameter_moment(request, "updated_since", &since, reply)) {
        return false;
    }
    list->by_change = since != NULL;
    list->position[0] = since != NULL ? since : list->rule->first[0];
    list->position[1] = since != NULL ? nil_uuid : list->rule->first[1];
    list->fetch = arena_print(request->arena, "%d", list->limit + 1);
    list->binding = (struct cursor_binding){.secret = request->config->cursor_secret,
                                            .org_id = request->org_id,
                                            .path = request->endpoint->path,
                                            .filters = filters_of(request)};
    if (list->fetch == NULL || list->binding.filters == NULL) {
        return reply_error(reply, ERROR_INTERNAL, NULL, NULL);
    }
    return read_cursor(request, list, reply);
}

const struct list *list_read(const struct request *request, const struct list_rule *rule,
                             struct reply *reply)
{
    struct list *list = arena_alloc(request->arena, sizeof(*list));
    if (list == NULL) {
        reply_error(reply, ERROR_INTERNAL, NULL, NULL);
        return NULL;
    }
    *list = (struct list){.rule = rule};
    return read_page(request, list, reply) ? list : NULL;
}

/* What the last row of the page is ordered by, in the database's own text. */
static const char *position_of(const struct request *request, const struct list *list,
                               const struct db_result *rows, int row)
{
    static const char *const by_change[] = {"updated_at", "id"};
    const char *const *order = list->by_change ? by_change : list->rule->order;
    const char *first = db_text(rows, row, db_column(rows, order[0]));
    return order[1] == NULL ? first
                            : arena_print(request->arena, "%s %s", first,
                                          db_text(rows, row, db_column(rows, order[1])));
}

/* The page ends with a row that only says how far the statement has looked. */
static bool ends_early(const struct db_result *rows)
{
    int listed = db_column(rows, "_listed");
    return listed >= 0 && db_rows(rows) > 0 && db_text(rows, db_rows(rows) - 1, listed)[0] == 'f';
}

bool list_represent(const struct request *request, const struct list *list,
                    const struct db_result *rows, struct reply *reply)
{
    int count = db_rows(rows);
    int last = -1; /* the row after which the next page begins */
    const char *next = NULL;
    if (count > list->limit) {
        count = list->limit;
        last = count - 1;
    } else if (ends_early(rows)) {
        last = --count;
    }
    if (last >= 0) {
        const char *position = position_of(request, list, rows, last);
        next = position == NULL ? NULL : cursor_make(request->arena, &list->binding, position);
        if (next == NULL) {
            return reply_error(reply, ERROR_INTERNAL, NULL, NULL);
        }
    }
    struct json_object *page = json_new_object(request->arena);
    page = json_add(page, list->rule->member, json_from_first_rows(rows, count));
    return reply_json(reply, 200, json_add_text(page, "next_cursor", next));
}
