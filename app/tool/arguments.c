/* Reads kabaidoctl's command line by the rows of the option and command tables. */
#include "arguments.h"

#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "../scope.h"
#include "../utf8.h"

enum { NAME_MOST_CHARACTERS = 500 };

static const struct {
    const char *name;
    const char *value; /* what stands for its value in the usage; NULL: it has none */
    const char *purpose;
} options[OPTION_COUNT] = {
    [OPTION_ORG] = {"org",      "ORG",   "the organisation, by id or name"                         },
    [OPTION_NAME] = {"name",     "NAME",  "what people call the key, up to 500 characters"          },
    [OPTION_PLAN] = {"plan",     "PLAN",  "free, team or business"                                  },
    [OPTION_CURRENCY] = {"currency", "CODE",  "ISO 4217 code of its usual currency, default GBP"        },
    [OPTION_SCOPES] = {"scopes",   "LIST",
                    "what the key may do, such as quotes:read,orders:read; or all"                 },
    [OPTION_EXPIRES] = {"expires",  "TIME",
                    "the key's life, 1s to 3650d, such as 12h or 90d; default without end"         },
    [OPTION_LIMIT] = {"limit",    "N",     "requests a minute, 1 to 1000000, default 600"            },
    [OPTION_GRACE] = {"grace",    "TIME",  "how long the former secret goes on, 0 to 7d, default 24h"},
    [OPTION_EMAIL] = {"email",    "EMAIL", "the address that a user signs in with"                   },
    [OPTION_ROLE] = {"role",     "ROLE",  "owner or admin, who manage keys, or member"              },
    [OPTION_ACTOR] = {"actor",    "WHO",   "by whom: a user's e-mail address, or kabaidoctl"         },
    [OPTION_ACTION] = {"action",   "WHAT",
                    "what was done, such as key.create, or key for all of them"                    },
    [OPTION_SINCE] = {"since",    "WHEN",
                    "from 2026-06-30, 2026-06-30T10:30:00Z, or so long ago: 30d"                   },
    [OPTION_UNTIL] = {"until",    "WHEN",  "before then; of a date, the whole day is still in"       },
    [OPTION_ENTRIES] = {"limit",    "N",     "how many entries, 1 to 10000, default 50"                },
    [OPTION_JSON] = {"json",     NULL,    "one JSON document on stdout; errors as JSON on stderr"   },
    [OPTION_HELP] = {"help",     NULL,    "print this"                                              },
};

const char *command_called(const struct command *command, char called[COMMAND_CALLED_SIZE])
{
    bool has_verb = command->verb != NULL;
    snprintf(called, COMMAND_CALLED_SIZE, "%s%s%s", command->noun, has_verb ? " " : "",
             has_verb ? command->verb : "");
    return called;
}

static unsigned accepted(const struct command *command)
{
    return command->needs | command->takes | 1U << OPTION_JSON | 1U << OPTION_HELP;
}

/* What getopt_long() is to know, of the options that the command takes. */
static void list_long_options(unsigned which, struct option list[OPTION_COUNT + 1])
{
    size_t used = 0;
    for (int id = 0; id < OPTION_COUNT; id++) {
        if (which & 1U << id) {
            list[used++] = (struct option){.name = options[id].name,
                                           .has_arg = options[id].value == NULL ? no_argument
                                                                                : required_argument,
                                           .val = id};
        }
    }
    list[used] = (struct option){0};
}

/* Getopt_long() also takes beginnings of names; scripts that use them would break on a new name. */
static bool is_whole_option(const char *word, int id)
{
    size_t length = strlen(options[id].name);
    return strncmp(word, "--", 2) == 0 && strncmp(word + 2, options[id].name, length) == 0 &&
           (word[2 + length] == '\0' || word[2 + length] == '=');
}

static bool read_options(const struct command *command, int count, char **words,
                         struct arguments *arguments, char *reason, size_t size)
{
    struct option known[OPTION_COUNT + 1];
    char called[COMMAND_CALLED_SIZE];
    list_long_options(accepted(command), known);
    optind = 0; /* begin anew, also for a second command line of the same process (a test) */
    opterr = 0;
    for (;;) {
        int next = optind == 0 ? 1 : optind;
        int id = getopt_long(count, words, "+:", known, NULL);
        if (id == -1) {
            return true;
        }
        const char *word = words[next];
        if (id == ':') {
            snprintf(reason, size, "%s needs a value", word);
            return false;
        }
        if (id == '?' || !is_whole_option(word, id)) {
            snprintf(reason, size, "%s takes no option %.*s", command_called(command, called),
                     (int)strcspn(word, "="), word);
            return false;
        }
        if (arguments->options[id] != NULL) {
            snprintf(reason, size, "--%s is there twice", options[id].name);
            return false;
        }
        arguments->options[id] = optarg == NULL ? "" : optarg;
    }
}

