/* Reading a request line: strict, and once. */
#include "request.h"
#include "utf8.h"

#include <stdio.h>
#include <string.h>

#include "unit.h"

static struct arena arena;
static struct request request;
static struct reply reply;

static int set_up(void **state)
{
    (void)state;
    return arena_init(&arena, 4096, 65536) ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    arena_free(&arena);
    return 0;
}

static bool parse(const char *method, const char *uri)
{
    const struct request_input input = {.method = method, .uri = uri, .request_id = "r-1"};
    return request_parse(&request, &arena, NULL, &input, &reply);
}

static void a_uuid_has_its_form(void **state)
{
    static const struct {
        const char *text;
        bool valid;
    } cases[] = {
        {"7f0c0000-0000-0000-0000-000000000000",       true },
        {"7F0C0000-ABCD-EF01-2345-6789abcdefAB",       true },
        {"ffffffff-ffff-ffff-ffff-ffffffffffff",       true },
        {"7f0c0000-0000-0000-0000-00000000000",        false},
        {"7f0c0000-0000-0000-0000-0000000000000",      false},
        {"7f0c00000-000-0000-0000-000000000000",       false},
        {"7f0c0000-0000-0000-0000-00000000000g",       false},
        {"7f0c0000-0000-0000-0000-00000000000G",       false},
        {"7f0c0000_0000_0000_0000_000000000000",       false},
        {"{7f0c0000-0000-0000-0000-00000000000",       false},
        {"7f0c000000000000000000000000000000000",      false},
        {"------------------------------------",       false},
        {"7f0c0000-0000-0000-0000-0000000000\xC3\xA9", false},
        {"",                                           false},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        char lower[REQUEST_UUID_LENGTH + 1] = "as it was";
        if (request_uuid(cases[i].text, strlen(cases[i].text), lower) != cases[i].valid ||
            (!cases[i].valid && strcmp(lower, "as it was") != 0)) {
            fail_msg("%s", cases[i].text);
        }
    }
}

static void a_uuid_is_given_in_lower_case(void **state)
{
    char lower[REQUEST_UUID_LENGTH + 1];
    (void)state;
    assert_true(request_uuid("7F0C0000-ABCD-EF01-2345-6789abcdefABtail", 36, lower));
    assert_string_equal(lower, "7f0c0000-abcd-ef01-2345-6789abcdefab");
}

/* The corners of Unicode's table 3-7, "Well-Formed UTF-8 Byte Sequences". */
static void utf8_is_well_formed_or_not(void **state)
{
    static const struct {
        const char *bytes;
        size_t length;
        bool valid;
    } cases[] = {
        {"",                 0, true },
        {"plain",            5, true },
        {"\x7F",             1, true },
        {"\xC2\x80",         2, true },
        {"\xDF\xBF",         2, true },
        {"\xE0\xA0\x80",     3, true },
        {"\xEC\xBF\xBF",     3, true },
        {"\xED\x9F\xBF",     3, true },
        {"\xEE\x80\x80",     3, true },
        {"\xEF\xBF\xBF",     3, true },
        {"\xF0\x90\x80\x80", 4, true },
        {"\xF4\x8F\xBF\xBF", 4, true },
        {"a\xC3\xA9z",       4, true },
        {"a\0b",             3, false},
        {"\0",               1, false},
        {"\x80",             1, false},
        {"\xBF",             1, false},
        {"\xC0\xAF",         2, false}, /* overlong */
        {"\xC1\xBF",         2, false}, /* overlong */
        {"\xE0\x9F\xBF",     3, false}, /* overlong */
        {"\xF0\x8F\xBF\xBF", 4, false}, /* overlong */
        {"\xED\xA0\x80",     3, false}, /* a surrogate */
        {"\xED\xBF\xBF",     3, false}, /* a surrogate */
        {"\xF4\x90\x80\x80", 4, false}, /* beyond U+10FFFF */
        {"\xF5\x80\x80\x80", 4, false},
        {"\xFF",             1, false},
        {"\xC3",             1, false}, /* cut off */
        {"\xE2\x82",         2, false}, /* cut off */
        {"\xF0\x9F\x94",     3, false}, /* cut off */
        {"\xE2\x82\xAC",     2, false}, /* what follows is not ours */
        {"\xC3\x28",         2, false},
        {"\xE2\x28\xAC",     3, false},
        {"\xE2\x82\x28",     3, false},
        {"\xF0\x9F\x94\x28", 4, false},
        {"\xC2\xC0",         2, false},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        if (utf8_valid(cases[i].bytes, cases[i].length) != cases[i].valid) {
            fail_msg("case %zu", i);
        }
    }
}

