/* kabaidoctl key: makes, lists, rotates, revokes and checks API keys. */
#include "../key.h"

#include <errno.h>
#include <inttypes.h>
#include <json-c/json.h>
#include <stdio.h>
#include <string.h>

#include "../json.h"
#include "../key_draft.h"
#include "../secret.h"
#include "commands.h"
#include "output.h"
#include "prompt.h"

enum {
    DEFAULT_LIMIT = 600, /* a minute: what the published documentation promises */
    MOST_LIMIT = 1000000,
    MOST_PUBLIC_IDS = 5, /* tries until one is free; the second is needed once in a lifetime */
    INPUT_SIZE = 4096,
};

static const int64_t day_seconds = 86400;

static const struct output_column list_columns[] = {
    {"prefix",       "PREFIX",        OUTPUT_TEXT,   ""     },
    {"name",         "NAME",          OUTPUT_TEXT,   ""     },
    {"status",       "STATUS",        OUTPUT_TEXT,   ""     },
    {"limit",        "LIMIT",         OUTPUT_TEXT,   ""     },
    {"created_at",   "CREATED (UTC)", OUTPUT_MOMENT, ""     },
    {"expires_at",   "EXPIRES",       OUTPUT_MOMENT, "never"},
    {"last_used_at", "LAST USED",     OUTPUT_MOMENT, "never"},
    {"scopes",       "SCOPES",        OUTPUT_SCOPES, ""     },
};

static const struct output_column key_columns[] = {
    {"organisation", "organisation",      OUTPUT_NAME,   ""     },
    {"name",         "name",              OUTPUT_TEXT,   ""     },
    {"prefix",       "prefix",            OUTPUT_TEXT,   ""     },
    {"scopes",       "scopes",            OUTPUT_SCOPES, ""     },
    {"limit",        "requests a minute", OUTPUT_TEXT,   ""     },
    {"expires_at",   "expires (UTC)",     OUTPUT_MOMENT, "never"},
};

static const struct output_column check_columns[] = {
    {"status",       "status",            OUTPUT_TEXT,   ""     },
    {"organisation", "organisation",      OUTPUT_NAME,   ""     },
    {"name",         "name",              OUTPUT_TEXT,   ""     },
    {"prefix",       "prefix",            OUTPUT_TEXT,   ""     },
    {"scopes",       "scopes",            OUTPUT_SCOPES, ""     },
    {"limit",        "requests a minute", OUTPUT_TEXT,   ""     },
    {"expires_at",   "expires (UTC)",     OUTPUT_MOMENT, "never"},
    {"revoked_at",   "revoked (UTC)",     OUTPUT_MOMENT, "no"   },
    {"last_used_at", "last used (UTC)",   OUTPUT_MOMENT, "never"},
};

enum {
    LIST_COLUMNS = sizeof(list_columns) / sizeof(*list_columns),
    KEY_COLUMNS = sizeof(key_columns) / sizeof(*key_columns),
    CHECK_COLUMNS = sizeof(check_columns) / sizeof(*check_columns),
};

/*
 * Runs calls of which the last inserts a new credential, drafted into its parameters from number
 * first on; drafts another one where the public id is taken.
 */
static enum db_status insert_credential(struct tool *tool, struct db_call *calls, size_t count,
                                        int first, struct key_draft *draft)
{
    enum db_status status = DB_REJECTED;
    for (int i = 0; i < MOST_PUBLIC_IDS; i++) {
        if (!key_draft_make(draft)) {
            secret_cleanse(draft, sizeof(*draft));
            tool_refuse(tool->json, "the system's random number generator fails");
            exit(TOOL_REFUSED);
        }
        key_draft_parameters(draft, &calls[count - 1], first);
        status = tool_query(tool, calls, count);
        if (status != DB_REJECTED ||
            strcmp(db_error(tool->db)->constraint, "credentials_pkey") != 0) {
            break;
        }
    }
    return status;
}

static bool has_integrations(struct json_object *key)
{
    struct json_object *organisation = json_object_object_get(key, "organisation");
    return json_object_get_boolean(json_object_object_get(organisation, "integrations"));
}

