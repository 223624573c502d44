/*
 * Amounts of money, against another way to read them: sign, significant digits and a power of ten
 * say by themselves what must come out. The first two bytes choose the currency's decimals.
 */
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "money.h"

enum { SHOWN = 24 };

/* A number as +-digits * 10^power; digits without zeros at either end, "" for zero. */
struct number {
    bool negative;
    const char *digits;
    size_t count;
    long power;
};

/* Up to four digits with a sign or without. */
static bool read_power(const char *text, size_t length, long *power)
{
    char exponent[8] = "";
    if (length == 0 || length > 5) {
        return false;
    }
    memcpy(exponent, text, length);
    size_t sign = exponent[0] == '-' || exponent[0] == '+';
    *power = strtol(exponent, NULL, 10);
    return length > sign && length - sign <= 4 &&
           strspn(exponent + sign, "0123456789") == length - sign;
}

/* Copies the digits of a JSON number to room; false when it is none, or its exponent is long. */
static bool read_number(const char *text, size_t length, char *room, struct number *number)
{
    size_t at = 0;
    size_t whole = 0;
    size_t fraction = 0;
    char *end = room;
    *number = (struct number){.negative = length > 0 && text[0] == '-'};
    at += number->negative;
    for (; at < length && text[at] >= '0' && text[at] <= '9'; at++, whole++) {
        *end++ = text[at];
    }
    if (whole == 0 || (whole > 1 && room[0] == '0')) {
        return false;
    }
    if (at < length && text[at] == '.') {
        for (at++; at < length && text[at] >= '0' && text[at] <= '9'; at++, fraction++) {
            *end++ = text[at];
        }
        if (fraction == 0) {
            return false;
        }
    }
    if (at < length && (text[at] == 'e' || text[at] == 'E')) {
        if (!read_power(text + at + 1, length - at - 1, &number->power)) {
            return false;
        }
        at = length;
    }
    number->power -= (long)fraction;
    while (room < end && *room == '0') {
        room++;
    }
    while (room < end && end[-1] == '0') {
        end--;
        number->power++;
    }
    number->digits = room;
    number->count = (size_t)(end - room);
    return at == length;
}

static enum money_fault expect(const struct number *number, int exponent, int64_t *minor)
{
    static const char most[] = "9223372036854775807";
    char digits[SHOWN] = "";
    long shift = number->power + exponent;
    *minor = 0;
    if (number->count == 0) {
        return MONEY_FINE;
    }
    if (shift < 0) {
        return MONEY_TOO_MANY_DECIMALS;
    }
    if ((long)number->count + shift > (long)sizeof(most) - 1) {
        return MONEY_TOO_LARGE;
    }
    memcpy(digits, number->digits, number->count);
    memset(digits + number->count, '0', (size_t)shift);
    if (strlen(digits) == sizeof(most) - 1 && strcmp(digits, most) > 0) {
        return MONEY_TOO_LARGE;
    }
    *minor = strtoll(digits, NULL, 10) * (number->negative ? -1 : 1);
    return MONEY_FINE;
}

static void check_currency(const char *code, size_t length)
{
    int exponent = money_exponent(code, length);
    MUST(exponent >= -1 && exponent <= 4);
    for (size_t i = 0; i < length && exponent >= 0; i++) {
        MUST(length == MONEY_CODE_LENGTH && code[i] >= 'A' && code[i] <= 'Z');
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input input = {data, size};
    struct number number;
    int exponent = (int)(fuzz_byte(&input) % 5);
    size_t length = input.left;
    char *text = fuzz_bytes(&input, length);
    char *room = malloc(length + 1);
    int64_t minor = 42;
    int64_t expected;
    MUST(room != NULL);
    check_currency(text, length);
    enum money_fault fault = money_read(text, length, exponent, &minor);
    if (read_number(text, length, room, &number)) {
        MUST(fault == expect(&number, exponent, &expected));
        MUST(minor == (fault == MONEY_FINE ? expected : 42));
    } else {
        MUST(fault == MONEY_NOT_A_NUMBER && minor == 42);
    }
    free(room);
    free(text);
    return 0;
}
