/* kabaidoctl org: organisations and their plans. */
#include <json-c/json.h>
#include <stdio.h>
#include <string.h>

#include "../json.h"
#include "../request.h"
#include "commands.h"
#include "output.h"

static const struct output_column org_columns[] = {
    {"name",        "NAME",          OUTPUT_TEXT,   ""},
    {"plan",        "PLAN",          OUTPUT_TEXT,   ""},
    {"currency",    "CURRENCY",      OUTPUT_TEXT,   ""},
    {"active_keys", "ACTIVE KEYS",   OUTPUT_TEXT,   ""},
    {"created_at",  "CREATED (UTC)", OUTPUT_MOMENT, ""},
    {"id",          "ID",            OUTPUT_TEXT,   ""},
};

void org_parameters(struct tool *tool, const char *id_or_name, const char *parameters[2])
{
    char id[REQUEST_UUID_LENGTH + 1];
    bool is_id = request_uuid(id_or_name, strlen(id_or_name), id);
    parameters[0] = is_id ? arena_copy(&tool->arena, id, REQUEST_UUID_LENGTH) : NULL;
    parameters[1] = is_id ? NULL : id_or_name;
}

int org_refuse_unknown(const struct tool *tool, const char *id_or_name)
{
    return tool_refuse(tool->json, "there is no organisation '%s'", id_or_name);
}

/* The database knows the plans; the refusal should too. */
static int refuse_plan(struct tool *tool, const char *plan)
{
    char known[256] = "";
    size_t used = 0;
    struct db_call call = {.query = QUERY_TOOL_PLAN_LIST};
    enum db_status status = tool_query(tool, &call, 1);
    if (status != DB_OK) {
        return tool_fail(tool, status);
    }
    for (int row = 0; row < db_rows(call.result) && used < sizeof(known); row++) {
        used += (size_t)snprintf(known + used, sizeof(known) - used, "%s%s", row == 0 ? "" : ", ",
                                 db_text(call.result, row, 0));
    }
    return tool_refuse(tool->json, "there is no plan '%s': it must be one of %s", plan, known);
}

/* A failed change of plan or currency. */
static int refuse_change(struct tool *tool, enum db_status status, const char *plan)
{
    if (strcmp(db_error(tool->db)->constraint, "organisations_plan_known") == 0) {
        return refuse_plan(tool, plan);
    }
    return tool_fail(tool, status);
}

int org_create(struct tool *tool, const struct arguments *arguments)
{
    const char *name = arguments->operands[0];
    const char *plan = arguments->options[OPTION_PLAN];
    const char *currency = arguments->options[OPTION_CURRENCY];
    char id[REQUEST_UUID_LENGTH + 1];
    if (!argument_name(name)) {
        return tool_misuse(tool->json, "NAME must be one line of 1 to 500 characters");
    }
    if (request_uuid(name, strlen(name), id)) {
        return tool_misuse(tool->json, "NAME must not look like an id: --org takes either");
    }
    struct db_call call = {
        .query = QUERY_TOOL_ORG_CREATE,
        .parameter_count = 4,
        .parameters = {name, plan, currency == NULL ? "GBP" : currency, tool->who}
    };
    enum db_status status = tool_query(tool, &call, 1);
    if (status != DB_OK) {
        return refuse_change(tool, status, plan);
    }
    struct json_object *org = json_own(&tool->arena, json_tree_from_row(call.result, 0));
    if (tool->json) {
        output_json(org);
    } else {
        printf("%s was created with the id %s, on the plan %s.\n", name,
               db_text(call.result, 0, db_column(call.result, "id")), plan);
    }
    return TOOL_DONE;
}

/* A statement's rows as a document with one member, or as a table. */
static int show_rows(struct tool *tool, const struct db_result *result, const char *member,
                     const struct output_column *columns, size_t count)
{
    struct json_object *rows = json_tree_from_rows(result);
    struct json_object *document = json_add(json_new_object(&tool->arena), member, rows);
    if (document == NULL) {
        return tool_refuse(tool->json, "out of memory");
    }
    if (tool->json) {
        output_json(document);
    } else if (db_rows(result) == 0) {
        printf("There are no %s.\n", member);
    } else {
        output_table(rows, columns, count);
    }
    return TOOL_DONE;
}

int org_list(struct tool *tool, const struct arguments *arguments)
{
    (void)arguments;
    struct db_call call = {.query = QUERY_TOOL_ORG_LIST};
    enum db_status status = tool_query(tool, &call, 1);
    if (status != DB_OK) {
        return tool_fail(tool, status);
    }
    return show_rows(tool, call.result, "organisations", org_columns,
                     sizeof(org_columns) / sizeof(*org_columns));
}

int org_list_its(struct tool *tool, const char *id_or_name, enum query query, const char *member,
                 const struct output_column *columns, size_t count)
{
    struct db_call calls[] = {
        {.query = QUERY_TOOL_ORG_FIND, .parameter_count = 2},
        {.query = query,               .parameter_count = 2},
    };
    org_parameters(tool, id_or_name, calls[0].parameters);
    memcpy(calls[1].parameters, calls[0].parameters, sizeof(calls[1].parameters));
    enum db_status status = tool_query(tool, calls, 2);
    if (status != DB_OK) {
        return tool_fail(tool, status);
    }
    if (db_rows(calls[0].result) != 1) {
        return org_refuse_unknown(tool, id_or_name);
    }
    return show_rows(tool, calls[1].result, member, columns, count);
}

int org_set_plan(struct tool *tool, const struct arguments *arguments)
{
    const char *id_or_name = arguments->operands[0];
    const char *plan = arguments->operands[1];
    struct db_call call = {
        .query = QUERY_TOOL_ORG_SET_PLAN,
        .parameter_count = 4,
        .parameters = {NULL, NULL, plan, tool->who}
    };
    org_parameters(tool, id_or_name, call.parameters);
    enum db_status status = tool_query(tool, &call, 1);
    if (status != DB_OK) {
        return refuse_change(tool, status, plan);
    }
    if (db_rows(call.result) != 1) {
        return org_refuse_unknown(tool, id_or_name);
    }
    if (tool->json) {
        output_json(json_own(&tool->arena, json_tree_from_row(call.result, 0)));
    } else {
        printf("%s is on the plan %s (before: %s).\n",
               db_text(call.result, 0, db_column(call.result, "name")), plan,
               db_text(call.result, 0, db_column(call.result, "previous_plan")));
    }
    return TOOL_DONE;
}