/* Operands may stand among the options, so that a prefix can be pasted where one likes. */
static bool read_words(const struct command *command, int count, char **words,
                       struct arguments *arguments, char *reason, size_t size)
{
    char called[COMMAND_CALLED_SIZE];
    int operands = 0;
    while (count > 1) {
        if (!read_options(command, count, words, arguments, reason, size)) {
            return false;
        }
        words += optind - 1;
        count -= optind - 1;
        if (count > 1) {
            if (operands == ARGUMENTS_MOST_OPERANDS || command->operands[operands] == NULL) {
                snprintf(reason, size, "%s takes no further argument",
                         command_called(command, called));
                return false;
            }
            arguments->operands[operands++] = words[1];
            words++;
            count--;
        }
    }
    return true;
}

static bool all_there(const struct command *command, const struct arguments *arguments,
                      char *reason, size_t size)
{
    char called[COMMAND_CALLED_SIZE];
    command_called(command, called);
    for (int i = 0; i < ARGUMENTS_MOST_OPERANDS; i++) {
        if (command->operands[i] != NULL && arguments->operands[i] == NULL) {
            snprintf(reason, size, "%s needs %s", called, command->operands[i]);
            return false;
        }
    }
    for (int id = 0; id < OPTION_COUNT; id++) {
        if ((command->needs & 1U << id) && arguments->options[id] == NULL) {
            snprintf(reason, size, "%s needs --%s", called, options[id].name);
            return false;
        }
    }
    return true;
}

static bool all_utf8(int count, char **words, char *reason, size_t size)
{
    for (int i = 1; i < count; i++) {
        if (!utf8_valid(words[i], strlen(words[i]))) {
            snprintf(reason, size, "an argument is not UTF-8");
            return false;
        }
    }
    return true;
}

bool arguments_parse(const struct command *command, int count, char **words,
                     struct arguments *arguments, char *reason, size_t size)
{
    struct arguments fresh = {0};
    if (!all_utf8(count, words, reason, size) ||
        !read_words(command, count, words, &fresh, reason, size) ||
        (fresh.options[OPTION_HELP] == NULL && !all_there(command, &fresh, reason, size))) {
        return false;
    }
    *arguments = fresh;
    return true;
}

void arguments_print_synopsis(const struct command *command, FILE *out)
{
    char called[COMMAND_CALLED_SIZE];
    fprintf(out, "kabaidoctl %s", command_called(command, called));
    for (int i = 0; i < ARGUMENTS_MOST_OPERANDS && command->operands[i] != NULL; i++) {
        fprintf(out, " %s", command->operands[i]);
    }
    for (int id = 0; id < OPTION_JSON; id++) {
        if (command->needs & 1U << id) {
            fprintf(out, " --%s %s", options[id].name, options[id].value);
        }
    }
    for (int id = 0; id < OPTION_JSON; id++) {
        if (command->takes & 1U << id) {
            fprintf(out, " [--%s %s]", options[id].name, options[id].value);
        }
    }
    fprintf(out, " [--json]\n");
}

void arguments_print_options(unsigned which, FILE *out)
{
    for (int id = 0; id < OPTION_COUNT; id++) {
        if (which & 1U << id) {
            char name[32];
            snprintf(name, sizeof(name), "--%s %s", options[id].name,
                     options[id].value == NULL ? "" : options[id].value);
            fprintf(out, "  %-16s  %s\n", name, options[id].purpose);
        }
    }
}

/* Digits at text as a number up to most; *end receives what follows them. False: there are none. */
static bool read_digits(const char *text, int64_t most, int64_t *out, const char **end)
{
    int64_t value = 0;
    const char *c = text;
    for (; *c >= '0' && *c <= '9'; c++) {
        int digit = *c - '0';
        if (value > (most - digit) / 10) {
            return false;
        }
        value = value * 10 + digit;
    }
    *out = value;
    *end = c;
    return c != text;
}

