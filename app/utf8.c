/* Tells UTF-8 from other bytes, and counts and cuts it by characters. */
#include "utf8.h"

#include <string.h>

size_t utf8_sequence(const char *text, size_t left)
{
    const unsigned char *s = (const unsigned char *)text;
    unsigned char low = 0x80;
    unsigned char high = 0xBF;
    size_t length;
    if (s[0] < 0x80) {
        return s[0] == 0 ? 0 : 1;
    }
    if (s[0] >= 0xC2 && s[0] <= 0xDF) {
        length = 2;
    } else if (s[0] >= 0xE0 && s[0] <= 0xEF) {
        length = 3;
        low = s[0] == 0xE0 ? 0xA0 : low;   /* shorter form exists */
        high = s[0] == 0xED ? 0x9F : high; /* surrogates */
    } else if (s[0] >= 0xF0 && s[0] <= 0xF4) {
        length = 4;
        low = s[0] == 0xF0 ? 0x90 : low;
        high = s[0] == 0xF4 ? 0x8F : high; /* beyond U+10FFFF */
    } else {
        return 0;
    }
    if (left < length || s[1] < low || s[1] > high) {
        return 0;
    }
    for (size_t i = 2; i < length; i++) {
        if (s[i] < 0x80 || s[i] > 0xBF) {
            return 0;
        }
    }
    return length;
}

bool utf8_valid(const char *text, size_t length)
{
    for (size_t i = 0; i < length;) {
        size_t step = utf8_sequence(text + i, length - i);
        if (step == 0) {
            return false;
        }
        i += step;
    }
    return true;
}

size_t utf8_space(const char *text, size_t left)
{
    /* Those beyond ASCII: U+0085, U+00A0, U+1680, U+2000 to U+200A, U+2028, U+2029, U+202F, U+205F,
     * U+3000. */
    static const char *const wide[] = {
        "\xC2\x85",     "\xC2\xA0",     "\xE1\x9A\x80", "\xE2\x80\x80", "\xE2\x80\x81",
        "\xE2\x80\x82", "\xE2\x80\x83", "\xE2\x80\x84", "\xE2\x80\x85", "\xE2\x80\x86",
        "\xE2\x80\x87", "\xE2\x80\x88", "\xE2\x80\x89", "\xE2\x80\x8A", "\xE2\x80\xA8",
        "\xE2\x80\xA9", "\xE2\x80\xAF", "\xE2\x81\x9F", "\xE3\x80\x80"};
    if (left > 0 && (*text == ' ' || (*text >= '\t' && *text <= '\r'))) {
        return 1;
    }
    for (size_t i = 0; i < sizeof(wide) / sizeof(*wide); i++) {
        size_t length = strlen(wide[i]);
        if (length <= left && memcmp(text, wide[i], length) == 0) {
            return length;
        }
    }
    return 0;
}

static bool begins_character(char byte)
{
    return ((unsigned char)byte & 0xC0) != 0x80;
}

size_t utf8_cut(const char *text, size_t length, size_t most)
{
    if (length <= most) {
        return length;
    }
    while (most > 0 && !begins_character(text[most])) {
        most--;
    }
    return most;
}

size_t utf8_length(const char *text, size_t length)
{
    size_t count = 0;
    for (size_t i = 0; i < length; i++) {
        count += begins_character(text[i]);
    }
    return count;
}

size_t utf8_first(const char *text, size_t length, size_t most)
{
    size_t count = 0;
    for (size_t i = 0; i < length; i++) {
        if (begins_character(text[i]) && count++ == most) {
            return i;
        }
    }
    return length;
}
