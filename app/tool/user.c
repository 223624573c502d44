/* kabaidoctl user: who may sign in to an organisation's Settings. */
#include <errno.h>
#include <inttypes.h>
#include <json-c/json.h>
#include <stdio.h>
#include <string.h>

#include "../email.h"
#include "../json.h"
#include "../password.h"
#include "../secret.h"
#include "commands.h"
#include "output.h"
#include "prompt.h"

enum { INPUT_SIZE = 4096, NUMBER_SIZE = 12 };

static const struct output_column list_columns[] = {
    {"email",      "E-MAIL",        OUTPUT_TEXT,   ""},
    {"role",       "ROLE",          OUTPUT_TEXT,   ""},
    {"status",     "STATUS",        OUTPUT_TEXT,   ""},
    {"sessions",   "SESSIONS",      OUTPUT_TEXT,   ""},
    {"created_at", "CREATED (UTC)", OUTPUT_MOMENT, ""},
    {"id",         "ID",            OUTPUT_TEXT,   ""},
};

enum { LIST_COLUMNS = sizeof(list_columns) / sizeof(*list_columns) };

/* What a statement takes of a password, as its parameters number first and on. */
struct password_draft {
    struct password_hash hash;
    char cost[3][NUMBER_SIZE];
};

static void set_password(struct db_call *call, int first, struct password_draft *draft)
{
    const struct secret_cost *cost = &draft->hash.cost;
    const uint32_t numbers[3] = {cost->n, cost->r, cost->p};
    call->parameters[first] = (const char *)draft->hash.salt;
    call->binary_size[first] = sizeof(draft->hash.salt);
    call->parameters[first + 1] = (const char *)draft->hash.hash;
    call->binary_size[first + 1] = sizeof(draft->hash.hash);
    for (int i = 0; i < 3; i++) {
        snprintf(draft->cost[i], NUMBER_SIZE, "%" PRIu32, numbers[i]);
        call->parameters[first + 2 + i] = draft->cost[i];
    }
}

/* Asks for one password. False: why has been said. */
static bool read_password(const struct tool *tool, const char *question, char text[INPUT_SIZE],
                          size_t *length)
{
    switch (prompt_password(question, text, INPUT_SIZE, length)) {
    case PROMPT_READ:
        return true;
    case PROMPT_TOO_LONG:
        tool_refuse(tool->json, "the password must be at most %d bytes long", PASSWORD_MOST);
        return false;
    case PROMPT_INTERRUPTED:
        tool_refuse(tool->json, "interrupted");
        return false;
    case PROMPT_BROKEN:
    default:
        tool_refuse(tool->json, "cannot read standard input: %s", strerror(errno));
        return false;
    }
}

/* Has it typed again, unseen as it was. */
static bool confirm_password(const struct tool *tool, const char *text, size_t length)
{
    char again[INPUT_SIZE];
    size_t again_length = 0;
    if (!read_password(tool, "The same again: ", again, &again_length)) {
        return false;
    }
    bool same = again_length == length && secret_equal(text, again, length);
    secret_cleanse(again, sizeof(again));
    if (!same) {
        tool_refuse(tool->json, "the two passwords are not the same: nothing was changed");
    }
    return same;
}

static bool take_password(const struct tool *tool, const char *email, const char *text,
                          size_t length, struct password_hash *hash)
{
    const char *fault = password_fault(text, length, email);
    if (fault != NULL) {
        tool_refuse(tool->json, "the password must %s", fault);
        return false;
    }
    if (prompt_is_answered_by_hand() && !confirm_password(tool, text, length)) {
        return false;
    }
    if (!password_hash_new(text, length, hash)) {
        tool_refuse(tool->json, "the password cannot be hashed: there is no memory for it, or the "
                                "system's random number generator fails");
        return false;
    }
    return true;
}

/* Drafts what is to be kept of a password from standard input. False: why has been said. */
static bool draft_password(const struct tool *tool, const char *email, struct password_hash *hash)
{
    char question[EMAIL_MOST + 64];
    char text[INPUT_SIZE];
    size_t length = 0;
    snprintf(question, sizeof(question), "Password of %s, at least %d characters: ", email,
             PASSWORD_LEAST);
    bool drafted = read_password(tool, question, text, &length) &&
                   take_password(tool, email, text, length, hash);
    secret_cleanse(text, sizeof(text));
    return drafted;
}

static bool is_role(const char *text)
{
    return strcmp(text, "owner") == 0 || strcmp(text, "admin") == 0 || strcmp(text, "member") == 0;
}

static bool check_create_values(struct tool *tool, const char *email, const char *role)
{
    struct email_domain domain;
    const char *fault = email_read(&tool->arena, email, strlen(email), &domain);
    if (fault != NULL) {
        tool_misuse(tool->json, "--email is '%s': it must %s", email, fault);
        return false;
    }
    if (!is_role(role)) {
        tool_misuse(tool->json, "--role is '%s': it must be owner, admin or member", role);
        return false;
    }
    return true;
}

static int refuse_unknown_user(const struct tool *tool, const char *email)
{
    return tool_refuse(tool->json, "there is no user with the e-mail address '%s'", email);
}

/* Runs a query that has to find one row before anybody is asked for a password. */
static bool finds_one(struct tool *tool, struct db_call *call, int *result)
{
    enum db_status status = tool_query(tool, call, 1);
    *result = status == DB_OK ? TOOL_DONE : tool_fail(tool, status);
    return status == DB_OK && db_rows(call->result) == 1;
}

