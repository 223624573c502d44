/* JSON in as a tree: what it means, and what json-c's own reader makes of it. */
#include "json_tree.h"

#include <json-c/json.h>
#include <string.h>

#include "json_check.h"
#include "unit.h"

static struct arena arena;

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

/* The tree as text, without spaces; lives until the arena is reset. */
static const char *read_back(const char *text)
{
    struct json_fault fault;
    struct json_object *tree = NULL;
    assert_true(json_check(text, strlen(text), &fault));
    assert_true(json_tree_read(&arena, text, &tree));
    const char *plain = json_object_to_json_string_ext(tree, JSON_C_TO_STRING_PLAIN |
                                                                 JSON_C_TO_STRING_NOSLASHESCAPE);
    const char *copy = arena_copy(&arena, plain, strlen(plain));
    json_object_put(tree);
    return copy;
}

static void a_document_is_read_as_it_stands(void **state)
{
    static const char *const documents[] = {
        "null",
        "true",
        "false",
        "\"\"",
        "\"a/b \xE2\x82\xAC\"",
        "0",
        "-9223372036854775808",
        "9223372036854775807",
        "42.50",
        "1e400",
        "-1.5E-3",
        "[]",
        "{}",
        "[[],{},[[]]]",
        "{\"b\":1,\"a\":[1,2.50,null,true,\"x\"],\"c\":{\"b\":{}},\"\":false}",
        "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]",
    };
    (void)state;
    for (size_t i = 0; i < COUNT(documents); i++) {
        assert_string_equal(read_back(documents[i]), documents[i]);
    }
    assert_string_equal(read_back(" { \"a\" :\n[ 1 ,\t2 ] , \"b\" : { } } "),
                        "{\"a\":[1,2],\"b\":{}}");
}

/* json-c 0.16 reads each of these as U+FFFD. */
static void an_escaped_character_is_that_character(void **state)
{
    (void)state;
    assert_string_equal(read_back("\"\\ud836\\ude03\""), "\"\xF0\x9D\xA8\x83\"");
    assert_string_equal(read_back("\"\\ud877\\udc00x\""), "\"\xF0\xAD\xB0\x80x\"");
    assert_string_equal(read_back("{\"\\ud837\\udf00\":1}"), "{\"\xF0\x9D\xBC\x80\":1}");
    assert_string_equal(read_back("\"\\u00e9\\\"\\\\\\n\\ud83d\\ude00\""),
                        "\"\xC3\xA9\\\"\\\\\\n\xF0\x9F\x98\x80\"");
}

static void a_number_is_whole_or_keeps_its_text(void **state)
{
    struct json_object *tree = NULL;
    (void)state;
    assert_true(json_tree_read(&arena, "[-0,7,7.0,1e2]", &tree));
    assert_true(json_object_is_type(json_object_array_get_idx(tree, 0), json_type_int));
    assert_int_equal(json_object_get_int64(json_object_array_get_idx(tree, 1)), 7);
    assert_true(json_object_is_type(json_object_array_get_idx(tree, 2), json_type_double));
    assert_string_equal(json_object_get_string(json_object_array_get_idx(tree, 2)), "7.0");
    assert_string_equal(json_object_get_string(json_object_array_get_idx(tree, 3)), "1e2");
    json_object_put(tree);
}

/* It fails as a whole, and loses nothing: AddressSanitizer looks. */
static void memory_may_run_out_anywhere(void **state)
{
    static const char text[] = "{\"a\\n\":[1,2.5,\"x\\ty\"],\"bb\":{\"c\":[{\"d\":3}]}}";
    size_t failures = 0;
    (void)state;
    for (size_t most = 0; most <= 512; most++) {
        struct arena small;
        struct json_object *tree = NULL;
        assert_true(arena_init(&small, 16, most));
        if (json_tree_read(&small, text, &tree)) {
            assert_int_equal(json_object_object_length(tree), 2);
            json_object_put(tree);
        } else {
            assert_null(tree);
            failures++;
        }
        arena_free(&small);
    }
    assert_in_range(failures, 5, 500);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_document_is_read_as_it_stands, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_escaped_character_is_that_character, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_number_is_whole_or_keeps_its_text, set_up, tear_down),
        cmocka_unit_test_setup_teardown(memory_may_run_out_anywhere, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
