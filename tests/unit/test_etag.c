/* Tags are weak, and of the body alone. */
#include "etag.h"

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

/* The tag of a body; the reply is as etag_apply() left it. */
static const char *apply(const char *body, int status, const char *if_none_match)
{
    const struct request_input input = {.if_none_match = if_none_match};
    const struct request request = {.arena = &arena, .input = &input};
    reply_init(&reply, &arena, "r-1");
    reply.status = status;
    reply.body = body;
    reply.body_size = strlen(body);
    reply_header(&reply, "Content-Type", "application/json");
    etag_apply(&request, &reply);
    return reply_header_value(&reply, "ETag");
}

static void a_tag_is_weak_and_the_bodys(void **state)
{
    (void)state;
    const char *tag = apply("{\"a\":1}", 200, NULL);
    assert_int_equal(strlen(tag), 2 + 1 + 16 + 1);
    assert_int_equal(strncmp(tag, "W/\"", 3), 0);
    assert_string_equal(apply("{\"a\":1}", 200, NULL), tag);
    assert_string_not_equal(apply("{\"a\":2}", 200, NULL), tag);
    assert_int_equal(reply.status, 200);
    assert_non_null(reply_header_value(&reply, "Content-Type"));
}

static void only_a_200_has_one(void **state)
{
    (void)state;
    assert_null(apply("{}", 404, "*"));
    assert_int_equal(reply.status, 404);
}

static void a_tag_that_is_known_makes_an_empty_304(void **state)
{
    const char *tag = apply("{}", 200, NULL);
    const char *with[] = {tag,
                          tag + 2,
                          "*",
                          arena_print(&arena, "\"x\", %s", tag),
                          arena_print(&arena, "W/\"x,y\" ,\t%s,W/\"z\"", tag + 2),
                          arena_print(&arena, ",, %s", tag)};
    (void)state;
    for (size_t i = 0; i < COUNT(with); i++) {
        assert_non_null(with[i]);
        assert_string_equal(apply("{}", 200, with[i]), tag);
        assert_int_equal(reply.status, 304);
        assert_int_equal(reply.body_size, 0);
        assert_null(reply_header_value(&reply, "Content-Type"));
        assert_string_equal(reply_header_value(&reply, "Vary"), "Accept-Encoding");
    }
}

static void any_other_does_not(void **state)
{
    const char *tag = apply("{}", 200, NULL);
    const char *without[] = {"",
                             "\"x\"",
                             "W/\"x\"",
                             "x",
                             "\"",
                             "W/",
                             arena_print(&arena, "w/%s", tag + 2),
                             arena_print(&arena, "%.*s", (int)strlen(tag) - 1, tag),
                             arena_print(&arena, "\"x%s", tag + 3),
                             arena_print(&arena, "x, %s", tag)};
    (void)state;
    for (size_t i = 0; i < COUNT(without); i++) {
        apply("{}", 200, without[i]);
        assert_int_equal(reply.status, 200);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_tag_is_weak_and_the_bodys, set_up, tear_down),
        cmocka_unit_test_setup_teardown(only_a_200_has_one, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_tag_that_is_known_makes_an_empty_304, set_up, tear_down),
        cmocka_unit_test_setup_teardown(any_other_does_not, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