/* Shows a new key, whole, for the only time. */
static void show_key(const struct tool *tool, struct json_object *key,
                     const struct key_draft *draft, const char *headline)
{
    char text[KEY_LENGTH + 1];
    key_format(&draft->key, text);
    if (tool->json) {
        output_json_with_key(key, text);
    } else {
        printf("%s\n\n", headline);
        output_record(key, key_columns, KEY_COLUMNS);
        printf("\n");
        output_key(text);
        printf("\nThis is the only time that the key is shown: store it safely. Of its secret only "
               "a\nsalted hash is kept, from which nobody can recover it.\n");
        if (!has_integrations(key)) {
            printf("\nThe organisation's plan does not include API access: requests with this key "
                   "are refused\nuntil it is put on another (kabaidoctl org set-plan).\n");
        }
    }
    secret_cleanse(text, sizeof(text));
}

static bool read_create_values(const struct tool *tool, const struct arguments *arguments,
                               char scopes[ARGUMENT_SCOPES_SIZE], int64_t *limit, int64_t *life)
{
    char reason[512];
    const char *given_limit = arguments->options[OPTION_LIMIT];
    const char *given_life = arguments->options[OPTION_EXPIRES];
    *limit = DEFAULT_LIMIT;
    *life = 0;
    if (!argument_name(arguments->options[OPTION_NAME])) {
        tool_misuse(tool->json, "--name must be one line of 1 to 500 characters");
        return false;
    }
    if (!argument_scopes(arguments->options[OPTION_SCOPES], scopes, reason, sizeof(reason))) {
        tool_misuse(tool->json, "%s", reason);
        return false;
    }
    if (given_limit != NULL && !argument_number(given_limit, 1, MOST_LIMIT, limit)) {
        tool_misuse(tool->json, "--limit is '%s': it must be a whole number from 1 to %d",
                    given_limit, MOST_LIMIT);
        return false;
    }
    if (given_life != NULL && !argument_duration(given_life, 1, 3650 * day_seconds, life)) {
        tool_misuse(tool->json,
                    "--expires is '%s': it must be a number with s, m, h, d or w, from 1s to 3650d",
                    given_life);
        return false;
    }
    return true;
}

int key_create(struct tool *tool, const struct arguments *arguments)
{
    char scopes[ARGUMENT_SCOPES_SIZE];
    char limit_text[24];
    char life_text[24];
    int64_t limit;
    int64_t life;
    if (!read_create_values(tool, arguments, scopes, &limit, &life)) {
        return TOOL_MISUSED;
    }
    snprintf(limit_text, sizeof(limit_text), "%" PRId64, limit);
    snprintf(life_text, sizeof(life_text), "%" PRId64, life);
    const char *org = arguments->options[OPTION_ORG];
    struct key_draft draft = {0};
    struct db_call call = {
        .query = QUERY_TOOL_KEY_CREATE,
        .parameter_count = 10,
        .parameters = {[2] = arguments->options[OPTION_NAME],
                       [3] = scopes,
                       [4] = limit_text,
                       [5] = life == 0 ? NULL : life_text,
                       [9] = tool->who}
    };
    org_parameters(tool, org, call.parameters);
    int result = TOOL_DONE;
    enum db_status status = insert_credential(tool, &call, 1, 6, &draft);
    if (status != DB_OK) {
        result = tool_fail(tool, status);
    } else if (db_rows(call.result) != 1) {
        result = org_refuse_unknown(tool, org);
    } else {
        show_key(tool, json_own(&tool->arena, json_tree_from_row(call.result, 0)), &draft,
                 "The key was created.");
    }
    secret_cleanse(&draft, sizeof(draft));
    return result;
}

int key_list(struct tool *tool, const struct arguments *arguments)
{
    return org_list_its(tool, arguments->options[OPTION_ORG], QUERY_TOOL_KEY_LIST, "keys",
                        list_columns, LIST_COLUMNS);
}

/* The value is not repeated: it may be anything that was pasted. */
static bool read_prefix(const struct tool *tool, const struct arguments *arguments,
                        char public_id[KEY_PUBLIC_ID_LENGTH + 1])
{
    if (key_parse_prefix(arguments->operands[0], public_id)) {
        return true;
    }
    tool_misuse(tool->json,
                "PREFIX must be " KEY_SCHEME " and %d letters or digits, as `key list` shows it",
                KEY_PUBLIC_ID_LENGTH);
    return false;
}

static int refuse_unknown_key(const struct tool *tool, const char *public_id)
{
    return tool_refuse(tool->json, "there is no key with the prefix " KEY_SCHEME "%s", public_id);
}

