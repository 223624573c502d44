/* Members of a body by what they mean. */
#include "members.h"

#include <json-c/json.h>
#include <string.h>

#include "json_check.h"
#include "unit.h"

static struct arena arena;
static struct request request;
static struct reply reply;
static struct member_fault fault;
static struct members members;

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

static bool parse(const char *body)
{
    struct json_fault json_fault;
    assert_true(json_check(body, strlen(body), &json_fault));
    request = (struct request){.arena = &arena, .body = body, .body_size = strlen(body)};
    reply_init(&reply, &arena, "r-1");
    fault = (struct member_fault){NULL, NULL};
    members = (struct members){&arena, members_parse(&request, &reply), &fault};
    return members.object != NULL;
}

static void assert_fault(const char *member, const char *message)
{
    assert_string_equal(fault.message, message);
    if (member == NULL) {
        assert_null(fault.member);
    } else {
        assert_string_equal(fault.member, member);
    }
}

static void the_body_is_an_object(void **state)
{
    static const char *const others[] = {"null", "[]", "1", "\"a\"", "true", "-1.5e3"};
    (void)state;
    assert_true(parse("{}"));
    for (size_t i = 0; i < COUNT(others); i++) {
        assert_false(parse(others[i]));
        assert_int_equal(reply.status, 422);
    }
}

/* What the check lets through the tree can hold. */
static void the_deepest_body_is_read(void **state)
{
    char body[5 + 2 * (JSON_CHECK_DEPTH - 1) + 3] = "{\"a\":";
    char *end = body + 5;
    (void)state;
    memset(end, '[', JSON_CHECK_DEPTH - 1);
    end[JSON_CHECK_DEPTH - 1] = '1';
    memset(end + JSON_CHECK_DEPTH, ']', JSON_CHECK_DEPTH - 1);
    end[2 * JSON_CHECK_DEPTH - 1] = '}';
    assert_true(parse(body));
}

static void unknown_members_are_named(void **state)
{
    static const char *const known[] = {"a", "b", "c", NULL};
    (void)state;
    assert_true(parse("{\"c\":1,\"a\":null}"));
    assert_true(members_known(&members, known));
    assert_true(parse("{\"a\":1,\"e-mail\":1}"));
    assert_false(members_known(&members, known));
    assert_fault("e-mail", "'e-mail' is not a member here: there are a, b and c.");
    members.object = NULL;
    assert_false(members_known(&members, known));
    assert_fault(NULL, "It is null: it must be an object with a, b and c.");
}

static void a_line_is_one_line(void **state)
{
    struct member_text text;
    (void)state;
    assert_true(parse("{\"n\":null,\"a\":\"\\u00e9\\u2028 x \",\"b\":\" \\u00a0\",\"c\":\"\","
                      "\"d\":\"a\\nb\",\"e\":\"\\u007f\",\"f\":7,\"g\":{}}"));
    assert_true(member_line(&members, "missing", &text));
    assert_false(text.sent);
    assert_null(text.value);
    assert_false(member_required(&members, "missing", &text));
    assert_fault("missing", "'missing' is missing: it is required.");
    assert_true(member_line(&members, "n", &text));
    assert_true(text.sent);
    assert_null(text.value);
    assert_false(member_required(&members, "n", &text));
    assert_fault("n", "'n' is null: it is required.");
    assert_true(member_line(&members, "a", &text));
    assert_true(text.sent);
    assert_string_equal(text.value, "\xC3\xA9\xE2\x80\xA8 x ");
    assert_true(member_required(&members, "a", &text));
    assert_false(member_line(&members, "b", &text));
    assert_fault("b", "'b' is blank: it must say something.");
    assert_false(member_line(&members, "c", &text));
    assert_false(member_line(&members, "d", &text));
    assert_fault("d", "'d' holds the control character U+000A: it must be one line.");
    assert_false(member_line(&members, "e", &text));
    assert_fault("e", "'e' is blank: it must say something.");
    assert_false(member_line(&members, "f", &text));
    assert_fault("f", "'f' is a number: it must be a string.");
    assert_false(member_line(&members, "g", &text));
    assert_fault("g", "'g' is an object: it must be a string.");
}

static void prose_of_what_nobody_sees_is_blank(void **state)
{
    struct member_text text;
    (void)state;
    assert_true(parse("{\"a\":\"\\u0001 \\u007f\\n\\u2003\",\"b\":\"\\u0001x\"}"));
    assert_false(member_prose(&members, "a", 100, &text));
    assert_fault("a", "'a' is blank: it must say something.");
    assert_true(member_prose(&members, "b", 100, &text));
}

static void length_is_counted_in_characters(void **state)
{
    char body[2100];
    struct member_text text;
    (void)state;
    for (int count = MEMBER_LINE_MOST; count <= MEMBER_LINE_MOST + 1; count++) {
        char *end = body;
        memcpy(end, "{\"a\":\"", 6);
        end += 6;
        for (int i = 0; i < count; i++) {
            memcpy(end, "\xF0\x9F\x98\x80", 4);
            end += 4;
        }
        memcpy(end, "\"}", 3);
        assert_true(parse(body));
        assert_int_equal(member_line(&members, "a", &text), count == MEMBER_LINE_MOST);
    }
    assert_fault("a", "'a' has 501 characters: it may have 500.");
    assert_true(parse("{\"a\":\"x\\ny\"}"));
    assert_true(member_prose(&members, "a", 3, &text));
    assert_false(member_prose(&members, "a", 2, &text));
}

static void a_fault_becomes_an_answer_that_names_the_member(void **state)
{
    (void)state;
    assert_true(parse("{}"));
    member_refuse(&members, "email", "It is %d.", 1);
    assert_false(members_reply(&fault, "customer", &reply));
    assert_non_null(strstr(reply.body, "\"field\":\"customer.email\""));
    assert_false(members_reply(&fault, NULL, &reply));
    assert_non_null(strstr(reply.body, "\"field\":\"email\""));
    member_refuse(&members, NULL, "It is %d.", 1);
    assert_false(members_reply(&fault, "customer", &reply));
    assert_non_null(strstr(reply.body, "\"field\":\"customer\""));
    assert_false(members_reply(&fault, NULL, &reply));
    assert_null(strstr(reply.body, "\"field\""));
    assert_int_equal(reply.status, 422);
}

static void a_value_is_shown_in_whole_characters(void **state)
{
    char value[100] = "";
    (void)state;
    assert_string_equal(member_shown(&arena, "abc", 3), "abc");
    memset(value, 'x', 59);
    memcpy(value + 59, "\xC3\xA9\xC3\xA9", 5);
    const char *shown = member_shown(&arena, value, 63);
    assert_int_equal(strlen(shown), 59 + 3);
    assert_string_equal(shown + 59, "\xE2\x80\xA6");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_body_is_an_object, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_deepest_body_is_read, set_up, tear_down),
        cmocka_unit_test_setup_teardown(unknown_members_are_named, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_line_is_one_line, set_up, tear_down),
        cmocka_unit_test_setup_teardown(prose_of_what_nobody_sees_is_blank, set_up, tear_down),
        cmocka_unit_test_setup_teardown(length_is_counted_in_characters, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_fault_becomes_an_answer_that_names_the_member, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_value_is_shown_in_whole_characters, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
