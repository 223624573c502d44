/* The form of an API key. Whole keys are put together here, so that no file holds one. */
#include "key.h"

#include <string.h>

#include "base62.h"
#include "unit.h"

#define SECRET "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"

static const struct key sample = {.public_id = "aaaaaaaa", .secret = SECRET};

static enum key_form parse(const char *text)
{
    struct key key;
    return key_parse(text, strlen(text), &key);
}

/* The checksum comes from Python: zlib.crc32() of the 49 bytes before it, in base 62. */
static void the_checksum_is_zlib_crc32(void **state)
{
    char text[KEY_LENGTH + 1];
    (void)state;
    key_format(&sample, text);
    assert_int_equal(strlen(text), 55);
    assert_memory_equal(text, KEY_SCHEME "aaaaaaaabbbbbbbb", 25);
    assert_string_equal(text + KEY_LENGTH - KEY_CHECKSUM_LENGTH, "20gy2o");
}

static void a_formatted_key_parses_into_its_parts(void **state)
{
    char text[KEY_LENGTH + 1];
    struct key key;
    (void)state;
    key_format(&sample, text);
    assert_int_equal(key_parse(text, KEY_LENGTH, &key), KEY_WELL_FORMED);
    assert_string_equal(key.public_id, sample.public_id);
    assert_string_equal(key.secret, sample.secret);
}

/* The whole text counts, and only length bytes of it: it needs no NUL. */
static void length_is_taken_at_its_word(void **state)
{
    char text[KEY_LENGTH + 2];
    struct key key;
    (void)state;
    key_format(&sample, text);
    text[KEY_LENGTH] = 'x';
    assert_int_equal(key_parse(text, KEY_LENGTH, &key), KEY_WELL_FORMED);
    assert_int_equal(key_parse(text, KEY_LENGTH + 1, &key), KEY_WRONG_LENGTH);
    assert_int_equal(key_parse(text, KEY_LENGTH - 1, &key), KEY_WRONG_LENGTH);
    assert_int_equal(key_parse(text, 9, &key), KEY_WRONG_LENGTH);
    assert_int_equal(key_parse(text, 8, &key), KEY_WRONG_SCHEME);
    assert_int_equal(key_parse(text, 0, &key), KEY_WRONG_SCHEME);
}

static void every_fault_is_told(void **state)
{
    static const struct {
        const char *text;
        enum key_form form;
    } faults[] = {
        {"",                                        KEY_WRONG_SCHEME   },
        {"kbd_test_aaaaaaaa" SECRET "20gy2o",       KEY_WRONG_SCHEME   },
        {"KBD_LIVE_aaaaaaaa" SECRET "20gy2o",       KEY_WRONG_SCHEME   },
        {" kbd_live_",                              KEY_WRONG_SCHEME   },
        {"kbd_live_",                               KEY_WRONG_LENGTH   },
        {"kbd_live_...",                            KEY_WRONG_LENGTH   },
        {"kbd_live_aaaaaaaa" SECRET "20gy2o\n",     KEY_WRONG_LENGTH   },
        {"kbd_live_aaaaaaa-" SECRET "000000",       KEY_WRONG_CHARACTER},
        {"kbd_live_aaaaaaaa" SECRET "00000 ",       KEY_WRONG_CHARACTER},
        {"kbd_live_aaaaaa\xC3\xA9" SECRET "000000", KEY_WRONG_CHARACTER},
        {"kbd_live_aaaaaaaa" SECRET "000000",       KEY_WRONG_CHECKSUM },
        {"kbd_live_aaaaaaaa" SECRET "20gy2p",       KEY_WRONG_CHECKSUM },
    };
    (void)state;
    for (size_t i = 0; i < COUNT(faults); i++) {
        if (parse(faults[i].text) != faults[i].form) {
            fail_msg("%s: %d", faults[i].text, parse(faults[i].text));
        }
    }
}

/* The neighbours of the three ranges in ASCII, and what a signed char makes negative. */
static void nothing_but_base62_is_a_digit(void **state)
{
    (void)state;
    for (const char *c = "/:@[`{~-_ \t\x7F\x80\xFF"; *c != '\0'; c++) {
        char text[KEY_LENGTH + 1];
        key_format(&sample, text);
        text[KEY_SCHEME_LENGTH] = *c;
        assert_int_equal(parse(text), KEY_WRONG_CHARACTER);
        key_format(&sample, text);
        text[KEY_LENGTH - 1] = *c;
        assert_int_equal(parse(text), KEY_WRONG_CHARACTER);
    }
}

