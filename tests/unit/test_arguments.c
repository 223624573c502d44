/* kabaidoctl's command line: what it takes, what it refuses, and what it says then. */
#include "tool/arguments.h"

#include <stdlib.h>
#include <string.h>

#include "unit.h"

enum { MOST_WORDS = 8 };

static const struct command command = {.noun = "key",
                                       .verb = "try",
                                       .purpose = "try it",
                                       .operands = {"PREFIX"},
                                       .needs = 1U << OPTION_ORG,
                                       .takes = 1U << OPTION_LIMIT};

static struct arguments arguments;
static char reason[512];

/* Parses words that are ended by NULL; what comes out lives until the next time. */
static bool parse(const char *const words[MOST_WORDS])
{
    static char copies[MOST_WORDS + 1][256];
    char *pointers[MOST_WORDS + 1] = {copies[0]};
    int count = 1;
    for (; words[count - 1] != NULL; count++) {
        snprintf(copies[count], sizeof(copies[count]), "%s", words[count - 1]);
        pointers[count] = copies[count];
    }
    memset(&arguments, 0, sizeof(arguments));
    memset(reason, 0, sizeof(reason));
    return arguments_parse(&command, count, pointers, &arguments, reason, sizeof(reason));
}

static void options_and_operands_stand_in_any_order(void **state)
{
    static const char *const lines[][MOST_WORDS] = {
        {"P",   "--org", "o",  "--limit", "5",       "--json", NULL},
        {"--org", "o",        "P",      "--limit",            "5",           "--json", NULL},
        {"--json",  "--limit=5", "--org=o", "P",NULL},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(lines); i++) {
        assert_true(parse(lines[i]));
        assert_string_equal(arguments.operands[0], "P");
        assert_string_equal(arguments.options[OPTION_ORG], "o");
        assert_string_equal(arguments.options[OPTION_LIMIT], "5");
        assert_non_null(arguments.options[OPTION_JSON]);
        assert_null(arguments.options[OPTION_HELP]);
    }
}

static void values_are_taken_as_they_are(void **state)
{
    static const char *const line[MOST_WORDS] = {"--org", "--json", "--", "--P", NULL};
    static const char *const empty[MOST_WORDS] = {"--org=", "P", NULL};
    (void)state;
    assert_true(parse(line));
    assert_string_equal(arguments.options[OPTION_ORG], "--json");
    assert_string_equal(arguments.operands[0], "--P");
    assert_null(arguments.options[OPTION_JSON]);
    assert_true(parse(empty));
    assert_string_equal(arguments.options[OPTION_ORG], "");
}

static void what_is_wrong_is_named(void **state)
{
    static const struct {
        const char *words[MOST_WORDS];
        const char *reason;
    } cases[] = {
        {{NULL},                                   "key try needs PREFIX"             },
        {{"--org", "o", NULL},                     "key try needs PREFIX"             },
        {{"P", NULL},                              "key try needs --org"              },
        {{"P", "--org", NULL},                     "--org needs a value"              },
        {{"P", "Q", "--org", "o", NULL},           "key try takes no further argument"},
        {{"P", "--org", "o", "--plan", "x", NULL}, "key try takes no option --plan"   },
        {{"P", "--org", "o", "--secret=x", NULL},  "key try takes no option --secret" },
        {{"P", "--or", "o", NULL},                 "key try takes no option --or"     },
        {{"P", "-o", "o", NULL},                   "key try takes no option -o"       },
        {{"P", "--org", "o", "--org", "p", NULL},  "--org is there twice"             },
        {{"P", "--org", "o", "--json=1", NULL},    "key try takes no option --json"   },
        {{"P", "--org", "\xFF", NULL},             "an argument is not UTF-8"         },
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        if (parse(cases[i].words) || strcmp(reason, cases[i].reason) != 0) {
            fail_msg("'%s' instead of '%s'", reason, cases[i].reason);
        }
        assert_null(arguments.operands[0]);
    }
}

static void help_demands_nothing_else(void **state)
{
    static const char *const line[MOST_WORDS] = {"--help", NULL};
    (void)state;
    assert_true(parse(line));
    assert_non_null(arguments.options[OPTION_HELP]);
}

static void the_synopsis_is_read_off_the_row(void **state)
{
    char *text = NULL;
    size_t size = 0;
    (void)state;
    FILE *out = open_memstream(&text, &size);
    arguments_print_synopsis(&command, out);
    fclose(out);
    assert_string_equal(text, "kabaidoctl key try PREFIX --org ORG [--limit N] [--json]\n");
    free(text);
}

