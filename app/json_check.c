/* Checks JSON strictly in one pass, without building anything. */
#include "json_check.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "utf8.h"

/* A member's name: where it stands between its quotes, and a hash of what it means. */
struct name {
    const char *text;
    size_t length;
    uint64_t hash;
};

struct level {
    bool is_object;
    bool has_name;     /* of an object: its last name is that of the member at hand */
    size_t first_name; /* of an object: where its names begin */
    size_t index;      /* of an array: the element at hand */
};

enum { SHOWN_NAME = 60 }; /* bytes of a name that an error repeats */

struct checker {
    const char *start;
    const char *at;
    const char *end;
    struct level levels[JSON_CHECK_DEPTH];
    size_t depth;
    struct name *names; /* of the objects that are open, outer ones first */
    size_t name_count;
    size_t name_room;
    struct json_fault *fault;
};

static int shown_length(const struct name *name)
{
    return (int)utf8_cut(name->text, name->length, SHOWN_NAME);
}

/* The path to where the check stands, cut where it does not fit. */
static void write_path(const struct checker *checker, char *out, size_t size)
{
    size_t used = 0;
    out[0] = '\0';
    for (size_t i = 0; i < checker->depth && used < size; i++) {
        const struct level *level = &checker->levels[i];
        size_t names_end = checker->name_count;
        for (size_t j = i + 1; j < checker->depth; j++) {
            if (checker->levels[j].is_object) {
                names_end = checker->levels[j].first_name;
                break;
            }
        }
        int written = 0;
        if (!level->is_object) {
            written = snprintf(out + used, size - used, "[%zu]", level->index);
        } else if (level->has_name) {
            const struct name *name = &checker->names[names_end - 1];
            written = snprintf(out + used, size - used, "%s%.*s", used > 0 ? "." : "",
                               shown_length(name), name->text);
        }
        used += written > 0 ? (size_t)written : 0;
    }
    if (used >= size) {
        /* What snprintf() has cut may end within a character: the last that begins goes as well. */
        size_t length = strlen(out);
        out[utf8_cut(out, length, length - 1)] = '\0';
    }
}

static bool fail_at(struct checker *checker, const char *place, enum json_fault_kind kind,
                    const char *format, ...) __attribute__((format(printf, 4, 5)));

static bool fail_at(struct checker *checker, const char *place, enum json_fault_kind kind,
                    const char *format, ...)
{
    struct json_fault *fault = checker->fault;
    va_list values;
    fault->kind = kind;
    fault->line = 1;
    fault->column = 1;
    for (const char *c = checker->start; c < place; c++) {
        fault->column = *c == '\n' ? 1 : fault->column + 1;
        fault->line += *c == '\n';
    }
    write_path(checker, fault->path, sizeof(fault->path));
    va_start(values, format);
    vsnprintf(fault->reason, sizeof(fault->reason), format, values);
    va_end(values);
    return false;
}

#define FAIL(checker, ...) fail_at(checker, (checker)->at, JSON_MALFORMED, __VA_ARGS__)

static void skip_space(struct checker *checker)
{
    while (checker->at < checker->end && (*checker->at == ' ' || *checker->at == '\t' ||
                                          *checker->at == '\n' || *checker->at == '\r')) {
        checker->at++;
    }
}

static bool take(struct checker *checker, char c)
{
    if (checker->at < checker->end && *checker->at == c) {
        checker->at++;
        return true;
    }
    return false;
}

