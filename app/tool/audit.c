/* kabaidoctl audit: who did what when, in one organisation or in all. */
#include <inttypes.h>
#include <json-c/json.h>
#include <stdio.h>
#include <string.h>

#include "../json.h"
#include "commands.h"
#include "output.h"

enum { DEFAULT_ENTRIES = 50, MOST_ENTRIES = 10000, NUMBER_SIZE = 24 };

static const int64_t day_seconds = 86400;

static const struct output_column columns[] = {
    {"at",           "AT (UTC)",     OUTPUT_SECOND,  "" },
    {"organisation", "ORGANISATION", OUTPUT_NAME,    "" },
    {"actor",        "ACTOR",        OUTPUT_TEXT,    "" },
    {"action",       "ACTION",       OUTPUT_TEXT,    "" },
    {"subject",      "SUBJECT",      OUTPUT_TEXT,    "" },
    {"address",      "ADDRESS",      OUTPUT_TEXT,    "-"},
    {"details",      "DETAILS",      OUTPUT_MEMBERS, "" },
};

enum { COLUMNS = sizeof(columns) / sizeof(*columns) };

/* A moment as two parameters of a statement: it or NULL for now, and the seconds to go back. */
struct moment_parameters {
    struct argument_moment moment;
    char seconds[NUMBER_SIZE];
};

/* An option's moment as the parameters of number first and first + 1. False: why has been said. */
static bool set_moment(const struct tool *tool, const struct arguments *arguments,
                       enum option_id option, struct db_call *call, int first,
                       struct moment_parameters *out)
{
    const char *text = arguments->options[option];
    if (text == NULL) {
        return true;
    }
    if (!argument_moment(text, &out->moment)) {
        tool_misuse(tool->json,
                    "--%s is '%s': it must be a date such as 2026-06-30, a time such as "
                    "2026-06-30T10:30:00Z, or a number with s, m, h, d or w for so long ago",
                    option == OPTION_SINCE ? "since" : "until", text);
        return false;
    }
    int64_t back = out->moment.ago;
    if (option == OPTION_UNTIL && out->moment.is_date) {
        back = -day_seconds; /* the day's end */
    }
    snprintf(out->seconds, sizeof(out->seconds), "%" PRId64, back);
    call->parameters[first] = out->moment.has_moment ? out->moment.moment : NULL;
    call->parameters[first + 1] = out->seconds;
    return true;
}

static bool read_count(const struct tool *tool, const struct arguments *arguments, int64_t *count)
{
    const char *text = arguments->options[OPTION_ENTRIES];
    *count = DEFAULT_ENTRIES;
    if (text != NULL && !argument_number(text, 1, MOST_ENTRIES, count)) {
        tool_misuse(tool->json, "--limit is '%s': it must be a whole number from 1 to %d", text,
                    MOST_ENTRIES);
        return false;
    }
    return true;
}

static int show(struct tool *tool, const struct db_result *result, int64_t count)
{
    bool more = db_rows(result) > count;
    struct json_object *entries = json_tree_from_rows(result);
    struct json_object *document = json_add(json_new_object(&tool->arena), "entries", entries);
    if (document == NULL || (more && json_object_array_del_idx(entries, (size_t)count, 1) != 0) ||
        json_add(document, "more", json_object_new_boolean(more)) == NULL) {
        return tool_refuse(tool->json, "out of memory");
    }
    if (tool->json) {
        output_json(document);
    } else if (db_rows(result) == 0) {
        printf("There are no entries.\n");
    } else {
        output_table(entries, columns, COLUMNS);
        if (more) {
            printf("\nThere are older ones: see --limit and --until.\n");
        }
    }
    return TOOL_DONE;
}

int audit_list(struct tool *tool, const struct arguments *arguments)
{
    const char *org = arguments->options[OPTION_ORG];
    struct moment_parameters since;
    struct moment_parameters until;
    char count_text[NUMBER_SIZE];
    int64_t count;
    struct db_call calls[] = {
        {.query = QUERY_TOOL_ORG_FIND, .parameter_count = 2},
        { .query = QUERY_TOOL_AUDIT_LIST,
         .parameter_count = 9,
         .parameters = {[2] = arguments->options[OPTION_ACTOR],
                        [3] = arguments->options[OPTION_ACTION],
                        [8] = count_text}},
    };
    if (!read_count(tool, arguments, &count) ||
        !set_moment(tool, arguments, OPTION_SINCE, &calls[1], 4, &since) ||
        !set_moment(tool, arguments, OPTION_UNTIL, &calls[1], 6, &until)) {
        return TOOL_MISUSED;
    }
    snprintf(count_text, sizeof(count_text), "%" PRId64, count + 1); /* to see whether it is all */
    if (org != NULL) {
        org_parameters(tool, org, calls[0].parameters);
        memcpy(calls[1].parameters, calls[0].parameters, 2 * sizeof(*calls[1].parameters));
    }
    enum db_status status = tool_query(tool, calls, 2);
    if (status != DB_OK) {
        return tool_fail(tool, status);
    }
    if (org != NULL && db_rows(calls[0].result) != 1) {
        return org_refuse_unknown(tool, org);
    }
    return show(tool, calls[1].result, count);
}
