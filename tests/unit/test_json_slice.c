/* The walk over checked JSON. */
#include "json_slice.h"

#include <string.h>

#include "json_check.h"
#include "unit.h"

static struct arena arena;

static int set_up(void **state)
{
    (void)state;
    return arena_init(&arena, 1024, 1048576) ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    arena_free(&arena);
    return 0;
}

/* As the walk demands: a document that has passed the check. */
static struct json_slice document(const char *text)
{
    struct json_fault fault;
    assert_true(json_check(text, strlen(text), &fault));
    return json_slice_document(text);
}

static void assert_slice(struct json_slice slice, char kind, const char *text)
{
    if (slice.kind != kind || slice.length != strlen(text) ||
        memcmp(slice.text, text, slice.length) != 0) {
        fail_msg("'%.*s' of kind '%c', not '%s' of kind '%c'", (int)slice.length, slice.text,
                 slice.kind, text, kind);
    }
}

static void every_kind_of_element_is_found_whole(void **state)
{
    static const struct {
        char kind;
        const char *text;
    } expected[] = {
        {'"', "\"a,]}\\\"\\\\\""      },
        {'0', "-1.5e+3"               },
        {'t', "true"                  },
        {'t', "false"                 },
        {'n', "null"                  },
        {'{', "{\"x\":[1,{}],\"]\":2}"},
        {'[', "[ [ ] , \"[\" ]"       },
        {'0', "0"                     },
    };
    struct json_walk walk = json_walk_begin(document(
        " [ \"a,]}\\\"\\\\\" , -1.5e+3,true,\n\tfalse , null,{\"x\":[1,{}],\"]\":2},[ [ ] , "
        "\"[\" ],0 ] "));
    struct json_slice element;
    (void)state;
    for (size_t i = 0; i < COUNT(expected); i++) {
        assert_true(json_walk_element(&walk, &element));
        assert_slice(element, expected[i].kind, expected[i].text);
    }
    assert_false(json_walk_element(&walk, &element));
    assert_false(json_walk_element(&walk, &element));
}

static void members_come_with_their_names(void **state)
{
    struct json_walk walk =
        json_walk_begin(document("{ \"a\" : 1 ,\"b:\\\"}\":{\"c\":\"d\"}, \"\":[] }"));
    struct json_slice name;
    struct json_slice value;
    (void)state;
    assert_true(json_walk_member(&walk, &name, &value));
    assert_slice(name, '"', "\"a\"");
    assert_slice(value, '0', "1");
    assert_true(json_walk_member(&walk, &name, &value));
    assert_slice(name, '"', "\"b:\\\"}\"");
    assert_slice(value, '{', "{\"c\":\"d\"}");
    assert_true(json_walk_member(&walk, &name, &value));
    assert_slice(name, '"', "\"\"");
    assert_slice(value, '[', "[]");
    assert_false(json_walk_member(&walk, &name, &value));
}

static void empty_containers_have_nothing(void **state)
{
    struct json_slice one;
    struct json_slice other;
    struct json_walk array = json_walk_begin(document("[ \n ]"));
    struct json_walk object = json_walk_begin(document("{}"));
    (void)state;
    assert_false(json_walk_element(&array, &one));
    assert_false(json_walk_member(&object, &one, &other));
}

static void text_is_what_the_escapes_mean(void **state)
{
    static const struct {
        const char *json;
        const char *text;
    } cases[] = {
        {"\"\"",                                    ""                                            },
        {"\"plain\"",                               "plain"                                       },
        {"\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"",          "\"\\/\b\f\n\r\t"                             },
        {"\"\\u0041\\u00e9\\u20ac\"",               "A\xC3\xA9\xE2\x82\xAC"                       },
        {"\"\\uD83D\\uDE00\\ud83d\\ude00\"",        "\xF0\x9F\x98\x80\xF0\x9F\x98\x80"            },
        {"\"\xC3\xA9\\n\"",                         "\xC3\xA9\n"                                  },
        {"\"\\u007f\\u0080\\u07ff\\u0800\\uffff\"", "\x7F\xC2\x80\xDF\xBF\xE0\xA0\x80\xEF\xBF\xBF"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        const char *text;
        size_t length;
        assert_true(json_slice_text(&arena, document(cases[i].json), &text, &length));
        if (length != strlen(cases[i].text) || memcmp(text, cases[i].text, length) != 0) {
            fail_msg("%s gives '%.*s'", cases[i].json, (int)length, text);
        }
    }
}

static void a_word_is_known_in_any_spelling(void **state)
{
    (void)state;
    assert_true(json_slice_is(&arena, document("\"products\""), "products"));
    assert_true(json_slice_is(&arena, document("\"\\u0070roducts\""), "products"));
    assert_false(json_slice_is(&arena, document("\"product\""), "products"));
    assert_false(json_slice_is(&arena, document("\"productsx\""), "products"));
    assert_false(json_slice_is(&arena, document("\"Products\""), "products"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kind_of_element_is_found_whole),
        cmocka_unit_test(members_come_with_their_names),
        cmocka_unit_test(empty_containers_have_nothing),
        cmocka_unit_test_setup_teardown(text_is_what_the_escapes_mean, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_word_is_known_in_any_spelling, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
