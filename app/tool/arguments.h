/*
 * kabaidoctl's command line: the options that there are, what a command takes of them, and the
 * values' own syntax. Knows nothing of the database.
 */
#ifndef KABAIDO_TOOL_ARGUMENTS_H
#define KABAIDO_TOOL_ARGUMENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "../moment.h"

enum option_id {
    OPTION_ORG,
    OPTION_NAME,
    OPTION_PLAN,
    OPTION_CURRENCY,
    OPTION_SCOPES,
    OPTION_EXPIRES,
    OPTION_LIMIT,
    OPTION_GRACE,
    OPTION_EMAIL,
    OPTION_ROLE,
    OPTION_ACTOR,
    OPTION_ACTION,
    OPTION_SINCE,
    OPTION_UNTIL,
    OPTION_ENTRIES, /* --limit, where it is not of a key */
    OPTION_JSON,    /* every command takes this and the next */
    OPTION_HELP,
    OPTION_COUNT
};

enum { ARGUMENTS_MOST_OPERANDS = 2 };

struct arguments {
    const char
        *options[OPTION_COUNT]; /* the value, "" for an option that has none; NULL: not given */
    const char *operands[ARGUMENTS_MOST_OPERANDS];
};

struct tool;

/* One row of the table of commands. */
struct command {
    /*
     * What it acts on, and what it does to it: `kabaidoctl noun verb`. Without a verb it is the
     * noun's only command, and looks.
     */
    const char *noun;
    const char *verb;

    /* One line for the list of commands. */
    const char *purpose;

    /* Names of the operands, all of which must be given. */
    const char *operands[ARGUMENTS_MOST_OPERANDS];

    /* Options that must and that may be given: 1U << enum option_id, or-ed. */
    unsigned needs;
    unsigned takes;

    /* Does it, and returns the process's exit status. */
    int (*run)(struct tool *tool, const struct arguments *arguments);
};

/* Room for what command_called() writes. */
enum { COMMAND_CALLED_SIZE = 32 };

/* Writes "noun verb", or the noun alone, and returns it. */
const char *command_called(const struct command *command, char called[COMMAND_CALLED_SIZE]);

/*
 * Reads the words after noun and verb. False: reason names the argument and the rule. With --help
 * nothing else is demanded.
 */
bool arguments_parse(const struct command *command, int count, char **words,
                     struct arguments *arguments, char *reason, size_t size);

/* Prints "kabaidoctl noun verb OPERAND --needed VALUE [--taken VALUE] [--json]" and a line's end.
 */
void arguments_print_synopsis(const struct command *command, FILE *out);

/* Prints a line for each of the options, with what it means. */
void arguments_print_options(unsigned which, FILE *out);

/* A whole decimal number from least to most, without sign or blanks. */
bool argument_number(const char *text, int64_t least, int64_t most, int64_t *out);

/* A number with s, m, h, d or w, such as 90d; 0 needs no unit. In seconds, from least to most. */
bool argument_duration(const char *text, int64_t least, int64_t most, int64_t *seconds);

struct argument_moment {
    char moment[MOMENT_SIZE]; /* for PostgreSQL; of a date, where it begins in UTC */
    bool has_moment;          /* else it is so many seconds ago */
    bool is_date;
    int64_t ago;
};

/* A date, a moment as RFC 3339 has them, or a duration for so long ago, up to 36500d. */
bool argument_moment(const char *text, struct argument_moment *out);

/* The room that argument_scopes() needs at most. */
enum { ARGUMENT_SCOPES_SIZE = 256 };

/*
 * A list of scopes, or "all", as a PostgreSQL array's text in the order of scope.h. On failure
 * reason names the scope at fault.
 */
bool argument_scopes(const char *list, char array[ARGUMENT_SCOPES_SIZE], char *reason, size_t size);

/* One line of 1 to 500 characters: a name. */
bool argument_name(const char *text);

#endif
