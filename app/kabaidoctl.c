/* kabaidoctl: organisations, their users and API keys, and the audit trail, from an operator's
 * terminal or script. */
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base62.h"
#include "key.h"
#include "secret.h"
#include "tool/arguments.h"
#include "tool/commands.h"
#include "tool/output.h"
#include "tool/tool.h"

#ifndef KABAIDO_VERSION
#define KABAIDO_VERSION "development"
#endif

#define TAKES(option) (1U << OPTION_##option)

/* THE table of commands; policy and usage are both read off it. */
static const struct command commands[] = {
    {.noun = "org",
     .verb = "create",
     .purpose = "make an organisation",
     .operands = {"NAME"},
     .needs = TAKES(PLAN),
     .takes = TAKES(CURRENCY),
     .run = org_create},
    {.noun = "org",                                                   .verb = "list",                                     .purpose = "list all organisations",                                                                          .run = org_list                                                                                                                                                 },
    {.noun = "org",
     .verb = "set-plan",
     .purpose = "put an organisation on another plan, from its next request on",
     .operands = {"ORG", "PLAN"},
     .run = org_set_plan},
    {.noun = "key",
     .verb = "create",
     .purpose = "make a key and show it, once",
     .needs = TAKES(ORG) | TAKES(NAME) | TAKES(SCOPES),
     .takes = TAKES(EXPIRES) | TAKES(LIMIT),
     .run = key_create},
    {.noun = "key",
     .verb = "list",
     .purpose = "list an organisation's keys",
     .needs = TAKES(ORG),
     .run = key_list},
    {.noun = "key",
     .verb = "revoke",
     .purpose = "end a key at once, for good",
     .operands = {"PREFIX"},
     .run = key_revoke},
    {.noun = "key",
     .verb = "rotate",
     .purpose = "give a key a new secret, and the former one an end",
     .operands = {"PREFIX"},
     .takes = TAKES(GRACE),
     .run = key_rotate},
    {.noun = "key",
     .verb = "check",
     .purpose = "read a key from stdin: is it whole, known and still good",
     .run = key_check                                                                                                                                                 },
    {.noun = "user",
     .verb = "create",
     .purpose = "let somebody sign in to Settings; the password is asked for, or a line of stdin",
     .needs = TAKES(ORG) | TAKES(EMAIL) | TAKES(ROLE),
     .run = user_create},
    {.noun = "user",
     .verb = "list",
     .purpose = "list who may sign in to an organisation's Settings",
     .needs = TAKES(ORG),
     .run = user_list},
    {.noun = "user",
     .verb = "set-password",
     .purpose = "give a user another password, and end their sessions",
     .needs = TAKES(EMAIL),
     .run = user_set_password},
    {.noun = "user",
     .verb = "disable",
     .purpose = "end a user's sessions, and let them sign in no more",
     .needs = TAKES(EMAIL),
     .run = user_disable},
    {.noun = "user",
     .verb = "enable",
     .purpose = "let a disabled user sign in again",
     .needs = TAKES(EMAIL),
     .run = user_enable},
    {.noun = "audit",
     .purpose = "list who did what when, newest first",
     .takes =
         TAKES(ORG) | TAKES(ACTOR) | TAKES(ACTION) | TAKES(SINCE) | TAKES(UNTIL) | TAKES(ENTRIES),
     .run = audit_list                                                                                                                                         },
};

enum { COMMAND_COUNT = sizeof(commands) / sizeof(*commands) };

static bool is(const char *word, const char *expected)
{
    return word != NULL && strcmp(word, expected) == 0;
}

static const struct command *find_command(const char *noun, const char *verb)
{
    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        if (is(noun, commands[i].noun) &&
            (commands[i].verb == NULL || is(verb, commands[i].verb))) {
            return &commands[i];
        }
    }
    return NULL;
}

/* The usage of all commands of a noun, or of all there are. False: there is no such noun. */
static bool print_usage(const char *noun, FILE *out)
{
    unsigned options = TAKES(JSON) | TAKES(HELP);
    bool found = false;
    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        if (noun == NULL || is(noun, commands[i].noun)) {
            fputs(found ? "\n       " : "usage: ", out);
            arguments_print_synopsis(&commands[i], out);
            fprintf(out, "           %s\n", commands[i].purpose);
            options |= commands[i].needs | commands[i].takes;
            found = true;
        }
    }
    if (found) {
        fputs("\nPREFIX is kbd_live_ and 8 characters, as `key list` shows it; that of a former "
              "secret will do.\n\n",
              out);
        arguments_print_options(options, out);
        fputs("\nThe database is found by libpq's PGHOST, PGPORT, PGDATABASE (kabaido) and PGUSER "
              "(kabaido_tool).\nExit status: 0 done, 1 refused or not found, 2 wrong usage.\n",
              out);
    }
    return found;
}

