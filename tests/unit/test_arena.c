/* The request's memory: what it hands out, where it ends, and what it releases when. */
#include "arena.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "unit.h"

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#endif

enum { KEEP = 256, MOST = 1048576, LARGE = 300000 };

static char released[16]; /* the names of the objects, in the order of their release */

static void release(void *object)
{
    size_t used = strlen(released);
    snprintf(released + used, sizeof(released) - used, "%s", (const char *)object);
}

static int set_up(void **state)
{
    static struct arena arena;
    *state = &arena;
    memset(released, 0, sizeof(released));
    return arena_init(&arena, KEEP, MOST) ? 0 : -1;
}

static int tear_down(void **state)
{
    arena_free(*state);
    return 0;
}

static void memory_is_aligned_and_apart(void **state)
{
    unsigned char *blocks[50];
    for (size_t i = 0; i < COUNT(blocks); i++) {
        blocks[i] = arena_alloc(*state, i);
        assert_non_null(blocks[i]);
        assert_int_equal((uintptr_t)blocks[i] % _Alignof(max_align_t), 0);
        memset(blocks[i], (int)i, i);
    }
    for (size_t i = 0; i < COUNT(blocks); i++) {
        for (size_t byte = 0; byte < i; byte++) {
            assert_int_equal(blocks[i][byte], i);
        }
    }
}

static void an_allocation_larger_than_a_block_fits(void **state)
{
    char *large = arena_alloc(*state, LARGE);
    assert_non_null(large);
    memset(large, 'x', LARGE);
    assert_non_null(arena_alloc(*state, 1));
}

static void nothing_is_handed_out_beyond_the_maximum(void **state)
{
    assert_null(arena_alloc(*state, MOST + 1));
    assert_null(arena_alloc(*state, SIZE_MAX));
    assert_non_null(arena_alloc(*state, MOST / 2));
    assert_null(arena_alloc(*state, MOST / 2 + 1));
    assert_non_null(arena_alloc(*state, MOST / 2));
    assert_null(arena_alloc(*state, 1));
    arena_reset(*state);
    assert_non_null(arena_alloc(*state, MOST));
}

static void a_reset_gives_the_kept_block_again(void **state)
{
    void *first = arena_alloc(*state, 8);
    arena_alloc(*state, LARGE);
    arena_reset(*state);
    assert_ptr_equal(arena_alloc(*state, 8), first);
}

static void text_is_copied_with_its_end(void **state)
{
    const char source[] = {'a', '\0', 'b', 'c'};
    char *copy = arena_copy(*state, source, sizeof(source));
    assert_memory_equal(copy, "a\0bc", 5);
    assert_string_equal(arena_copy(*state, "", 0), "");
}

static void text_is_printed_in_full(void **state)
{
    char *text = arena_print(*state, "%s=%05d%%", "n", 42);
    assert_string_equal(text, "n=00042%");
    text = arena_print(*state, "%5000s", "x");
    assert_int_equal(strlen(text), 5000);
    assert_null(arena_print(*state, "%*s", MOST, "x"));
}

static void objects_are_released_last_come_first(void **state)
{
    char first[] = "1";
    char second[] = "2";
    assert_ptr_equal(arena_own(*state, first, release), first);
    assert_ptr_equal(arena_own(*state, second, release), second);
    assert_string_equal(released, "");
    arena_reset(*state);
    assert_string_equal(released, "21");
    arena_reset(*state);
    assert_string_equal(released, "21");
}

static void no_object_is_no_failure(void **state)
{
    assert_null(arena_own(*state, NULL, release));
    arena_reset(*state);
    assert_string_equal(released, "");
}

static void an_object_that_cannot_be_kept_is_released_at_once(void **state)
{
    char object[] = "x";
    assert_non_null(arena_alloc(*state, MOST));
    assert_null(arena_own(*state, object, release));
    assert_string_equal(released, "x");
}

static void memory_of_a_former_request_is_poisoned(void **state)
{
#if defined(__SANITIZE_ADDRESS__)
    char *text = arena_copy(*state, "kept", 4);
    assert_false(__asan_address_is_poisoned(text));
    assert_true(__asan_address_is_poisoned(text + 5));
    arena_reset(*state);
    assert_true(__asan_address_is_poisoned(text));
#else
    (void)state;
    skip();
#endif
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(memory_is_aligned_and_apart, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_allocation_larger_than_a_block_fits, set_up, tear_down),
        cmocka_unit_test_setup_teardown(nothing_is_handed_out_beyond_the_maximum, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_reset_gives_the_kept_block_again, set_up, tear_down),
        cmocka_unit_test_setup_teardown(text_is_copied_with_its_end, set_up, tear_down),
        cmocka_unit_test_setup_teardown(text_is_printed_in_full, set_up, tear_down),
        cmocka_unit_test_setup_teardown(objects_are_released_last_come_first, set_up, tear_down),
        cmocka_unit_test_setup_teardown(no_object_is_no_failure, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_object_that_cannot_be_kept_is_released_at_once, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(memory_of_a_former_request_is_poisoned, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
