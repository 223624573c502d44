/* Characters: counted, cut and told from white space. What is well formed, test_request.c holds. */
#include "utf8.h"

#include <string.h>

#include "unit.h"

/* One byte, two, three, four. */
static const char text[] = "a\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80";

static void characters_are_counted_not_bytes(void **state)
{
    (void)state;
    assert_int_equal(utf8_length(text, 10), 4);
    assert_int_equal(utf8_length("", 0), 0);
    assert_int_equal(utf8_length("e\xCC\x81", 3), 2);
}

static void a_cut_falls_between_characters(void **state)
{
    static const size_t kept[] = {0, 1, 1, 3, 3, 3, 6, 6, 6, 6, 10, 10};
    (void)state;
    for (size_t most = 0; most < COUNT(kept); most++) {
        assert_int_equal(utf8_cut(text, 10, most), kept[most]);
    }
}

static void the_first_characters_end_where_the_next_begins(void **state)
{
    static const size_t bytes[] = {0, 1, 3, 6, 10, 10};
    (void)state;
    for (size_t most = 0; most < COUNT(bytes); most++) {
        assert_int_equal(utf8_first(text, 10, most), bytes[most]);
    }
}

static void white_space_is_unicodes(void **state)
{
    static const struct {
        const char *bytes;
        size_t length;
    } cases[] = {
        {" ",            1},
        {"\t",           1},
        {"\n",           1},
        {"\v",           1},
        {"\f",           1},
        {"\r",           1},
        {"\xC2\x85",     2},
        {"\xC2\xA0",     2},
        {"\xE1\x9A\x80", 3},
        {"\xE2\x80\x80", 3},
        {"\xE2\x80\x8A", 3},
        {"\xE2\x80\xA8", 3},
        {"\xE2\x80\xAF", 3},
        {"\xE2\x81\x9F", 3},
        {"\xE3\x80\x80", 3},
        {"a",            0},
        {"\x08",         0},
        {"\x0E",         0},
        {"\xC2\x84",     0},
        {"\xE2\x80\x8B", 0}, /* ZERO WIDTH SPACE has not the property */
        {"\xEF\xBB\xBF", 0},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        assert_int_equal(utf8_space(cases[i].bytes, strlen(cases[i].bytes)), cases[i].length);
        assert_int_equal(utf8_space(cases[i].bytes, 0), 0);
    }
    assert_int_equal(utf8_space("\xE3\x80\x80", 2), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(characters_are_counted_not_bytes),
        cmocka_unit_test(a_cut_falls_between_characters),
        cmocka_unit_test(the_first_characters_end_where_the_next_begins),
        cmocka_unit_test(white_space_is_unicodes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
