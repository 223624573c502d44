/* JSON in: what passes means one thing to every reader; what does not is refused with its place. */
#include "json_check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "unit.h"
#include "utf8.h"

enum kind { GOOD, MALFORMED, UNFIT };

static enum kind kind_of(const char *text, size_t size, struct json_fault *fault)
{
    /* A copy of its own size: reading beyond it is AddressSanitizer's to see. */
    char *copy = malloc(size == 0 ? 1 : size);
    assert_non_null(copy);
    memcpy(copy, text, size);
    bool good = json_check(copy, size, fault);
    free(copy);
    if (good) {
        return GOOD;
    }
    assert_int_not_equal(fault->kind, JSON_NO_MEMORY);
    assert_true(utf8_valid(fault->path, strlen(fault->path)));
    assert_true(utf8_valid(fault->reason, strlen(fault->reason)));
    assert_true(fault->line >= 1 && fault->column >= 1 && fault->reason[0] != '\0');
    return fault->kind == JSON_MALFORMED ? MALFORMED : UNFIT;
}

struct kase {
    const char *text;
    enum kind kind;
};

static void check_all(const struct kase *cases, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct json_fault fault;
        if (kind_of(cases[i].text, strlen(cases[i].text), &fault) != cases[i].kind) {
            fail_msg("%s", cases[i].text);
        }
    }
}

/* What json-c 0.16 takes, clamps, cuts or turns into something else, though it is strict. */
static void what_the_reader_would_change_is_refused(void **state)
{
    static const struct kase cases[] = {
        {"{\"a\":1,\"a\":2}",                              MALFORMED},
        {"99999999999999999999",                           UNFIT    },
        {"-99999999999999999999",                          UNFIT    },
        {"9223372036854775807",                            GOOD     },
        {"9223372036854775808",                            UNFIT    },
        {"18446744073709551615",                           UNFIT    },
        {"-9223372036854775808",                           GOOD     },
        {"-9223372036854775809",                           UNFIT    },
        {"NaN",                                            MALFORMED},
        {"-Infinity",                                      MALFORMED},
        {"1.",                                             MALFORMED},
        {"\"a\tb\"",                                       MALFORMED},
        {"\"a\x01"
         "b\"",                                   MALFORMED},
        {"\"a\nb\"",                                       MALFORMED},
        {"\"\\ud800\"",                                    MALFORMED},
        {"\"\\udc00\"",                                    MALFORMED},
        {"\"\\ud800\\ud800\"",                             MALFORMED},
        {"\"\\ud800x\"",                                   MALFORMED},
        {"\"\\ud800\\n\"",                                 MALFORMED},
        {"\"\\ud83d\\ude00\"",                             GOOD     },
        {"\"\xED\xA0\x80\"",                               MALFORMED},
        {"\"\xF4\x90\x80\x80\"",                           MALFORMED},
        {"\"\xC0\xAF\"",                                   MALFORMED},
        {"{\"a\\u0000b\":1}",                              MALFORMED},
        {"\"a\\u0000b\"",                                  MALFORMED},
        {"{\"a\":1}x",                                     MALFORMED},
        {"{\"a\":1} {}",                                   MALFORMED},
        {"/**/1",                                          MALFORMED},
        {"1//",                                            MALFORMED},
        {"'a'",                                            MALFORMED},
        {"{'a':1}",                                        MALFORMED},
        {"[1,]",                                           MALFORMED},
        {"{\"a\":1,}",                                     MALFORMED},
        {"01",                                             MALFORMED},
        {"-01",                                            MALFORMED},
        {"\xEF\xBB\xBF{}",                                 MALFORMED},
        {"42.50",                                          GOOD     },
        {"1e400",                                          GOOD     },
        {"1e401",                                          UNFIT    },
        {"1e-401",                                         UNFIT    },
        {"1E+0000000000000000000000000000000000000000007", GOOD     },
        {"1e99999999999999999999",                         UNFIT    },
    };
    (void)state;
    check_all(cases, COUNT(cases));
}

