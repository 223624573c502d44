/* The header Idempotency-Key, and what makes two requests the same. */
#include "idempotency.h"

#include <string.h>

#include "unit.h"

static struct arena arena;
static struct reply reply;

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

static bool read_header(const char *header, const char **key)
{
    const struct request_input input = {.idempotency_key = header};
    const struct request request = {.arena = &arena, .input = &input};
    reply_init(&reply, &arena, "r-1");
    return idempotency_read(&request, key, &reply);
}

static void a_key_is_bare_or_quoted(void **state)
{
    static const struct {
        const char *header;
        const char *key;
    } cases[] = {
        {NULL,                                       NULL                                  },
        {"",                                         NULL                                  },
        {"a",                                        "a"                                   },
        {"\"a\"",                                    "a"                                   },
        {"8e03978e-40d5-43e8-bc93-6894a57f9324",     "8e03978e-40d5-43e8-bc93-6894a57f9324"},
        {"\"8e03978e-40d5-43e8-bc93-6894a57f9324\"", "8e03978e-40d5-43e8-bc93-6894a57f9324"},
        {"~!#$%&'()*+,-./:;<=>?@[]^_`{|}",           "~!#$%&'()*+,-./:;<=>?@[]^_`{|}"      },
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        const char *key = "?";
        assert_true(read_header(cases[i].header, &key));
        if (cases[i].key == NULL) {
            assert_null(key);
        } else {
            assert_string_equal(key, cases[i].key);
        }
    }
}

static void a_key_has_255_characters_at_most(void **state)
{
    char header[260] = "";
    const char *key = NULL;
    (void)state;
    memset(header, 'k', 255);
    assert_true(read_header(header, &key));
    assert_int_equal(strlen(key), 255);
    header[0] = '"';
    memset(header + 1, 'k', 255);
    header[256] = '"';
    assert_true(read_header(header, &key));
    assert_int_equal(strlen(key), 255);
    memset(header, 'k', 256);
    header[256] = '\0';
    assert_false(read_header(header, &key));
    assert_int_equal(reply.status, 422);
    assert_non_null(strstr(reply.body, "\"field\":\"Idempotency-Key\""));
}

static void others_are_refused(void **state)
{
    static const char *const headers[] = {"\"\"", "a b", "\"a b\"", "a\tb", "\xC3\xA9", "a\x7F"};
    (void)state;
    for (size_t i = 0; i < COUNT(headers); i++) {
        const char *key = NULL;
        assert_false(read_header(headers[i], &key));
        assert_int_equal(reply.status, 422);
    }
}

static const char *digest(const char *path, const char *query, const char *body)
{
    const struct request request = {
        .arena = &arena, .path = path, .query = query, .body = body, .body_size = strlen(body)};
    return idempotency_digest(&request);
}

static void path_query_and_body_make_a_request(void **state)
{
    (void)state;
    const char *one = digest("/a", "b", "c");
    assert_int_equal(strlen(one), 64);
    assert_string_equal(digest("/a", "b", "c"), one);
    assert_string_not_equal(digest("/ab", "", "c"), one);
    assert_string_not_equal(digest("/a", "", "bc"), one);
    assert_string_not_equal(digest("/a", "b", "C"), one);
    assert_string_not_equal(digest("/a", "b", "c "), one);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_key_is_bare_or_quoted, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_key_has_255_characters_at_most, set_up, tear_down),
        cmocka_unit_test_setup_teardown(others_are_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(path_query_and_body_make_a_request, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
