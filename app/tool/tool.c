/* The frame of a kabaidoctl command: connection, failures, and who is at the keyboard. */
#include "tool.h"

#include <json-c/json.h>
#include <pwd.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../json.h"
#include "../utf8.h"

enum {
    ARENA_KEEP = 64 * 1024,
    ARENA_MOST = 256 * 1024 * 1024, /* lists of everything there is */
    TIMEOUT_MS = 60000,
};

/* Each statement runs once: a name would gain nothing, and stay behind with a pooler. */
static const bool prepare = false;

static void say(bool json, const char *format, va_list values)
    __attribute__((format(printf, 2, 0)));

static void say(bool json, const char *format, va_list values)
{
    char message[1024];
    vsnprintf(message, sizeof(message), format, values);
    struct json_object *error = json ? json_object_new_object() : NULL;
    if (error == NULL) {
        fprintf(stderr, "kabaidoctl: %s\n", message);
        return;
    }
    json_add_text(error, "error", message);
    size_t size = 0;
    const char *text = json_text(error, &size);
    fprintf(stderr, "%s\n", text == NULL ? "{\"error\":\"out of memory\"}" : text);
    json_object_put(error);
}

int tool_refuse(bool json, const char *format, ...)
{
    va_list values;
    va_start(values, format);
    say(json, format, values);
    va_end(values);
    return TOOL_REFUSED;
}

int tool_misuse(bool json, const char *format, ...)
{
    va_list values;
    va_start(values, format);
    say(json, format, values);
    va_end(values);
    return TOOL_MISUSED;
}

/*
 * The system's user, and behind sudo the person as well: an audit trail in which everybody is root
 * would not be worth much. Only root can have been put there by sudo.
 */
static const char *who(struct arena *arena)
{
    char number[24];
    const struct passwd *user = getpwuid(getuid());
    const char *sudo_user = getuid() == 0 ? getenv("SUDO_USER") : NULL;
    struct json_object *object = json_new_object(arena);
    snprintf(number, sizeof(number), "%u", (unsigned)getuid());
    if (user != NULL && utf8_valid(user->pw_name, strlen(user->pw_name))) {
        json_add_text(object, "os_user", user->pw_name);
    } else {
        json_add_text(object, "os_user", number);
    }
    if (sudo_user != NULL && utf8_valid(sudo_user, strlen(sudo_user))) {
        json_add_text(object, "sudo_user", sudo_user);
    }
    size_t size;
    return object == NULL ? NULL : json_text(object, &size);
}

/* A role that row security shows nothing would report an empty database as the truth. */
static bool check_role(struct tool *tool)
{
    struct db_call call = {.query = QUERY_TOOL_SESSION};
    enum db_status status = tool_query(tool, &call, 1);
    if (status != DB_OK) {
        tool_fail(tool, status);
        return false;
    }
    if (strcmp(db_text(call.result, 0, db_column(call.result, "manages")), "t") != 0) {
        tool_refuse(tool->json,
                    "row security hides every organisation from the role %s: set PGUSER to "
                    "kabaido_tool, or leave it unset",
                    db_text(call.result, 0, db_column(call.result, "role")));
        return false;
    }
    return true;
}

bool tool_init(struct tool *tool, bool json)
{
    *tool = (struct tool){.json = json};
    setenv("PGUSER", "kabaido_tool", 0);
    setenv("PGDATABASE", "kabaido", 0);
    if (!arena_init(&tool->arena, ARENA_KEEP, ARENA_MOST) ||
        (tool->db = db_new("kabaidoctl", TIMEOUT_MS, prepare)) == NULL ||
        (tool->who = who(&tool->arena)) == NULL) {
        tool_refuse(json, "out of memory");
        return false;
    }
    return check_role(tool);
}

void tool_free(struct tool *tool)
{
    arena_free(&tool->arena);
    db_free(tool->db);
}

static void release(void *result)
{
    db_result_free(result);
}

enum db_status tool_query(struct tool *tool, struct db_call *calls, size_t count)
{
    enum db_status status = db_pipeline(tool->db, calls, count);
    bool owned = true;
    for (size_t i = 0; i < count && status == DB_OK; i++) {
        owned = arena_own(&tool->arena, calls[i].result, release) != NULL && owned;
    }
    if (!owned) {
        tool_refuse(tool->json, "out of memory");
        exit(TOOL_REFUSED);
    }
    return status;
}

/* What the schema's constraints say, for people. */
static const struct {
    const char *name;
    const char *rule;
} constraints[] = {
    {"organisations_name_unique", "there is an organisation of this name already"                             },
    {"iso_currency_is_iso_4217",  "--currency must be a code of ISO 4217, such as GBP"                        },
    {"users_email_unique",        "there is a user with this e-mail address in the organisation already"      },
    {"sign_ins_pkey",             "a user of another organisation has this e-mail address: it is good for one"},
};

int tool_fail(struct tool *tool, enum db_status status)
{
    const struct db_error *error = db_error(tool->db);
    for (size_t i = 0; i < sizeof(constraints) / sizeof(*constraints); i++) {
        if (strcmp(error->constraint, constraints[i].name) == 0) {
            return tool_refuse(tool->json, "%s", constraints[i].rule);
        }
    }
    if (status == DB_REJECTED) {
        return tool_refuse(tool->json, "the database refused: %s (SQLSTATE %s)", error->message,
                           error->sqlstate);
    }
    if (error->after_send) {
        return tool_refuse(tool->json,
                           "the database was lost before it answered: %s; look whether the command "
                           "was carried out",
                           error->message);
    }
    if (error->sqlstate[0] != '\0') { /* it was there, but busy */
        return tool_refuse(tool->json, "the database changed nothing: %s; try again",
                           error->message);
    }
    return tool_refuse(tool->json, "the database cannot be reached: %s", error->message);
}