static void the_grammar_is_that_of_rfc_8259(void **state)
{
    static const struct kase cases[] = {
        {"",                                             MALFORMED},
        {" \n\t\r ",                                     MALFORMED},
        {"null",                                         GOOD     },
        {" true ",                                       GOOD     },
        {"false\n",                                      GOOD     },
        {"True",                                         MALFORMED},
        {"nul",                                          MALFORMED},
        {"nulll",                                        MALFORMED},
        {"\f1",                                          MALFORMED},
        {"\xC2\xA0"
         "1",                                   MALFORMED},
        {"0",                                            GOOD     },
        {"-0",                                           GOOD     },
        {"-",                                            MALFORMED},
        {"+1",                                           MALFORMED},
        {".5",                                           MALFORMED},
        {"0.5",                                          GOOD     },
        {"1e",                                           MALFORMED},
        {"1e+",                                          MALFORMED},
        {"1.e1",                                         MALFORMED},
        {"0x10",                                         MALFORMED},
        {"1_000",                                        MALFORMED},
        {"1 2",                                          MALFORMED},
        {"\"",                                           MALFORMED},
        {"\"a",                                          MALFORMED},
        {"\"\\",                                         MALFORMED},
        {"\"\\x41\"",                                    MALFORMED},
        {"\"\\u12\"",                                    MALFORMED},
        {"\"\\u12g4\"",                                  MALFORMED},
        {"\"\\U0041\"",                                  MALFORMED},
        {"\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\"",        GOOD     },
        {"\"\x7F\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80\"", GOOD     },
        {"\xC3\xA9",                                     MALFORMED},
        {"[]",                                           GOOD     },
        {"[ ]",                                          GOOD     },
        {"[",                                            MALFORMED},
        {"]",                                            MALFORMED},
        {"[1",                                           MALFORMED},
        {"[1 2]",                                        MALFORMED},
        {"[,1]",                                         MALFORMED},
        {"[1}",                                          MALFORMED},
        {"{}",                                           GOOD     },
        {"{ }",                                          GOOD     },
        {"{",                                            MALFORMED},
        {"{1:2}",                                        MALFORMED},
        {"{a:2}",                                        MALFORMED},
        {"{\"a\"}",                                      MALFORMED},
        {"{\"a\":}",                                     MALFORMED},
        {"{\"a\" 1}",                                    MALFORMED},
        {"{\"a\":1]",                                    MALFORMED},
        {"{\"a\":1 \"b\":2}",                            MALFORMED},
        {"{ \"a\" : [ 1 , { \"b\" : null } ] }",         GOOD     },
        {"{\"\":1}",                                     GOOD     },
    };
    (void)state;
    check_all(cases, COUNT(cases));
}

static void names_are_compared_by_what_they_mean(void **state)
{
    static const struct kase cases[] = {
        {"{\"a\":1,\"A\":2}",                                           GOOD     },
        {"{\"a\":1,\"\\u0061\":2}",                                     MALFORMED},
        {"{\"\xC3\xA9\":1,\"\\u00e9\":2}",                              MALFORMED},
        {"{\"\xC3\xA9\":1,\"\\u00E9\":2}",                              MALFORMED},
        {"{\"\xE2\x82\xAC\":1,\"\\u20ac\":2}",                          MALFORMED},
        {"{\"\xF0\x9F\x98\x80\":1,\"\\ud83d\\ude00\":2}",               MALFORMED},
        {"{\"a/b\":1,\"a\\/b\":2}",                                     MALFORMED},
        {"{\"\\t\":1,\"\\u0009\":2}",                                   MALFORMED},
        {"{\"\\\\\":1,\"\\\"\":2}",                                     GOOD     },
        {"{\"e\xCC\x81\":1,\"\xC3\xA9\":2}",                            GOOD     },
        {"{\"a\":{\"a\":{\"a\":1}}}",                                   GOOD     },
        {"[{\"a\":1},{\"a\":1}]",                                       GOOD     },
        {"{\"a\":1,\"b\":{\"c\":1,\"d\":[{\"e\":1,\"e\":1}]},\"f\":1}", MALFORMED},
        {"{\"a\":1,\"b\":{\"a\":1},\"a\":1}",                           MALFORMED},
        {"{\"x\":1,\"a\":1,\"y\":1,\"b\":1,\"x\":1}",                   MALFORMED},
    };
    (void)state;
    check_all(cases, COUNT(cases));
}

static void the_place_is_told(void **state)
{
    static const struct {
        const char *text;
        size_t line;
        size_t column;
        const char *path;
        const char *reason; /* a part of it */
    } cases[] = {
        {"{\"a\":1,\"a\":2}",                            1, 9,  "a",         "\"a\" is there twice"   },
        {"{\"a\":\n  nope}",                             2, 3,  "a",         "a value is neither"     },
        {"{\"a\":[1,\n{\"b\":[0,01]}]}",                 2, 9,  "a[1].b[1]", "begins with a zero"     },
        {"[[],[[],[x]]]",                                1, 10, "[1][1][0]", "a value is neither"     },
        {"{\"a\":1,\"b\\u0000\":2}",                     1, 11, "",          "cannot hold NUL"        },
        {"{\"a\":{\"b\":1},\"c\":99999999999999999999}", 1, 18, "c",         "beyond what 64 bits"    },
        {"{\"a\":1}\n\n  x",                             3, 3,  "",          "something follows"      },
        {"",                                             1, 1,  "",          "where a value should be"},
        {"{\"a\":\"\xFF\"}",                             1, 7,  "a",         "not UTF-8"              },
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct json_fault fault;
        assert_int_not_equal(kind_of(cases[i].text, strlen(cases[i].text), &fault), GOOD);
        if (fault.line != cases[i].line || fault.column != cases[i].column ||
            strcmp(fault.path, cases[i].path) != 0 ||
            strstr(fault.reason, cases[i].reason) == NULL) {
            fail_msg("%s: %zu:%zu '%s' %s", cases[i].text, fault.line, fault.column, fault.path,
                     fault.reason);
        }
    }
}