static void one_wrong_character_anywhere_is_noticed(void **state)
{
    char text[KEY_LENGTH + 1];
    (void)state;
    key_format(&sample, text);
    for (size_t place = KEY_SCHEME_LENGTH; place < KEY_LENGTH; place++) {
        char right = text[place];
        for (size_t digit = 0; digit < BASE62; digit++) {
            text[place] = BASE62_DIGITS[digit];
            if (text[place] != right) {
                assert_int_equal(parse(text), KEY_WRONG_CHECKSUM);
            }
        }
        text[place] = right;
    }
    assert_int_equal(parse(text), KEY_WELL_FORMED);
}

static void two_swapped_neighbours_are_noticed(void **state)
{
    const struct key key = {.public_id = "0123ABCD", .secret = "EFGHIJKLMNOPQRSTUVWXYZabcdefghij"};
    char text[KEY_LENGTH + 1];
    (void)state;
    key_format(&key, text);
    for (size_t place = KEY_SCHEME_LENGTH; place + 1 < KEY_LENGTH - KEY_CHECKSUM_LENGTH; place++) {
        char first = text[place];
        text[place] = text[place + 1];
        text[place + 1] = first;
        assert_int_equal(parse(text), KEY_WRONG_CHECKSUM);
        text[place + 1] = text[place];
        text[place] = first;
    }
}

static void a_small_checksum_is_filled_up_with_zeros(void **state)
{
    struct key key = sample;
    char text[KEY_LENGTH + 1];
    (void)state;
    for (size_t tries = 0; tries < (size_t)BASE62 * BASE62 * BASE62; tries++) {
        key.secret[0] = BASE62_DIGITS[tries % BASE62];
        key.secret[1] = BASE62_DIGITS[tries / BASE62 % BASE62];
        key.secret[2] = BASE62_DIGITS[tries / BASE62 / BASE62];
        key_format(&key, text);
        if (text[KEY_LENGTH - KEY_CHECKSUM_LENGTH] == '0') {
            assert_int_equal(parse(text), KEY_WELL_FORMED);
            return;
        }
    }
    fail_msg("no such checksum came up");
}

static void what_is_wrong_leaves_the_key_as_it_was(void **state)
{
    struct key key = sample;
    (void)state;
    assert_int_equal(key_parse("kbd_live_cccccccc" SECRET "000000", KEY_LENGTH, &key),
                     KEY_WRONG_CHECKSUM);
    assert_memory_equal(&key, &sample, sizeof(key));
}

static void a_prefix_holds_the_public_id_and_nothing_else(void **state)
{
    static const char *const wrong[] = {
        "",
        "aaaaaaaa",
        "kbd_live_",
        "kbd_live_aaaaaaa",
        "kbd_live_aaaaaaaa1",
        "kbd_live_aaaaaaa-",
        "kbd_test_aaaaaaaa",
        " kbd_live_aaaaaaa",
    };
    char public_id[KEY_PUBLIC_ID_LENGTH + 1] = "untouch.";
    (void)state;
    for (size_t i = 0; i < COUNT(wrong); i++) {
        assert_false(key_parse_prefix(wrong[i], public_id));
        assert_string_equal(public_id, "untouch.");
    }
    assert_true(key_parse_prefix("kbd_live_0aZ9bY8c", public_id));
    assert_string_equal(public_id, "0aZ9bY8c");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_checksum_is_zlib_crc32),
        cmocka_unit_test(a_formatted_key_parses_into_its_parts),
        cmocka_unit_test(length_is_taken_at_its_word),
        cmocka_unit_test(every_fault_is_told),
        cmocka_unit_test(nothing_but_base62_is_a_digit),
        cmocka_unit_test(one_wrong_character_anywhere_is_noticed),
        cmocka_unit_test(two_swapped_neighbours_are_noticed),
        cmocka_unit_test(a_small_checksum_is_filled_up_with_zeros),
        cmocka_unit_test(what_is_wrong_leaves_the_key_as_it_was),
        cmocka_unit_test(a_prefix_holds_the_public_id_and_nothing_else),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