bool argument_number(const char *text, int64_t least, int64_t most, int64_t *out)
{
    int64_t value;
    const char *end;
    if (!read_digits(text, most, &value, &end) || *end != '\0' || value < least) {
        return false;
    }
    *out = value;
    return true;
}

bool argument_duration(const char *text, int64_t least, int64_t most, int64_t *seconds)
{
    static const struct {
        char letter;
        int64_t seconds;
    } units[] = {
        {'s', 1     },
        {'m', 60    },
        {'h', 3600  },
        {'d', 86400 },
        {'w', 604800},
    };
    int64_t number;
    const char *end;
    if (!read_digits(text, most, &number, &end)) {
        return false;
    }
    if (*end == '\0' && number == 0 && least <= 0) {
        *seconds = 0;
        return true;
    }
    for (size_t i = 0; i < sizeof(units) / sizeof(*units); i++) {
        if (*end == units[i].letter && end[1] == '\0' && number <= most / units[i].seconds &&
            number * units[i].seconds >= least) {
            *seconds = number * units[i].seconds;
            return true;
        }
    }
    return false;
}

bool argument_moment(const char *text, struct argument_moment *out)
{
    static const char form[] = "0000-00-00";
    struct argument_moment read = {0};
    char whole[sizeof(form) + sizeof("T00:00:00Z")];
    bool is_date = strlen(text) == sizeof(form) - 1;
    snprintf(whole, sizeof(whole), "%sT00:00:00Z", is_date ? text : "");
    if (argument_duration(text, 1, 36500LL * 86400, &read.ago)) {
        read.has_moment = false;
    } else if (moment_read(is_date ? whole : text, read.moment)) {
        read.has_moment = true;
        read.is_date = is_date;
    } else {
        return false;
    }
    *out = read;
    return true;
}

/* The place of a scope in the table, or -1. */
static int scope_place(const char *name, size_t length)
{
    for (int i = 0; i < SCOPE_COUNT; i++) {
        if (strlen(scopes[i].name) == length && memcmp(scopes[i].name, name, length) == 0) {
            return i;
        }
    }
    return -1;
}

static void explain_scope(const char *name, size_t length, char *reason, size_t size)
{
    int used = length == 0 ? snprintf(reason, size, "--scopes holds an empty scope")
                           : snprintf(reason, size, "--scopes holds '%.*s'", (int)length, name);
    for (int i = 0; i < SCOPE_COUNT && used >= 0 && (size_t)used < size; i++) {
        used += snprintf(reason + used, size - (size_t)used, "%s%s",
                         i == 0 ? ": it must be all, or of " : ", ", scopes[i].name);
    }
}

/* The set of scopes in a list: 1U << place in the table, or-ed. */
static bool read_scopes(const char *list, unsigned *chosen, char *reason, size_t size)
{
    *chosen = 0;
    if (strcmp(list, "all") == 0) {
        *chosen = (1U << SCOPE_COUNT) - 1;
        return true;
    }
    for (const char *name = list;;) {
        size_t length = strcspn(name, ",");
        int place = scope_place(name, length);
        if (place < 0) {
            explain_scope(name, length, reason, size);
            return false;
        }
        *chosen |= 1U << place;
        if (name[length] == '\0') {
            return true;
        }
        name += length + 1;
    }
}

bool argument_scopes(const char *list, char array[ARGUMENT_SCOPES_SIZE], char *reason, size_t size)
{
    unsigned chosen;
    size_t used = 0;
    if (!read_scopes(list, &chosen, reason, size)) {
        return false;
    }
    for (int i = 0; i < SCOPE_COUNT; i++) {
        if (chosen & 1U << i) {
            used += (size_t)snprintf(array + used, ARGUMENT_SCOPES_SIZE - used, "%c%s",
                                     used == 0 ? '{' : ',', scopes[i].name);
        }
    }
    snprintf(array + used, ARGUMENT_SCOPES_SIZE - used, "}");
    return true;
}

bool argument_name(const char *text)
{
    size_t characters = 0;
    for (const char *c = text; *c != '\0'; c++) {
        if ((unsigned char)*c < 0x20 || *c == 0x7F) {
            return false;
        }
        characters += (*c & 0xC0) != 0x80; /* counts each sequence of UTF-8 once */
    }
    return characters >= 1 && characters <= NAME_MOST_CHARACTERS;
}