static void methods_are_told_apart(void **state)
{
    static const struct {
        const char *name;
        enum method method;
        bool head_only;
    } cases[] = {
        {"GET",     METHOD_GET,     false},
        {"HEAD",    METHOD_GET,     true },
        {"POST",    METHOD_POST,    false},
        {"OPTIONS", METHOD_OPTIONS, false},
        {"PUT",     METHOD_OTHER,   false},
        {"get",     METHOD_OTHER,   false},
        {"",        METHOD_OTHER,   false},
        {"HEADER",  METHOD_OTHER,   false},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        assert_true(parse(cases[i].name, "/"));
        assert_int_equal(request.method, cases[i].method);
        assert_int_equal(request.head_only, cases[i].head_only);
    }
}

static void the_path_stays_raw(void **state)
{
    (void)state;
    assert_true(parse("GET", "/a%2Fb/../c?x=1"));
    assert_string_equal(request.path, "/a%2Fb/../c");
    assert_true(parse("GET", "/a"));
    assert_string_equal(request.path, "/a");
    assert_true(parse("GET", "?"));
    assert_string_equal(request.path, "");
}

static void a_query_is_taken_apart(void **state)
{
    /* Expected: name, value, name, value ... NULL. */
    static const struct {
        const char *query;
        const char *expected[9];
    } cases[] = {
        {"",               {NULL}                              },
        {"&",              {NULL}                              },
        {"&&a=1&&",        {"a", "1", NULL}                    },
        {"a",              {"a", "", NULL}                     },
        {"a=",             {"a", "", NULL}                     },
        {"=b",             {"", "b", NULL}                     },
        {"=",              {"", "", NULL}                      },
        {"a=1&b=2&a=3",    {"a", "1", "b", "2", "a", "3", NULL}},
        {"a=b=c",          {"a", "b=c", NULL}                  },
        {"a=1?2",          {"a", "1?2", NULL}                  },
        {"a+b=c+d",        {"a b", "c d", NULL}                },
        {"a=%2B",          {"a", "+", NULL}                    },
        {"%61=%62%3d%26",  {"a", "b=&", NULL}                  },
        {"a=%c3%A9",       {"a", "\xC3\xA9", NULL}             },
        {"a=\xC3\xA9",     {"a", "\xC3\xA9", NULL}             },
        {"a=%F0%9F%94%A9", {"a", "\xF0\x9F\x94\xA9", NULL}     },
        {"a=%25%34%31",    {"a", "%41", NULL}                  },
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        char uri[128];
        size_t count = 0;
        snprintf(uri, sizeof(uri), "/x?%s", cases[i].query);
        assert_true(parse("GET", uri));
        for (const char *const *e = cases[i].expected; *e != NULL; e += 2, count++) {
            assert_true(count < request.parameter_count);
            assert_string_equal(request.parameters[count].name, e[0]);
            assert_string_equal(request.parameters[count].value, e[1]);
        }
        assert_int_equal(request.parameter_count, count);
    }
}

static void a_malformed_query_is_refused(void **state)
{
    static const char *const queries[] = {
        "a=%",      "a=%4",  "a=%zz",   "a=%4z", "a=%z4",    "%=1",         "a=1&b=%",
        "a=%00",    "%00=1", "a=b%00c", "a=%FF", "a=%C3",    "a=%ED%A0%80", "a=\xFF",
        "a=%u0041", "a=%+1", "a=%-1",   "a=% 1", "a=%C0%AF",
    };
    (void)state;
    for (size_t i = 0; i < COUNT(queries); i++) {
        char uri[128];
        snprintf(uri, sizeof(uri), "/x?%s", queries[i]);
        if (parse("GET", uri) || reply.status != 400 ||
            strstr(reply.body, "malformed_request") == NULL) {
            fail_msg("%s", queries[i]);
        }
    }
}

static void parameters_have_a_maximum(void **state)
{
    char uri[512] = "/x?";
    size_t used = strlen(uri);
    (void)state;
    for (int i = 0; i < REQUEST_MAX_PARAMETERS; i++) {
        used += (size_t)snprintf(uri + used, sizeof(uri) - used, "a=1&");
    }
    assert_true(parse("GET", uri));
    assert_int_equal(request.parameter_count, REQUEST_MAX_PARAMETERS);
    snprintf(uri + used, sizeof(uri) - used, "b");
    assert_false(parse("GET", uri));
    assert_int_equal(reply.status, 400);
}

static void what_the_web_server_must_send_is_missed(void **state)
{
    (void)state;
    assert_false(parse(NULL, "/x"));
    assert_int_equal(reply.status, 400);
    assert_false(parse("GET", NULL));
    assert_int_equal(reply.status, 400);
}

static void the_request_id_is_in_the_error(void **state)
{
    (void)state;
    assert_false(parse("GET", "/x?%"));
    assert_non_null(strstr(reply.body, "\"request_id\":\"r-1\""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_uuid_has_its_form),
        cmocka_unit_test(a_uuid_is_given_in_lower_case),
        cmocka_unit_test(utf8_is_well_formed_or_not),
        cmocka_unit_test_setup_teardown(methods_are_told_apart, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_path_stays_raw, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_query_is_taken_apart, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_malformed_query_is_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(parameters_have_a_maximum, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_the_web_server_must_send_is_missed, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_request_id_is_in_the_error, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
