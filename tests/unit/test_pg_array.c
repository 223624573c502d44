/* PostgreSQL's binary arrays, byte by byte (array_send() and array_recv() in its source). */
#include "pg_array.h"

#include <string.h>

#include "unit.h"

static void assert_bytes(const struct pg_array *array, const char *bytes, size_t size)
{
    assert_false(array->failed);
    assert_int_equal(array->size, size);
    assert_memory_equal(array->bytes, bytes, size);
}

static void text_and_null(void **state)
{
    static const char expected[] = "\0\0\0\1\0\0\0\1\0\0\0\x19\0\0\0\3\0\0\0\1"
                                   "\0\0\0\2ab\xFF\xFF\xFF\xFF\0\0\0\0";
    struct pg_array array;
    (void)state;
    pg_array_init(&array, PG_ARRAY_TEXT);
    pg_array_add_text(&array, "abc", 2);
    pg_array_add_null(&array);
    pg_array_add_text(&array, "", 0);
    pg_array_finish(&array);
    assert_bytes(&array, expected, sizeof(expected) - 1);
    pg_array_free(&array);
}

static void integers_of_both_sizes(void **state)
{
    static const char four[] = "\0\0\0\1\0\0\0\1\0\0\0\x17\0\0\0\1\0\0\0\1"
                               "\0\0\0\4\xFF\xFF\xFF\xFE";
    static const char eight[] = "\0\0\0\1\0\0\0\1\0\0\0\x14\0\0\0\1\0\0\0\1"
                                "\0\0\0\x08\1\2\3\4\5\6\7\x08";
    struct pg_array array;
    (void)state;
    pg_array_init(&array, PG_ARRAY_INT4);
    pg_array_add_int4(&array, -2);
    pg_array_finish(&array);
    assert_bytes(&array, four, sizeof(four) - 1);
    pg_array_free(&array);
    pg_array_init(&array, PG_ARRAY_INT8);
    pg_array_add_int8(&array, 0x0102030405060708);
    pg_array_finish(&array);
    assert_bytes(&array, eight, sizeof(eight) - 1);
    pg_array_free(&array);
}

static void a_cleared_array_begins_again(void **state)
{
    static const char expected[] = "\0\0\0\1\0\0\0\1\0\0\0\x17\0\0\0\1\0\0\0\1\0\0\0\4\0\0\0\7";
    struct pg_array array;
    (void)state;
    pg_array_init(&array, PG_ARRAY_INT4);
    for (int i = 0; i < 5000; i++) { /* beyond the first room */
        pg_array_add_int4(&array, i);
    }
    assert_int_equal(array.count, 5000);
    pg_array_clear(&array);
    pg_array_add_int4(&array, 7);
    pg_array_finish(&array);
    assert_bytes(&array, expected, sizeof(expected) - 1);
    pg_array_free(&array);
}

static void it_has_a_maximum(void **state)
{
    static char large[1024 * 1024];
    struct pg_array array;
    (void)state;
    pg_array_init(&array, PG_ARRAY_TEXT);
    for (int i = 0; i < PG_ARRAY_MOST / (int)sizeof(large); i++) {
        pg_array_add_text(&array, large, sizeof(large));
    }
    assert_true(array.failed);
    assert_true(array.size <= PG_ARRAY_MOST);
    pg_array_free(&array);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_and_null),
        cmocka_unit_test(integers_of_both_sizes),
        cmocka_unit_test(a_cleared_array_begins_again),
        cmocka_unit_test(it_has_a_maximum),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
