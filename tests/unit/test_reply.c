/* The answer: every error of the table, the headers, and what is said when memory is out. */
#include "reply.h"

#include <json-c/json.h>
#include <stdio.h>
#include <string.h>

#include "json.h"
#include "unit.h"

static struct arena arena;
static struct reply reply;

static int set_up(void **state)
{
    (void)state;
    bool ok = arena_init(&arena, 4096, 262144);
    reply_init(&reply, &arena, "r-1");
    return ok ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    arena_free(&arena);
    return 0;
}

static const char *header(const char *name)
{
    for (size_t i = 0; i < reply.header_count; i++) {
        if (strcmp(reply.headers[i].name, name) == 0) {
            return reply.headers[i].value;
        }
    }
    return NULL;
}

/* A string member of the body, or NULL. */
static const char *member(const char *name)
{
    struct json_object *body = json_own(&arena, json_tokener_parse(reply.body));
    assert_non_null(body);
    return json_object_get_string(json_object_object_get(body, name));
}

static void nothing_said_is_an_error(void **state)
{
    (void)state;
    assert_int_equal(reply.status, 500);
}

static void every_error_has_status_code_and_sentence(void **state)
{
    (void)state;
    for (int error = 0; error < ERROR_COUNT; error++) {
        reply_init(&reply, &arena, "r-1");
        assert_false(reply_error(&reply, (enum error)error, NULL, NULL));
        assert_int_equal(reply.status, error_rows[error].status);
        assert_in_range(reply.status, 400, 599);
        assert_string_equal(member("code"), error_rows[error].code);
        assert_string_equal(member("error"), error_rows[error].message);
        assert_string_equal(member("request_id"), "r-1");
        assert_null(member("field"));
        assert_int_equal(reply.body_size, strlen(reply.body));
        assert_string_equal(header("Content-Type"), "application/json");
        assert_string_equal(header("Cache-Control"), "no-store");
        arena_reset(&arena);
    }
}

static void codes_are_words_of_their_own(void **state)
{
    (void)state;
    for (int i = 0; i < ERROR_COUNT; i++) {
        assert_int_equal(strspn(error_rows[i].code, "abcdefghijklmnopqrstuvwxyz_"),
                         strlen(error_rows[i].code));
        for (int j = 0; j < i; j++) {
            assert_string_not_equal(error_rows[i].code, error_rows[j].code);
        }
    }
}

static void an_error_names_its_field(void **state)
{
    (void)state;
    assert_false(reply_error(&reply, ERROR_INVALID_PARAMETER, "limit", "'%s' is %d.", "limit", 0));
    assert_string_equal(member("field"), "limit");
    assert_string_equal(member("error"), "'limit' is 0.");
}

static void what_came_in_cannot_break_the_json(void **state)
{
    (void)state;
    reply_init(&reply, &arena, "\"\\\n\x01");
    assert_false(
        reply_error(&reply, ERROR_INVALID_PARAMETER, "a\"b", "'%s'", "\"},{\\\t\xC3\xA9/"));
    assert_string_equal(member("field"), "a\"b");
    assert_string_equal(member("error"), "'\"},{\\\t\xC3\xA9/'");
    assert_string_equal(member("request_id"), "\"\\\n\x01");
}

static void an_error_can_carry_one_more_member(void **state)
{
    (void)state;
    assert_false(
        reply_error_with(&reply, ERROR_INSUFFICIENT_SCOPE, "required_scope", "quotes:read", NULL));
    assert_int_equal(reply.status, 403);
    assert_string_equal(member("required_scope"), "quotes:read");
    assert_string_equal(member("error"), error_rows[ERROR_INSUFFICIENT_SCOPE].message);
}

/* The metrics go by it, and count no rows that were not written. */
static void every_kind_of_error_says_which_it_is(void **state)
{
    (void)state;
    for (int kind = 0; kind < 4; kind++) {
        reply_init(&reply, &arena, "r-1");
        reply.rows_upserted = 1;
        reply.rows_refused = 1;
        switch (kind) {
        case 0:
            reply_error(&reply, ERROR_INVALID_BODY, "field", NULL);
            break;
        case 1:
            reply_error_with(&reply, ERROR_INVALID_BODY, "member", "value", NULL);
            break;
        case 2:
            reply_error_counts(&reply, ERROR_INVALID_BODY, NULL, "limit", 1, "products", 2);
            break;
        default:
            reply_error_details(&reply, ERROR_INVALID_BODY, "field", NULL, "errors",
                                json_new_array());
            break;
        }
        assert_int_equal(reply.status, 422);
        assert_int_equal(reply.error, ERROR_INVALID_BODY);
        assert_int_equal(reply.rows_upserted + reply.rows_refused, 0);
    }
}

