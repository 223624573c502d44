/* The query's parameters by what they mean; each refusal names the parameter, the value, the rule.
 */
#include "parameters.h"

#include <stdio.h>
#include <string.h>

#include "endpoints.h"
#include "unit.h"

static struct arena arena;
static struct request request;
static struct reply reply;

static const struct parameter_rule rules[] = {
    {"n",      false},
    {"id",     false},
    {"since",  false},
    {"text",   false},
    {"flag",   false},
    {"status", true },
    {NULL,     false},
};

static const struct endpoint endpoint = {.parameters = rules};

static int set_up(void **state)
{
    (void)state;
    return arena_init(&arena, 4096, 1 << 20) ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    arena_free(&arena);
    return 0;
}

/* Parses a query; what follows reads it. */
static void ask(const char *query)
{
    const char *uri = arena_print(&arena, "/x?%s", query);
    const struct request_input input = {.method = "GET", .uri = uri, .request_id = "r-1"};
    assert_true(request_parse(&request, &arena, NULL, &input, &reply));
    request.endpoint = &endpoint;
}

static void assert_refused(const char *name, const char *part)
{
    const char *field = arena_print(&arena, "\"field\":\"%s\"", name);
    assert_int_equal(reply.status, 422);
    assert_non_null(strstr(reply.body, "\"code\":\"invalid_parameter\""));
    assert_non_null(strstr(reply.body, field));
    if (strstr(reply.body, part) == NULL) {
        fail_msg("%s: %s", part, reply.body);
    }
}

static void unknown_and_repeated_ones_are_refused_by_name(void **state)
{
    (void)state;
    ask("n=1&status=a&status=b&id=");
    assert_true(parameters_known(&request, &reply));
    ask("n=1&limits=5");
    assert_false(parameters_known(&request, &reply));
    assert_refused("limits", "'limits' is not a query parameter");
    ask("N=1");
    assert_false(parameters_known(&request, &reply));
    ask("n=1&status=a&n=1");
    assert_false(parameters_known(&request, &reply));
    assert_refused("n", "'n' is given more than once");
}

static void an_integer_has_its_bounds(void **state)
{
    static const struct {
        const char *query;
        int value; /* 0: refused */
    } cases[] = {
        {"",                       50 },
        {"n=1",                    1  },
        {"n=200",                  200},
        {"n=007",                  7  },
        {"n=0",                    0  },
        {"n=201",                  0  },
        {"n=-1",                   0  },
        {"n=%2B1",                 0  },
        {"n=+1",                   0  },
        {"n=1%20",                 0  },
        {"n=1.0",                  0  },
        {"n=1e1",                  0  },
        {"n=0x1",                  0  },
        {"n=",                     0  },
        {"n",                      0  },
        {"n=99999999999999999999", 0  },
        {"n=4294967297",           0  },
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        int value = 0;
        ask(cases[i].query);
        bool read = parameter_integer(&request, "n", 1, 200, 50, &value, &reply);
        if (read != (cases[i].value > 0) || (read && value != cases[i].value)) {
            fail_msg("%s", cases[i].query);
        }
        if (!read) {
            assert_refused("n", "200");
        }
    }
}

static void an_id_is_a_uuid(void **state)
{
    const char *value = "?";
    (void)state;
    ask("");
    assert_true(parameter_uuid(&request, "id", &value, &reply));
    assert_null(value);
    ask("id=7F0C0000-0000-0000-0000-00000000000A");
    assert_true(parameter_uuid(&request, "id", &value, &reply));
    assert_string_equal(value, "7f0c0000-0000-0000-0000-00000000000a");
    ask("id=7f0c0000");
    assert_false(parameter_uuid(&request, "id", &value, &reply));
    assert_refused("id", "'7f0c0000': it must be a UUID");
}

static void a_moment_may_come_with_a_plus_that_was_not_encoded(void **state)
{
    const char *value = "?";
    (void)state;
    ask("");
    assert_true(parameter_moment(&request, "since", &value, &reply));
    assert_null(value);
    ask("since=2026-06-02T10:30:00+02:00");
    assert_true(parameter_moment(&request, "since", &value, &reply));
    assert_string_equal(value, "2026-06-02T10:30:00+02:00");
    ask("since=yesterday");
    assert_false(parameter_moment(&request, "since", &value, &reply));
    assert_refused("since", "'yesterday': it must be a moment as in RFC 3339");
}

static void text_has_a_length_and_no_control_characters(void **state)
{
    const char *value = "?";
    (void)state;
    ask("");
    assert_true(parameter_text(&request, "text", 5, &value, &reply));
    assert_null(value);
    ask("text=%25_%5C%C3%A9");
    assert_true(parameter_text(&request, "text", 5, &value, &reply));
    assert_string_equal(value, "%_\\\xC3\xA9");
    static const char *const refused[] = {"text=", "text=abcdef", "text=a%0Ab", "text=%7F"};
    for (size_t i = 0; i < COUNT(refused); i++) {
        ask(refused[i]);
        assert_false(parameter_text(&request, "text", 5, &value, &reply));
        assert_refused("text", i < 2 ? "from 1 to 5" : "control character");
    }
}

static void a_flag_is_true_or_false(void **state)
{
    bool value = true;
    (void)state;
    ask("");
    assert_true(parameter_boolean(&request, "flag", &value, &reply));
    assert_false(value);
    ask("flag=true");
    assert_true(parameter_boolean(&request, "flag", &value, &reply));
    assert_true(value);
    ask("flag=false");
    assert_true(parameter_boolean(&request, "flag", &value, &reply));
    assert_false(value);
    static const char *const refused[] = {"flag", "flag=1", "flag=TRUE", "flag=yes"};
    for (size_t i = 0; i < COUNT(refused); i++) {
        ask(refused[i]);
        assert_false(parameter_boolean(&request, "flag", &value, &reply));
        assert_refused("flag", "it must be true or false");
    }
}

static void words_are_any_of_the_known(void **state)
{
    static const char *const known[] = {"sent", "viewed", "accepted", NULL};
    const char *value = "?";
    (void)state;
    ask("n=1");
    assert_true(parameter_words(&request, "status", known, &value, &reply));
    assert_null(value);
    ask("status=viewed&n=1&status=sent");
    assert_true(parameter_words(&request, "status", known, &value, &reply));
    assert_string_equal(value, "{viewed,sent}");
    static const char *const refused[] = {"status=", "status=Sent", "status=sent,viewed",
                                          "status=sent&status=%7Bsent"};
    for (size_t i = 0; i < COUNT(refused); i++) {
        ask(refused[i]);
        assert_false(parameter_words(&request, "status", known, &value, &reply));
        assert_refused("status", "it must be sent, viewed or accepted");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(unknown_and_repeated_ones_are_refused_by_name, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(an_integer_has_its_bounds, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_id_is_a_uuid, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_moment_may_come_with_a_plus_that_was_not_encoded, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(text_has_a_length_and_no_control_characters, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_flag_is_true_or_false, set_up, tear_down),
        cmocka_unit_test_setup_teardown(words_are_any_of_the_known, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