static int hex_value(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    if (c >= 'a' && c <= 'f') {
        return c - 'a' + 10;
    }
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* The four digits after \u, or -1. */
static int32_t hex4(const char *at, const char *end)
{
    int32_t value = 0;
    if (end - at < 4) {
        return -1;
    }
    for (int i = 0; i < 4; i++) {
        int digit = hex_value(at[i]);
        if (digit < 0) {
            return -1;
        }
        value = value << 4 | digit;
    }
    return value;
}

static bool is_high_surrogate(int32_t unit)
{
    return unit >= 0xD800 && unit <= 0xDBFF;
}

static bool is_low_surrogate(int32_t unit)
{
    return unit >= 0xDC00 && unit <= 0xDFFF;
}

/* At the character after a backslash; leaves checker->at behind the escape. */
static bool check_escape(struct checker *checker)
{
    if (checker->at == checker->end) {
        return FAIL(checker, "the document ends in the middle of a string");
    }
    char c = *checker->at;
    if (c != 'u') {
        if (strchr("\"\\/bfnrt", c) == NULL || c == '\0') {
            return FAIL(checker, "a backslash is followed by something that JSON does not know");
        }
        checker->at++;
        return true;
    }
    int32_t unit = hex4(checker->at + 1, checker->end);
    if (unit < 0) {
        return FAIL(checker, "\\u is not followed by four hexadecimal digits");
    }
    if (unit == 0) {
        return FAIL(checker, "\\u0000 is not taken: text cannot hold NUL");
    }
    if (is_low_surrogate(unit)) {
        return FAIL(checker, "the second half of a surrogate pair stands alone");
    }
    checker->at += 5;
    if (!is_high_surrogate(unit)) {
        return true;
    }
    if (checker->end - checker->at < 6 || checker->at[0] != '\\' || checker->at[1] != 'u' ||
        !is_low_surrogate(hex4(checker->at + 2, checker->end))) {
        return FAIL(checker, "the first half of a surrogate pair stands alone");
    }
    checker->at += 6;
    return true;
}

/* At the opening quote; leaves checker->at behind the closing one. */
static bool check_string(struct checker *checker)
{
    checker->at++;
    while (checker->at < checker->end) {
        unsigned char c = (unsigned char)*checker->at;
        if (c == '"') {
            checker->at++;
            return true;
        }
        if (c == '\\') {
            checker->at++;
            if (!check_escape(checker)) {
                return false;
            }
        } else if (c < 0x20) {
            return FAIL(checker, "a string holds a control character that is not escaped");
        } else if (c < 0x80) {
            checker->at++;
        } else {
            size_t step = utf8_sequence(checker->at, (size_t)(checker->end - checker->at));
            if (step == 0) {
                return FAIL(checker, "a string holds bytes that are not UTF-8");
            }
            checker->at += step;
        }
    }
    return FAIL(checker, "the document ends in the middle of a string");
}

static size_t take_digits(struct checker *checker)
{
    const char *first = checker->at;
    while (checker->at < checker->end && *checker->at >= '0' && *checker->at <= '9') {
        checker->at++;
    }
    return (size_t)(checker->at - first);
}

/* An integer of 19 digits is compared with the bound of its sign, digit by digit. */
static bool fits_int64(const char *digits, size_t count, bool negative)
{
    const char *most = negative ? "9223372036854775808" : "9223372036854775807";
    return count < 19 || (count == 19 && memcmp(digits, most, 19) <= 0);
}

static bool check_exponent(struct checker *checker, const char *number)
{
    checker->at++;
    if (!take(checker, '+')) {
        take(checker, '-');
    }
    const char *digits = checker->at;
    size_t count = take_digits(checker);
    if (count == 0) {
        return FAIL(checker, "a number has no digits in its exponent");
    }
    while (count > 1 && *digits == '0') {
        digits++;
        count--;
    }
    int exponent = 0;
    for (size_t i = 0; i < count && i < 4; i++) {
        exponent = exponent * 10 + (digits[i] - '0');
    }
    return (count <= 3 && exponent <= JSON_CHECK_DIGITS) ||
           fail_at(checker, number, JSON_UNFIT, "the number's exponent is beyond %d",
                   JSON_CHECK_DIGITS);
}

static bool check_number(struct checker *checker)
{
    const char *number = checker->at;
    bool negative = take(checker, '-');
    const char *digits = checker->at;
    size_t count = take_digits(checker);
    bool whole = true;
    if (count == 0) {
        return FAIL(checker, "a number has no digits");
    }
    if (count > 1 && *digits == '0') {
        checker->at = digits;
        return FAIL(checker, "a number begins with a zero that means nothing");
    }
    if (take(checker, '.')) {
        whole = false;
        if (take_digits(checker) == 0) {
            return FAIL(checker, "a number has no digits after its point");
        }
    }
    if (checker->at < checker->end && (*checker->at == 'e' || *checker->at == 'E')) {
        whole = false;
        if (!check_exponent(checker, number)) {
            return false;
        }
    }
    if (checker->at - number > JSON_CHECK_DIGITS) {
        return fail_at(checker, number, JSON_UNFIT, "the number is longer than %d characters",
                       JSON_CHECK_DIGITS);
    }
    return !whole || fits_int64(digits, count, negative) ||
           fail_at(checker, number, JSON_UNFIT,
                   "the integer is beyond what 64 bits hold (-9223372036854775808 to "
                   "9223372036854775807)");
}

/* Steps over one character of a name, decoded: a byte, or the code point of an escape. */
static int32_t name_step(const char **at)
{
    if (**at != '\\') {
        return (unsigned char)*(*at)++;
    }
    char c = (*at)[1];
    if (c == 'u') {
        int32_t unit = hex4(*at + 2, *at + 6);
        *at += 6;
        return unit;
    }
    *at += 2;
    switch (c) {
    case 'b':
        return '\b';
    case 'f':
        return '\f';
    case 'n':
        return '\n';
    case 'r':
        return '\r';
    case 't':
        return '\t';
    default:
        return (unsigned char)c;
    }
}

/*
 * The next byte of a name in UTF-8, whatever way it is written. pending holds what an escape still
 * has to give; -1 at the end.
 */
struct name_reader {
    const char *at;
    const char *end;
    unsigned char pending[4];
    size_t pending_count;
};

static int name_byte(struct name_reader *reader)
{
    if (reader->pending_count > 0) {
        return reader->pending[--reader->pending_count];
    }
    if (reader->at == reader->end) {
        return -1;
    }
    bool escaped = *reader->at == '\\';
    int32_t code = name_step(&reader->at);
    if (!escaped || code < 0x80) {
        return (int)code;
    }
    if (is_high_surrogate(code)) {
        int32_t low = name_step(&reader->at);
        code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
    }
    /* Last byte first, as pending is a stack. */
    while (code >= (reader->pending_count == 0 ? 0x40 : 0x40 >> reader->pending_count)) {
        reader->pending[reader->pending_count++] = (unsigned char)(0x80 | (code & 0x3F));
        code >>= 6;
    }
    static const unsigned char lead[] = {0, 0xC0, 0xE0, 0xF0};
    return (int)(lead[reader->pending_count] | code);
}

static uint64_t name_hash(const char *text, size_t length)
{
    struct name_reader reader = {.at = text, .end = text + length};
    uint64_t hash = 0xcbf29ce484222325U;
    int byte;
    while ((byte = name_byte(&reader)) >= 0) {
        hash = (hash ^ (uint64_t)byte) * 0x100000001b3U;
    }
    return hash;
}

/* As memcmp(), of what the names mean. */
static int name_compare(const struct name *one, const struct name *other)
{
    struct name_reader left = {.at = one->text, .end = one->text + one->length};
    struct name_reader right = {.at = other->text, .end = other->text + other->length};
    int difference;
    int byte;
    do {
        byte = name_byte(&left);
        difference = byte - name_byte(&right);
    } while (difference == 0 && byte >= 0);
    return difference;
}

static bool remember_name(struct checker *checker, const char *text, size_t length)
{
    struct level *level = &checker->levels[checker->depth - 1];
    if (checker->name_count - level->first_name == JSON_CHECK_MEMBERS) {
        return fail_at(checker, text, JSON_UNFIT, "an object has more than %d members",
                       JSON_CHECK_MEMBERS);
    }
    if (checker->name_count == checker->name_room) {
        size_t room = checker->name_room == 0 ? 64 : checker->name_room * 2;
        struct name *names = realloc(checker->names, room * sizeof(*names));
        if (names == NULL) {
            return fail_at(checker, text, JSON_NO_MEMORY, "memory is out");
        }
        checker->names = names;
        checker->name_room = room;
    }
    checker->names[checker->name_count++] =
        (struct name){.text = text, .length = length, .hash = name_hash(text, length)};
    level->has_name = true;
    return true;
}

static int compare_names(const void *one, const void *other)
{
    const struct name *left = one;
    const struct name *right = other;
    if (left->hash != right->hash) {
        return left->hash < right->hash ? -1 : 1;
    }
    /* Whoever writes the names can make unequal ones collide: the hash alone does not decide. */
    int difference = name_compare(left, right);
    if (difference != 0) {
        return difference;
    }
    return left->text < right->text ? -1 : left->text > right->text;
}

/* At the end of an object: once they are sorted, equal names are neighbours. */
static bool check_names_differ(struct checker *checker)
{
    size_t first = checker->levels[checker->depth - 1].first_name;
    size_t count = checker->name_count - first;
    if (count < 2) {
        return true; /* there may be no array of names yet, and no place in it to point to */
    }
    struct name *names = checker->names + first;
    qsort(names, count, sizeof(*names), compare_names);
    for (size_t i = 1; i < count; i++) {
        if (names[i].hash == names[i - 1].hash && name_compare(&names[i], &names[i - 1]) == 0) {
            struct name again = names[i];
            names[count - 1] = again; /* the path then ends with the name at fault */
            return fail_at(checker, again.text, JSON_MALFORMED,
                           "the member \"%.*s\" is there twice", shown_length(&again), again.text);
        }
    }
    return true;
}

static bool fail_value(struct checker *checker)
{
    return FAIL(checker, "a value is neither a string, a number, an object, an array, true, false "
                         "nor null");
}

static bool check_literal(struct checker *checker, const char *word)
{
    size_t length = strlen(word);
    if ((size_t)(checker->end - checker->at) < length || memcmp(checker->at, word, length) != 0) {
        return fail_value(checker);
    }
    checker->at += length;
    return true;
}

/* A value that is no array and no object. */
static bool check_scalar(struct checker *checker)
{
    switch (*checker->at) {
    case '"':
        return check_string(checker);
    case 't':
        return check_literal(checker, "true");
    case 'f':
        return check_literal(checker, "false");
    case 'n':
        return check_literal(checker, "null");
    case '-':
    case '0':
    case '1':
    case '2':
    case '3':
    case '4':
    case '5':
    case '6':
    case '7':
    case '8':
    case '9':
        return check_number(checker);
    default:
        return fail_value(checker);
    }
}

static bool open_level(struct checker *checker)
{
    if (checker->depth == JSON_CHECK_DEPTH) {
        return FAIL(checker, "the document is deeper than %d levels", JSON_CHECK_DEPTH);
    }
    checker->levels[checker->depth++] =
        (struct level){.is_object = *checker->at == '{', .first_name = checker->name_count};
    checker->at++;
    return true;
}

static bool close_level(struct checker *checker)
{
    struct level *level = &checker->levels[checker->depth - 1];
    if (level->is_object) {
        if (!check_names_differ(checker)) {
            return false;
        }
        checker->name_count = level->first_name;
    }
    checker->depth--;
    return true;
}

/* At a member's name; leaves checker->at before its value. */
static bool check_member_name(struct checker *checker)
{
    skip_space(checker);
    if (checker->at == checker->end || *checker->at != '"') {
        return FAIL(checker, "an object's member does not begin with a name in double quotes");
    }
    const char *text = checker->at + 1;
    if (!check_string(checker) || !remember_name(checker, text, (size_t)(checker->at - text) - 1)) {
        return false;
    }
    skip_space(checker);
    return take(checker, ':') || FAIL(checker, "a member's name is not followed by a colon");
}

/* Behind a value: closes what it ends, until another value has to come or the document is over. */
static bool check_after_value(struct checker *checker)
{
    while (checker->depth > 0) {
        struct level *level = &checker->levels[checker->depth - 1];
        skip_space(checker);
        if (take(checker, ',')) {
            level->index++;
            level->has_name = false;
            return !level->is_object || check_member_name(checker);
        }
        if (!take(checker, level->is_object ? '}' : ']')) {
            return FAIL(checker, level->is_object
                                     ? "an object's member is followed by neither , nor }"
                                     : "an array's element is followed by neither , nor ]");
        }
        if (!close_level(checker)) {
            return false;
        }
    }
    return true;
}

static bool check_value(struct checker *checker)
{
    skip_space(checker);
    if (checker->at == checker->end) {
        return FAIL(checker, "the document ends where a value should be");
    }
    if (*checker->at != '{' && *checker->at != '[') {
        return check_scalar(checker) && check_after_value(checker);
    }
    bool is_object = *checker->at == '{';
    if (!open_level(checker)) {
        return false;
    }
    skip_space(checker);
    if (take(checker, is_object ? '}' : ']')) {
        return close_level(checker) && check_after_value(checker);
    }
    return !is_object || check_member_name(checker);
}

bool json_check(const char *text, size_t size, struct json_fault *fault)
{
    struct checker checker = {.start = text, .at = text, .end = text + size, .fault = fault};
    bool ok;
    do {
        ok = check_value(&checker);
    } while (ok && checker.depth > 0);
    if (ok) {
        skip_space(&checker);
        ok = checker.at == checker.end || FAIL(&checker, "something follows the document");
    }
    free(checker.names);
    return ok;
}