/* What is cut to be shown is cut between characters, wherever the limit falls. */
static void a_long_name_is_cut_in_whole_characters(void **state)
{
    (void)state;
    for (size_t before = 0; before < 8; before++) {
        char name[400] = "";
        char text[2000];
        struct json_fault fault;
        memset(name, 'x', before);
        for (size_t i = 0; i < 90; i++) {
            memcpy(name + before + 3 * i, "\xE2\x82\xAC", 4);
        }
        snprintf(text, sizeof(text), "{\"%s\":1,\"%s\":2}", name, name);
        assert_int_equal(kind_of(text, strlen(text), &fault), MALFORMED);
        assert_int_equal(strlen(fault.path), before + (60 - before) / 3 * 3);
        snprintf(text, sizeof(text), "{\"%s\":{\"%s\":{\"%s\":{\"%s\":{\"%s\":nope}}}}}", name,
                 name, name, name, name);
        assert_int_equal(kind_of(text, strlen(text), &fault), MALFORMED);
        assert_in_range(strlen(fault.path), 250, 255);
    }
}

static void depth_ends_at_32(void **state)
{
    char text[128];
    struct json_fault fault;
    (void)state;
    memset(text, '[', 64);
    memset(text + 32, ']', 32);
    assert_int_equal(kind_of(text, 64, &fault), GOOD);
    memset(text, '[', 66);
    memset(text + 33, ']', 33);
    assert_int_equal(kind_of(text, 66, &fault), MALFORMED);
    memset(text, '[', sizeof(text));
    assert_int_equal(kind_of(text, sizeof(text), &fault), MALFORMED);
}

static void a_nul_byte_is_no_white_space_and_no_text(void **state)
{
    struct json_fault fault;
    (void)state;
    assert_int_equal(kind_of("1\0", 2, &fault), MALFORMED);
    assert_int_equal(kind_of("\0", 1, &fault), MALFORMED);
    assert_int_equal(kind_of("\"a\0b\"", 5, &fault), MALFORMED);
}

static void every_beginning_of_a_document_is_refused(void **state)
{
    static const char text[] =
        "{\"a\\ud83d\\ude00\":[-1.5e+3,\"\xE2\x82\xAC\\u00e9\",true,null,{}]}";
    struct json_fault fault;
    (void)state;
    for (size_t size = 0; size < sizeof(text) - 1; size++) {
        assert_int_equal(kind_of(text, size, &fault), MALFORMED);
    }
    assert_int_equal(kind_of(text, sizeof(text) - 1, &fault), GOOD);
}

static void an_object_has_ten_thousand_members_at_most(void **state)
{
    struct json_fault fault;
    char *text = malloc((size_t)20 * (JSON_CHECK_MEMBERS + 2));
    (void)state;
    assert_non_null(text);
    for (int members = JSON_CHECK_MEMBERS; members <= JSON_CHECK_MEMBERS + 1; members++) {
        size_t used = 0;
        for (int i = 0; i < members; i++) {
            used += (size_t)snprintf(text + used, 20, "%c\"%d\":1", i == 0 ? '{' : ',', i);
        }
        text[used++] = '}';
        assert_int_equal(kind_of(text, used, &fault), members > JSON_CHECK_MEMBERS ? UNFIT : GOOD);
    }
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_the_reader_would_change_is_refused),
        cmocka_unit_test(the_grammar_is_that_of_rfc_8259),
        cmocka_unit_test(names_are_compared_by_what_they_mean),
        cmocka_unit_test(the_place_is_told),
        cmocka_unit_test(a_long_name_is_cut_in_whole_characters),
        cmocka_unit_test(depth_ends_at_32),
        cmocka_unit_test(a_nul_byte_is_no_white_space_and_no_text),
        cmocka_unit_test(every_beginning_of_a_document_is_refused),
        cmocka_unit_test(an_object_has_ten_thousand_members_at_most),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