static void headers_that_were_set_stay_with_an_error(void **state)
{
    (void)state;
    reply_header(&reply, "Retry-After", "1");
    assert_false(reply_error(&reply, ERROR_UNAVAILABLE, NULL, NULL));
    assert_string_equal(header("Retry-After"), "1");
}

static void a_header_is_there_once(void **state)
{
    (void)state;
    reply_header(&reply, "X", "1");
    reply_header(&reply, "Y", "2");
    reply_header(&reply, "X", "3");
    reply_header_print(&reply, "Y", "%d", 4);
    assert_int_equal(reply.header_count, 2);
    assert_string_equal(header("X"), "3");
    assert_string_equal(header("Y"), "4");
}

static void headers_have_a_maximum(void **state)
{
    static char names[REPLY_MAX_HEADERS + 2][8];
    (void)state;
    for (size_t i = 0; i < COUNT(names); i++) {
        snprintf(names[i], sizeof(names[i]), "X-%zu", i);
        reply_header(&reply, names[i], "1");
    }
    assert_int_equal(reply.header_count, REPLY_MAX_HEADERS);
    assert_null(header("X-16"));
}

static void a_document_is_answered_with_its_length(void **state)
{
    size_t size = 0;
    struct json_object *object = json_new_object(&arena);
    (void)state;
    json_add_text(object, "name", "\xC3\xA9/\xC3\xA9");
    assert_true(reply_json(&reply, 200, object));
    assert_int_equal(reply.status, 200);
    assert_string_equal(reply.body, "{\"name\":\"\xC3\xA9/\xC3\xA9\"}");
    assert_string_equal(reply_head(&reply, &size), "Status: 200 OK\r\n"
                                                   "Content-Type: application/json\r\n"
                                                   "Content-Length: 16\r\n\r\n");
    assert_int_equal(size, 70);
}

static void an_empty_answer_has_no_length(void **state)
{
    size_t size = 0;
    (void)state;
    assert_true(reply_empty(&reply, 204));
    assert_string_equal(reply_head(&reply, &size), "Status: 204 No Content\r\n\r\n");
    assert_true(reply_empty(&reply, 304));
    reply_header(&reply, "ETag", "W/\"1\"");
    assert_string_equal(reply_head(&reply, &size),
                        "Status: 304 Not Modified\r\nETag: W/\"1\"\r\n\r\n");
}

static void a_long_head_is_whole(void **state)
{
    static char value[20000];
    size_t size = 0;
    (void)state;
    memset(value, 'v', sizeof(value) - 1);
    reply_header(&reply, "X-Long", value);
    reply_empty(&reply, 200);
    const char *head = reply_head(&reply, &size);
    assert_int_equal(strlen(head), size);
    assert_string_equal(head + size - 4, "\r\n\r\n");
    assert_int_equal(size,
                     strlen("Status: 200 OK\r\nX-Long: \r\nContent-Length: 0\r\n\r\n") + 19999);
}

static void no_document_is_the_last_resort(void **state)
{
    (void)state;
    reply_json(&reply, 200, NULL);
    assert_int_equal(reply.status, 500);
    assert_string_equal(member("code"), "internal");
    assert_int_equal(reply.body_size, strlen(reply.body));
}

static void an_error_without_memory_is_the_last_resort(void **state)
{
    (void)state;
    while (arena_alloc(&arena, 1) != NULL) {
    }
    assert_false(reply_error(&reply, ERROR_NOT_FOUND, "field", "%d", 1));
    assert_int_equal(reply.status, 500);
    assert_string_equal(reply.body, "{\"error\":\"Something went wrong on our side.\","
                                    "\"code\":\"internal\",\"request_id\":\"\"}");
    size_t size = 0;
    assert_null(reply_head(&reply, &size));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(nothing_said_is_an_error, set_up, tear_down),
        cmocka_unit_test_setup_teardown(every_error_has_status_code_and_sentence, set_up,
                                        tear_down),
        cmocka_unit_test(codes_are_words_of_their_own),
        cmocka_unit_test_setup_teardown(an_error_names_its_field, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_came_in_cannot_break_the_json, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_error_can_carry_one_more_member, set_up, tear_down),
        cmocka_unit_test_setup_teardown(every_kind_of_error_says_which_it_is, set_up, tear_down),
        cmocka_unit_test_setup_teardown(headers_that_were_set_stay_with_an_error, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_header_is_there_once, set_up, tear_down),
        cmocka_unit_test_setup_teardown(headers_have_a_maximum, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_document_is_answered_with_its_length, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_empty_answer_has_no_length, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_long_head_is_whole, set_up, tear_down),
        cmocka_unit_test_setup_teardown(no_document_is_the_last_resort, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_error_without_memory_is_the_last_resort, set_up,
                                        tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
