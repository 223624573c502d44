/* A cursor is good where it was given out, and nowhere else. */
#include "cursor.h"

#include <string.h>

#include "unit.h"

static struct arena arena;

static const struct cursor_binding here = {.secret = "a secret of the deployment, 32 or more",
                                           .org_id = "0f0c0000-0000-0000-0000-000000000001",
                                           .path = "/api/v1/quotes",
                                           .filters = "status\x1f"
                                                      "sent\x1e"};

static const char position[] = "2026-06-01 15:00:00.25+00 7f0c0000-0000-0000-0000-000000000000";

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

static void a_cursor_gives_its_position_back(void **state)
{
    (void)state;
    const char *cursor = cursor_make(&arena, &here, position);
    assert_non_null(cursor);
    assert_int_equal(strspn(cursor, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                    "0123456789-_"),
                     strlen(cursor));
    assert_string_equal(cursor_read(&arena, &here, cursor), position);
    assert_string_equal(cursor_make(&arena, &here, position), cursor);
    assert_string_equal(cursor_read(&arena, &here, cursor_make(&arena, &here, "")), "");
}

static void another_place_refuses_it(void **state)
{
    struct cursor_binding other[4] = {here, here, here, here};
    (void)state;
    other[0].secret = "another secret of the deployment..";
    other[1].org_id = "0f0c0000-0000-0000-0000-000000000002";
    other[2].path = "/api/v1/orders";
    other[3].filters = "";
    const char *cursor = cursor_make(&arena, &here, position);
    for (size_t i = 0; i < COUNT(other); i++) {
        assert_null(cursor_read(&arena, &other[i], cursor));
    }
}

/* A binding's parts do not run into each other. */
static void the_parts_of_a_binding_are_told_apart(void **state)
{
    struct cursor_binding one = here;
    struct cursor_binding other = here;
    (void)state;
    one.path = "/api/v1/quotes";
    one.filters = "x";
    other.path = "/api/v1/quotesx";
    other.filters = "";
    assert_null(cursor_read(&arena, &other, cursor_make(&arena, &one, position)));
    one.filters = "a";
    other = one;
    other.filters = "";
    assert_null(cursor_read(&arena, &other, cursor_make(&arena, &one, "b")));
}

static void every_changed_character_is_seen(void **state)
{
    (void)state;
    const char *cursor = cursor_make(&arena, &here, position);
    char *changed = arena_copy(&arena, cursor, strlen(cursor));
    for (size_t i = 0; changed[i] != '\0'; i++) {
        const char was = changed[i];
        for (const char *c = "AZaz09-_+/= \n"; *c != '\0'; c++) {
            changed[i] = *c;
            if (*c != was) {
                assert_null(cursor_read(&arena, &here, changed));
            }
        }
        changed[i] = '\0';
        assert_null(cursor_read(&arena, &here, changed));
        changed[i] = was;
    }
    assert_non_null(cursor_read(&arena, &here, changed));
}

static void what_is_no_cursor_is_refused(void **state)
{
    char text[4000];
    (void)state;
    memset(text, 'A', sizeof(text));
    for (size_t length = 0; length < sizeof(text); length += length < 60 ? 1 : 97) {
        assert_null(cursor_read(&arena, &here, arena_copy(&arena, text, length)));
    }
}

static void a_position_has_its_most(void **state)
{
    char text[CURSOR_POSITION_MOST + 2] = "";
    (void)state;
    memset(text, 'x', CURSOR_POSITION_MOST);
    const char *cursor = cursor_make(&arena, &here, text);
    assert_string_equal(cursor_read(&arena, &here, cursor), text);
    text[CURSOR_POSITION_MOST] = 'x';
    assert_null(cursor_make(&arena, &here, text));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_cursor_gives_its_position_back, set_up, tear_down),
        cmocka_unit_test_setup_teardown(another_place_refuses_it, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_parts_of_a_binding_are_told_apart, set_up, tear_down),
        cmocka_unit_test_setup_teardown(every_changed_character_is_seen, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_no_cursor_is_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_position_has_its_most, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