static void numbers_are_whole_and_in_range(void **state)
{
    static const struct {
        const char *text;
        int64_t value; /* -1: refused */
    } cases[] = {
        {"1",                          1      },
        {"600",                        600    },
        {"1000000",                    1000000},
        {"007",                        7      },
        {"0",                          -1     },
        {"1000001",                    -1     },
        {"",                           -1     },
        {"-1",                         -1     },
        {"+1",                         -1     },
        {" 1",                         -1     },
        {"1 ",                         -1     },
        {"1.0",                        -1     },
        {"1e3",                        -1     },
        {"x",                          -1     },
        {"0x10",                       -1     },
        {"18446744073709551617",       -1     },
        {"99999999999999999999999999", -1     },
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        int64_t value = -1;
        if (argument_number(cases[i].text, 1, 1000000, &value) != (cases[i].value >= 0) ||
            value != cases[i].value) {
            fail_msg("%s", cases[i].text);
        }
    }
}

static void durations_have_a_unit(void **state)
{
    static const struct {
        const char *text;
        int64_t seconds; /* -1: refused */
    } cases[] = {
        {"0",                     0     },
        {"0s",                    0     },
        {"0d",                    0     },
        {"1s",                    1     },
        {"90s",                   90    },
        {"5m",                    300   },
        {"24h",                   86400 },
        {"7d",                    604800},
        {"1w",                    604800},
        {"168h",                  604800},
        {"8d",                    -1    },
        {"2w",                    -1    },
        {"169h",                  -1    },
        {"604801s",               -1    },
        {"1",                     -1    },
        {"",                      -1    },
        {"d",                     -1    },
        {"1D",                    -1    },
        {"1 d",                   -1    },
        {"1dd",                   -1    },
        {"-1d",                   -1    },
        {"1.5d",                  -1    },
        {"1d ",                   -1    },
        {"9223372036854775807w",  -1    },
        {"99999999999999999999d", -1    },
    };
    int64_t seconds = 5;
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        int64_t value = -1;
        if (argument_duration(cases[i].text, 0, 604800, &value) != (cases[i].seconds >= 0) ||
            value != cases[i].seconds) {
            fail_msg("%s: %d", cases[i].text, (int)value);
        }
    }
    assert_false(argument_duration("0", 1, 604800, &seconds));
    assert_false(argument_duration("0d", 1, 604800, &seconds));
    assert_int_equal(seconds, 5);
}

static void a_moment_is_a_date_a_time_or_so_long_ago(void **state)
{
    static const struct {
        const char *text;
        const char *moment; /* NULL: so long ago */
        bool is_date;
        int64_t ago; /* -1: refused */
    } cases[] = {
        {"2026-06-30",                  "2026-06-30T00:00:00Z",        true,  0              },
        {"2024-02-29",                  "2024-02-29T00:00:00Z",        true,  0              },
        {"2026-06-30T10:30:00Z",        "2026-06-30T10:30:00Z",        false, 0              },
        {"2026-06-30t10:30:00.5+02:00", "2026-06-30T10:30:00.5+02:00", false, 0              },
        {"1s",                          NULL,                          false, 1              },
        {"30d",                         NULL,                          false, 2592000        },
        {"36500d",                      NULL,                          false, 36500LL * 86400},
        {"36501d",                      NULL,                          false, -1             },
        {"0",                           NULL,                          false, -1             },
        {"",                            NULL,                          false, -1             },
        {"2026-02-29",                  NULL,                          false, -1             },
        {"2026-6-30",                   NULL,                          false, -1             },
        {"26-06-30",                    NULL,                          false, -1             },
        {"2026-06-30T10:30",            NULL,                          false, -1             },
        {"2026-06-30T10:30:00",         NULL,                          false, -1             },
        {"2026T10:30",                  NULL,                          false, -1             },
        {"tomorrow!!",                  NULL,                          false, -1             },
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct argument_moment read = {.ago = -1};
        bool taken = argument_moment(cases[i].text, &read);
        if (taken != (cases[i].ago >= 0) || read.ago != cases[i].ago ||
            read.is_date != cases[i].is_date || read.has_moment != (cases[i].moment != NULL) ||
            strcmp(read.moment, read.has_moment ? cases[i].moment : "") != 0) {
            fail_msg("%s: %s", cases[i].text, read.moment);
        }
    }
}

