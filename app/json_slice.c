/* Walks over checked JSON, value by value. */
#include "json_slice.h"

#include <stdint.h>
#include <string.h>

static const char *skip_space(const char *at)
{
    while (*at == ' ' || *at == '\t' || *at == '\n' || *at == '\r') {
        at++;
    }
    return at;
}

/* Behind the string that begins at the quote. */
static const char *skip_string(const char *at)
{
    for (at++; *at != '"'; at++) {
        at += *at == '\\';
    }
    return at + 1;
}

/* Behind the array or object that begins here: brackets in strings do not count. */
static const char *skip_container(const char *at)
{
    size_t depth = 0;
    do {
        if (*at == '"') {
            at = skip_string(at);
            continue;
        }
        if (*at == '{' || *at == '[') {
            depth++;
        } else if (*at == '}' || *at == ']') {
            depth--;
        }
        at++;
    } while (depth > 0);
    return at;
}

static struct json_slice slice_at(const char *at)
{
    const char *text = skip_space(at);
    switch (*text) {
    case '{':
    case '[':
        return (struct json_slice){text, (size_t)(skip_container(text) - text), *text};
    case '"':
        return (struct json_slice){text, (size_t)(skip_string(text) - text), '"'};
    case 't':
        return (struct json_slice){text, 4, 't'};
    case 'f':
        return (struct json_slice){text, 5, 't'};
    case 'n':
        return (struct json_slice){text, 4, 'n'};
    default:
        return (struct json_slice){text, strspn(text, "+-.0123456789eE"), '0'};
    }
}

struct json_slice json_slice_document(const char *text)
{
    return slice_at(text);
}

struct json_walk json_walk_begin(struct json_slice container)
{
    return (struct json_walk){container.text + 1};
}

/* Behind the comma, or at what ends the container. */
static const char *skip_comma(const char *at)
{
    at = skip_space(at);
    return *at == ',' ? skip_space(at + 1) : at;
}

bool json_walk_element(struct json_walk *walk, struct json_slice *element)
{
    walk->at = skip_space(walk->at);
    if (*walk->at == ']') {
        return false;
    }
    *element = slice_at(walk->at);
    walk->at = skip_comma(element->text + element->length);
    return true;
}

bool json_walk_member(struct json_walk *walk, struct json_slice *name, struct json_slice *value)
{
    walk->at = skip_space(walk->at);
    if (*walk->at == '}') {
        return false;
    }
    *name = slice_at(walk->at);
    *value = slice_at(skip_space(name->text + name->length) + 1); /* behind the colon */
    walk->at = skip_comma(value->text + value->length);
    return true;
}

static uint32_t hex4(const char *at)
{
    uint32_t value = 0;
    for (int i = 0; i < 4; i++) {
        char c = at[i];
        uint32_t digit = (uint32_t)(c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);
        value = value << 4 | digit;
    }
    return value;
}

static size_t put_utf8(uint32_t code, char *out)
{
    if (code < 0x80) {
        out[0] = (char)code;
        return 1;
    }
    if (code < 0x800) {
        out[0] = (char)(0xC0 | code >> 6);
        out[1] = (char)(0x80 | (code & 0x3F));
        return 2;
    }
    if (code < 0x10000) {
        out[0] = (char)(0xE0 | code >> 12);
        out[1] = (char)(0x80 | (code >> 6 & 0x3F));
        out[2] = (char)(0x80 | (code & 0x3F));
        return 3;
    }
    out[0] = (char)(0xF0 | code >> 18);
    out[1] = (char)(0x80 | (code >> 12 & 0x3F));
    out[2] = (char)(0x80 | (code >> 6 & 0x3F));
    out[3] = (char)(0x80 | (code & 0x3F));
    return 4;
}

/* Decodes the escape behind a backslash; *at moves behind it. */
static size_t put_escape(const char **at, char *out)
{
    static const char plain[] = "\"\\/bfnrt";
    static const char meant[] = "\"\\/\b\f\n\r\t";
    char c = *(*at)++;
    if (c != 'u') {
        out[0] = meant[strchr(plain, c) - plain];
        return 1;
    }
    uint32_t code = hex4(*at);
    *at += 4;
    if (code >= 0xD800 && code <= 0xDBFF) {
        code = 0x10000 + ((code - 0xD800) << 10) + (hex4(*at + 2) - 0xDC00);
        *at += 6;
    }
    return put_utf8(code, out);
}

bool json_slice_text(struct arena *arena, struct json_slice string, const char **text,
                     size_t *length)
{
    const char *at = string.text + 1;
    const char *end = string.text + string.length - 1;
    if (memchr(at, '\\', (size_t)(end - at)) == NULL) {
        *text = at;
        *length = (size_t)(end - at);
        return true;
    }
    /* No escape is shorter than what it means. */
    char *decoded = arena_alloc(arena, (size_t)(end - at));
    if (decoded == NULL) {
        return false;
    }
    size_t used = 0;
    while (at < end) {
        if (*at == '\\') {
            at++;
            used += put_escape(&at, decoded + used);
        } else {
            decoded[used++] = *at++;
        }
    }
    *text = decoded;
    *length = used;
    return true;
}

bool json_slice_is(struct arena *arena, struct json_slice string, const char *word)
{
    const char *text;
    size_t length;
    return json_slice_text(arena, string, &text, &length) && length == strlen(word) &&
           memcmp(text, word, length) == 0;
}