/* The columns of the one row that a change of a user answers, by name. */
static const char *column(const struct db_result *row, const char *name)
{
    return db_text(row, 0, db_column(row, name));
}

static int insert_user(struct tool *tool, const struct arguments *arguments, struct db_call *call)
{
    enum db_status status = tool_query(tool, call, 1);
    if (status != DB_OK) {
        return tool_fail(tool, status);
    }
    if (db_rows(call->result) != 1) {
        return org_refuse_unknown(tool, arguments->options[OPTION_ORG]);
    }
    struct json_object *user = json_own(&tool->arena, json_tree_from_row(call->result, 0));
    if (tool->json) {
        output_json(user);
    } else {
        printf("%s can sign in to %s as %s.\n", column(call->result, "email"),
               json_object_get_string(
                   json_object_object_get(json_object_object_get(user, "organisation"), "name")),
               column(call->result, "role"));
    }
    return TOOL_DONE;
}

int user_create(struct tool *tool, const struct arguments *arguments)
{
    const char *org = arguments->options[OPTION_ORG];
    const char *email = arguments->options[OPTION_EMAIL];
    const char *role = arguments->options[OPTION_ROLE];
    if (!check_create_values(tool, email, role)) {
        return TOOL_MISUSED;
    }
    int result;
    struct db_call find = {.query = QUERY_TOOL_ORG_FIND, .parameter_count = 2};
    org_parameters(tool, org, find.parameters);
    if (!finds_one(tool, &find, &result)) {
        return result == TOOL_DONE ? org_refuse_unknown(tool, org) : result;
    }
    struct password_draft draft;
    if (!draft_password(tool, email, &draft.hash)) {
        return TOOL_REFUSED;
    }
    struct db_call call = {
        .query = QUERY_TOOL_USER_CREATE,
        .parameter_count = 10,
        .parameters = {[0] = find.parameters[0],
                       [1] = find.parameters[1],
                       [2] = email,
                       [3] = role,
                       [9] = tool->who}
    };
    set_password(&call, 4, &draft);
    return insert_user(tool, arguments, &call);
}

int user_list(struct tool *tool, const struct arguments *arguments)
{
    return org_list_its(tool, arguments->options[OPTION_ORG], QUERY_TOOL_USER_LIST, "users",
                        list_columns, LIST_COLUMNS);
}

/*
 * Changes one user, whom it locks first. row is what the change answered, and NULL with any other
 * result than TOOL_DONE.
 */
static int change_user(struct tool *tool, const char *email, struct db_call *change,
                       const struct db_result **row)
{
    struct db_call calls[] = {
        {.query = QUERY_TOOL_USER_LOCK, .parameter_count = 1, .parameters = {email}},
        *change,
    };
    *row = NULL;
    enum db_status status = tool_query(tool, calls, 2);
    if (status != DB_OK) {
        return tool_fail(tool, status);
    }
    if (db_rows(calls[1].result) != 1) {
        return refuse_unknown_user(tool, email);
    }
    *row = calls[1].result;
    if (tool->json) {
        output_json(json_own(&tool->arena, json_tree_from_row(*row, 0)));
    }
    return TOOL_DONE;
}

int user_set_password(struct tool *tool, const struct arguments *arguments)
{
    const char *email = arguments->options[OPTION_EMAIL];
    const struct db_result *row;
    int result;
    struct db_call find = {
        .query = QUERY_TOOL_USER_LOCK, .parameter_count = 1, .parameters = {email}};
    if (!finds_one(tool, &find, &result)) {
        return result == TOOL_DONE ? refuse_unknown_user(tool, email) : result;
    }
    struct password_draft draft;
    if (!draft_password(tool, email, &draft.hash)) {
        return TOOL_REFUSED;
    }
    struct db_call change = {
        .query = QUERY_TOOL_USER_SET_PASSWORD,
        .parameter_count = 7,
        .parameters = {[0] = email, [6] = tool->who}
    };
    set_password(&change, 1, &draft);
    result = change_user(tool, email, &change, &row);
    if (row != NULL && !tool->json) {
        printf("The password of %s was set. Sessions that it ended: %s.\n", column(row, "email"),
               column(row, "sessions_ended"));
        if (column(row, "disabled_at")[0] != '\0') {
            printf("They are still disabled: see kabaidoctl user enable.\n");
        }
    }
    return result;
}

int user_disable(struct tool *tool, const struct arguments *arguments)
{
    const char *email = arguments->options[OPTION_EMAIL];
    const struct db_result *row;
    struct db_call change = {
        .query = QUERY_TOOL_USER_DISABLE, .parameter_count = 2, .parameters = {email, tool->who}
    };
    int result = change_user(tool, email, &change, &row);
    if (row != NULL && !tool->json) {
        if (column(row, "changed")[0] == 't') {
            printf("%s can sign in no more. Sessions that it ended: %s.\n", column(row, "email"),
                   column(row, "sessions_ended"));
        } else {
            printf("%s had been disabled before.\n", column(row, "email"));
        }
    }
    return result;
}

int user_enable(struct tool *tool, const struct arguments *arguments)
{
    const char *email = arguments->options[OPTION_EMAIL];
    const struct db_result *row;
    struct db_call change = {
        .query = QUERY_TOOL_USER_ENABLE, .parameter_count = 2, .parameters = {email, tool->who}
    };
    int result = change_user(tool, email, &change, &row);
    if (row != NULL && !tool->json) {
        printf(column(row, "changed")[0] == 't' ? "%s can sign in again.\n"
                                                : "%s was not disabled.\n",
               column(row, "email"));
    }
    return result;
}
