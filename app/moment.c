/* Reads RFC 3339 strictly: what PostgreSQL would guess at is refused. */
#include "moment.h"

#include <stdio.h>
#include <string.h>

/* Exactly count digits at *text, which moves on; -1 when there are none. */
static int read_number(const char **text, int count)
{
    int number = 0;
    for (int i = 0; i < count; i++) {
        char c = **text;
        if (c < '0' || c > '9') {
            return -1;
        }
        number = number * 10 + (c - '0');
        ++*text;
    }
    return number;
}

static bool skip(const char **text, const char *any_of)
{
    if (**text == '\0' || strchr(any_of, **text) == NULL) {
        return false;
    }
    ++*text;
    return true;
}

static int days_of(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return month == 2 && leap ? 29 : days[month - 1];
}

/* The fraction's first six digits; the rest is cut off, so that a moment never moves on. */
static bool read_fraction(const char **text, char digits[7])
{
    size_t count = 0;
    digits[0] = '\0';
    if (**text != '.') {
        return true;
    }
    ++*text;
    size_t length = strspn(*text, "0123456789");
    for (; count < length && count < 6; count++) {
        digits[count] = (*text)[count];
    }
    digits[count] = '\0';
    *text += length;
    return length > 0;
}

static bool read_offset(const char **text, char offset[8])
{
    if (skip(text, "Zz")) {
        snprintf(offset, 8, "Z");
        return true;
    }
    char sign = **text == '-' ? '-' : '+';
    if (!skip(text, "+- ")) {
        return false;
    }
    int hours = read_number(text, 2);
    if (hours < 0 || hours > 15 || !skip(text, ":")) { /* PostgreSQL's bound; nobody lives there */
        return false;
    }
    int minutes = read_number(text, 2);
    snprintf(offset, 8, "%c%02d:%02d", sign, hours, minutes & 0x3F);
    return minutes >= 0 && minutes <= 59;
}

bool moment_read(const char *text, char out[MOMENT_SIZE])
{
    char fraction[7];
    char offset[8];
    int year = read_number(&text, 4);
    if (year < 1 || !skip(&text, "-")) {
        return false;
    }
    int month = read_number(&text, 2);
    if (month < 1 || month > 12 || !skip(&text, "-")) {
        return false;
    }
    int day = read_number(&text, 2);
    if (day < 1 || day > days_of(year, month) || !skip(&text, "Tt")) {
        return false;
    }
    int hour = read_number(&text, 2);
    if (hour < 0 || hour > 23 || !skip(&text, ":")) {
        return false;
    }
    int minute = read_number(&text, 2);
    if (minute < 0 || minute > 59 || !skip(&text, ":")) {
        return false;
    }
    int second = read_number(&text, 2);
    if (second < 0 || second > 59 || !read_fraction(&text, fraction) ||
        !read_offset(&text, offset) || *text != '\0') {
        return false;
    }
    snprintf(out, MOMENT_SIZE, "%04d-%02d-%02dT%02d:%02d:%02d%s%s%s", year, month, day, hour,
             minute, second, fraction[0] == '\0' ? "" : ".", fraction, offset);
    return true;
}