static void a_command_may_do_without_a_verb(void **state)
{
    static const struct command audit = {.noun = "audit", .takes = 1U << OPTION_ENTRIES};
    static char word[] = "audit";
    static char further[] = "more";
    char *words[] = {word, further, NULL};
    char called[COMMAND_CALLED_SIZE];
    char *text = NULL;
    size_t size = 0;
    (void)state;
    assert_string_equal(command_called(&audit, called), "audit");
    assert_string_equal(command_called(&command, called), "key try");
    assert_false(arguments_parse(&audit, 2, words, &arguments, reason, sizeof(reason)));
    assert_string_equal(reason, "audit takes no further argument");
    FILE *out = open_memstream(&text, &size);
    arguments_print_synopsis(&audit, out);
    fclose(out);
    assert_string_equal(text, "kabaidoctl audit [--limit N] [--json]\n");
    free(text);
}

static void scopes_are_put_in_order_once(void **state)
{
    static const struct {
        const char *list;
        const char *array;
    } cases[] = {
        {"quotes:read",                            "{quotes:read}"                           },
        {"orders:read,quotes:read,products:write", "{products:write,quotes:read,orders:read}"},
        {"quotes:read,quotes:read",                "{quotes:read}"                           },
        {"all",                                    "{products:read,products:write,quotes:read,quotes:write,orders:read,customers:read,"
                "customers:write,requests:read,requests:write}"               },
    };
    char array[ARGUMENT_SCOPES_SIZE];
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        assert_true(argument_scopes(cases[i].list, array, reason, sizeof(reason)));
        assert_string_equal(array, cases[i].array);
    }
}

static void an_unknown_scope_is_named(void **state)
{
    static const struct {
        const char *list;
        const char *reason;
    } cases[] = {
        {"quotes:rea",                                                "--scopes holds 'quotes:rea': it must be all, or of products:read, "},
        {"quotes:read,foo",                                           "--scopes holds 'foo': "                                            },
        {"all,foo",                                                   "--scopes holds 'all': "                                            },
        {"products:read,products:write,quotes:read,quotes:write,orders:read,customers:read,"
         "customers:write,requests:read,requests:write,foo", "--scopes holds 'foo': "                                            },
        {"",                                                          "--scopes holds an empty scope: "                                   },
        {"quotes:read,",                                              "--scopes holds an empty scope: "                                   },
        {"quotes:read, orders:read",                                  "--scopes holds ' orders:read': "                                   },
        {"{quotes:read}",                                             "--scopes holds '{quotes:read}': "                                  },
    };
    char array[ARGUMENT_SCOPES_SIZE];
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        if (argument_scopes(cases[i].list, array, reason, sizeof(reason)) ||
            strncmp(reason, cases[i].reason, strlen(cases[i].reason)) != 0) {
            fail_msg("%s: %s", cases[i].list, reason);
        }
    }
}

static void a_name_is_one_line(void **state)
{
    char text[1100];
    (void)state;
    assert_true(argument_name("x"));
    assert_true(argument_name("Gr\xC3\xB6\xC3\x9F"
                              "e \xE6\xA0\xAA\xE5\xBC\x8F"));
    assert_false(argument_name(""));
    assert_false(argument_name("a\nb"));
    assert_false(argument_name("a\x7F"));
    for (size_t i = 0; i < 500; i++) {
        memcpy(text + 2 * i, "\xC3\xA9", 3);
    }
    assert_true(argument_name(text));
    memcpy(text + 1000, "x", 2);
    assert_false(argument_name(text));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(options_and_operands_stand_in_any_order),
        cmocka_unit_test(values_are_taken_as_they_are),
        cmocka_unit_test(what_is_wrong_is_named),
        cmocka_unit_test(help_demands_nothing_else),
        cmocka_unit_test(the_synopsis_is_read_off_the_row),
        cmocka_unit_test(numbers_are_whole_and_in_range),
        cmocka_unit_test(durations_have_a_unit),
        cmocka_unit_test(a_moment_is_a_date_a_time_or_so_long_ago),
        cmocka_unit_test(a_command_may_do_without_a_verb),
        cmocka_unit_test(scopes_are_put_in_order_once),
        cmocka_unit_test(an_unknown_scope_is_named),
        cmocka_unit_test(a_name_is_one_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