static void print_command_usage(const struct command *command, FILE *out)
{
    fputs("usage: ", out);
    arguments_print_synopsis(command, out);
    fprintf(out, "           %s\n\n", command->purpose);
    arguments_print_options(command->needs | command->takes | TAKES(JSON) | TAKES(HELP), out);
}

/* Before the command line is understood: whether its author waits for JSON. */
static bool wants_json(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        if (is(argv[i], "--json")) {
            return true;
        }
    }
    return false;
}

/* True when the text holds more of any key than its prefix. */
static bool holds_key(const char *text)
{
    const char *scheme = text;
    while ((scheme = strstr(scheme, KEY_SCHEME)) != NULL) {
        scheme += KEY_SCHEME_LENGTH;
        if (strspn(scheme, BASE62_DIGITS) > KEY_PUBLIC_ID_LENGTH) {
            return true;
        }
    }
    return false;
}

/*
 * Every user of the machine can read a command line, and a shell remembers it: an argument that
 * holds more of a key than its prefix is wiped and refused. True when there was one.
 */
static bool hide_keys(int argc, char **argv)
{
    bool found = false;
    for (int i = 1; i < argc; i++) {
        if (holds_key(argv[i])) {
            secret_cleanse(argv[i], strlen(argv[i]));
            found = true;
        }
    }
    return found;
}

static int run(const struct command *command, const struct arguments *arguments)
{
    struct tool tool;
    int status = TOOL_REFUSED;
    if (tool_init(&tool, arguments->options[OPTION_JSON] != NULL)) {
        status = command->run(&tool, arguments);
        if (!output_finish()) {
            status = tool_refuse(tool.json, "the result could not be written to standard output; "
                                            "the command itself was carried out");
        }
    }
    tool_free(&tool);
    return status;
}

static int run_command(const struct command *command, int count, char **words, bool json)
{
    char reason[512];
    struct arguments arguments;
    if (!arguments_parse(command, count, words, &arguments, reason, sizeof(reason))) {
        int status = tool_misuse(json, "%s", reason);
        if (!json) {
            fputs("usage: ", stderr);
            arguments_print_synopsis(command, stderr);
        }
        return status;
    }
    if (arguments.options[OPTION_HELP] != NULL) {
        print_command_usage(command, stdout);
        return TOOL_DONE;
    }
    return run(command, &arguments);
}

/* What is no command: help, version, or a mistake. */
static int run_other(int argc, char **argv, bool json)
{
    const char *noun = argc > 1 ? argv[1] : NULL;
    const char *verb = argc > 2 ? argv[2] : NULL;
    if (is(noun, "--version")) {
        puts("kabaidoctl " KABAIDO_VERSION);
        return TOOL_DONE;
    }
    if (is(noun, "--help") || is(noun, "help")) {
        print_usage(NULL, stdout);
        return TOOL_DONE;
    }
    if (is(verb, "--help") && print_usage(noun, stdout)) {
        return TOOL_DONE;
    }
    if (noun == NULL) {
        print_usage(NULL, stderr);
        return TOOL_MISUSED;
    }
    bool has_verb = verb != NULL && verb[0] != '-';
    return tool_misuse(json, "there is no command '%s%s%s': see kabaidoctl --help", noun,
                       has_verb ? " " : "", has_verb ? verb : "");
}

int main(int argc, char **argv)
{
    bool json = wants_json(argc, argv);
    setlocale(LC_CTYPE, "C.UTF-8"); /* to align names by what they take on a terminal */
    if (hide_keys(argc, argv)) {
        return tool_misuse(json, "an argument holds more of a key than its prefix, and others can "
                                 "read it there: pipe a whole key into `key check`, and name it by "
                                 "its prefix elsewhere");
    }
    const struct command *command = argc > 1 ? find_command(argv[1], argv[2]) : NULL;
    if (command == NULL) {
        return run_other(argc, argv, json);
    }
    int words = command->verb == NULL ? 1 : 2;
    return run_command(command, argc - words, argv + words, json);
}