int key_revoke(struct tool *tool, const struct arguments *arguments)
{
    char public_id[KEY_PUBLIC_ID_LENGTH + 1];
    if (!read_prefix(tool, arguments, public_id)) {
        return TOOL_MISUSED;
    }
    struct db_call calls[] = {
        {.query = QUERY_TOOL_KEY_LOCK,   .parameter_count = 1, .parameters = {public_id}},
        {.query = QUERY_TOOL_KEY_REVOKE,
         .parameter_count = 2,
         .parameters = {public_id, tool->who}                                           },
    };
    enum db_status status = tool_query(tool, calls, 2);
    if (status != DB_OK) {
        return tool_fail(tool, status);
    }
    const struct db_result *row = calls[1].result;
    if (db_rows(row) != 1) {
        return refuse_unknown_key(tool, public_id);
    }
    if (tool->json) {
        output_json(json_own(&tool->arena, json_tree_from_row(row, 0)));
    } else if (db_text(row, 0, db_column(row, "was_revoked"))[0] == 't') {
        printf("The key %s (%s) had been revoked before.\n",
               db_text(row, 0, db_column(row, "prefix")), db_text(row, 0, db_column(row, "name")));
    } else {
        printf("The key %s (%s) is revoked: no request is served with it from now on.\n",
               db_text(row, 0, db_column(row, "prefix")), db_text(row, 0, db_column(row, "name")));
    }
    return TOOL_DONE;
}

static void show_rotated(struct tool *tool, const struct db_result *row, bool grace,
                         const struct key_draft *draft)
{
    char headline[160];
    const char *end = db_text(row, 0, db_column(row, "previous_expires_at"));
    if (grace) {
        snprintf(headline, sizeof(headline),
                 "The key has a new secret. The former one goes on until %.16s UTC.", end);
    } else {
        snprintf(headline, sizeof(headline),
                 "The key has a new secret. The former one has ended just now.");
    }
    show_key(tool, json_own(&tool->arena, json_tree_from_row(row, 0)), draft, headline);
}

int key_rotate(struct tool *tool, const struct arguments *arguments)
{
    char public_id[KEY_PUBLIC_ID_LENGTH + 1];
    char grace_text[24];
    int64_t grace = day_seconds;
    const char *given = arguments->options[OPTION_GRACE];
    if (!read_prefix(tool, arguments, public_id)) {
        return TOOL_MISUSED;
    }
    if (given != NULL && !argument_duration(given, 0, 7 * day_seconds, &grace)) {
        return tool_misuse(
            tool->json, "--grace is '%s': it must be a number with s, m, h, d or w, from 0 to 7d",
            given);
    }
    snprintf(grace_text, sizeof(grace_text), "%" PRId64, grace);
    struct key_draft draft = {0};
    struct db_call calls[] = {
        {.query = QUERY_TOOL_KEY_LOCK,   .parameter_count = 1, .parameters = {public_id}},
        {.query = QUERY_TOOL_KEY_ROTATE,
         .parameter_count = 6,
         .parameters = {[0] = public_id, [1] = grace_text, [5] = tool->who}             },
    };
    int result = TOOL_DONE;
    enum db_status status = insert_credential(tool, calls, 2, 2, &draft);
    const struct db_result *row = calls[1].result;
    if (status != DB_OK) {
        result = tool_fail(tool, status);
    } else if (db_rows(row) != 1) {
        result = refuse_unknown_key(tool, public_id);
    } else if (strcmp(db_text(row, 0, db_column(row, "status")), "active") != 0) {
        result = tool_refuse(tool->json, "the key is %s: create a new one instead",
                             db_text(row, 0, db_column(row, "status")));
    } else {
        show_rotated(tool, row, grace > 0, &draft);
    }
    secret_cleanse(&draft, sizeof(draft));
    return result;
}

/* What is wrong with a text that is no key at all, or NULL. */
static const char *fault_of_form(enum key_form form)
{
    switch (form) {
    case KEY_WELL_FORMED:
        return NULL;
    case KEY_WRONG_SCHEME:
        return "it does not begin with " KEY_SCHEME;
    case KEY_WRONG_LENGTH:
        return "it is not 55 characters long: something is missing, or too much was copied";
    case KEY_WRONG_CHARACTER:
        return "it holds something else than letters and digits";
    case KEY_WRONG_CHECKSUM:
    default:
        return "its checksum is wrong: it was mistyped or made up";
    }
}

static int show_check(const struct tool *tool, struct json_object *result, const char *sentence)
{
    const char *status = json_object_get_string(json_object_object_get(result, "status"));
    bool active = status != NULL && strcmp(status, "active") == 0;
    json_add_text(result, "explanation", sentence);
    if (tool->json) {
        output_json(result);
    } else {
        printf("%s\n", sentence);
    }
    return active ? TOOL_DONE : TOOL_REFUSED;
}

/* For a key of which nothing may be told. */
static int show_failed_check(struct tool *tool, const char *status, const char *public_id,
                             const char *sentence)
{
    struct json_object *result = json_new_object(&tool->arena);
    json_add_text(result, "status", status);
    if (public_id != NULL) {
        json_add_text(result, "prefix", arena_print(&tool->arena, "%s%s", KEY_SCHEME, public_id));
    }
    return show_check(tool, result, sentence);
}

static const char *explain_status(const char *status, bool integrations)
{
    if (strcmp(status, "revoked") == 0) {
        return "The key is genuine and was revoked.";
    }
    if (strcmp(status, "expired") == 0) {
        return "The key is genuine and has expired.";
    }
    return integrations ? "The key is genuine and active."
                        : "The key is genuine and active, but the organisation's plan does not "
                          "include API access.";
}

static bool proves(const struct key *key, const struct db_result *proof)
{
    uint8_t salt[SECRET_SALT_SIZE];
    uint8_t expected[SECRET_DIGEST_SIZE];
    uint8_t digest[SECRET_DIGEST_SIZE];
    return db_bytes(proof, 0, 0, salt, sizeof(salt)) &&
           db_bytes(proof, 0, 1, expected, sizeof(expected)) &&
           secret_digest(salt, key->secret, KEY_SECRET_LENGTH, digest) &&
           secret_equal(digest, expected, sizeof(digest));
}

static int check_in_database(struct tool *tool, const struct key *key)
{
    struct db_call calls[] = {
        {.query = QUERY_TOOL_CREDENTIAL_PROOF,
         .parameter_count = 1,
         .parameters = {key->public_id}                                                            },
        {.query = QUERY_TOOL_KEY_FIND,         .parameter_count = 1, .parameters = {key->public_id}},
    };
    enum db_status status = tool_query(tool, calls, 2);
    if (status != DB_OK) {
        return tool_fail(tool, status);
    }
    if (db_rows(calls[0].result) != 1 || db_rows(calls[1].result) != 1) {
        return show_failed_check(tool, "unknown", key->public_id,
                                 "The key is well formed, but there is none with this prefix.");
    }
    if (!proves(key, calls[0].result)) {
        return show_failed_check(tool, "wrong_secret", key->public_id,
                                 "There is a key with this prefix, but its secret is another.");
    }
    struct json_object *found = json_own(&tool->arena, json_tree_from_row(calls[1].result, 0));
    const char *word = db_text(calls[1].result, 0, db_column(calls[1].result, "status"));
    if (!tool->json) {
        output_record(found, check_columns, CHECK_COLUMNS);
        printf("\n");
    }
    return show_check(tool, found, explain_status(word, has_integrations(found)));
}

static int check_text(struct tool *tool, const char *text, size_t length)
{
    struct key key;
    const char *fault =
        length == 0 ? "nothing came in" : fault_of_form(key_parse(text, length, &key));
    if (fault != NULL) {
        return show_failed_check(tool, "malformed", NULL,
                                 arena_print(&tool->arena, "This is no key: %s.", fault));
    }
    int result = check_in_database(tool, &key);
    secret_cleanse(&key, sizeof(key));
    return result;
}

int key_check(struct tool *tool, const struct arguments *arguments)
{
    char text[INPUT_SIZE];
    size_t length = 0;
    (void)arguments;
    switch (prompt_secret("Key: ", text, sizeof(text), &length)) {
    case PROMPT_READ:
        break;
    case PROMPT_TOO_LONG:
        return show_failed_check(tool, "malformed", NULL,
                                 "This is no key: it is far too long for one.");
    case PROMPT_INTERRUPTED:
        return tool_refuse(tool->json, "interrupted");
    case PROMPT_BROKEN:
    default:
        return tool_refuse(tool->json, "cannot read standard input: %s", strerror(errno));
    }
    int result = check_text(tool, text, length);
    secret_cleanse(text, sizeof(text));
    return result;
}
