/*
 * JSON in: what json_check() takes, json-c must read, and json_slice must walk, to the same tree;
 * what it refuses and json-c takes must be one of the differences that are meant.
 */
#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "json_check.h"
#include "json_slice.h"
#include "utf8.h"

static struct arena arena;

/* --- What is accepted ------------------------------------------------------------------------ */

static void compare(struct json_slice slice, struct json_object *value, int depth);

/*
 * json-c 0.16 takes the characters whose last 16 bits are those of a surrogate, such as U+1DA03,
 * for a lone one when they are written as escapes, and makes U+FFFD of them.
 */
static bool is_misread(struct json_slice string, const char *text, size_t length)
{
    if (memchr(string.text, '\\', string.length) == NULL) {
        return false;
    }
    for (size_t i = 0; i + 4 <= length; i++) {
        const unsigned char *bytes = (const unsigned char *)text + i;
        if (bytes[0] >= 0xF0 && (bytes[1] & 0x0F) == 0x0D && (bytes[2] & 0x20) != 0) {
            return true;
        }
    }
    return false;
}

static void compare_number(struct json_slice slice, struct json_object *value)
{
    char *text = arena_copy(&arena, slice.text, slice.length);
    MUST(text != NULL);
    if (json_object_is_type(value, json_type_int)) {
        char *end;
        MUST(strtoll(text, &end, 10) == json_object_get_int64(value));
        MUST(*end == '\0');
    } else {
        /* Decimals are read from the text that json-c keeps beside its double. */
        MUST(json_object_is_type(value, json_type_double));
        MUST(strcmp(json_object_get_string(value), text) == 0);
    }
}

static void compare_string(struct json_slice slice, struct json_object *value)
{
    const char *text;
    size_t length;
    MUST(json_object_is_type(value, json_type_string));
    MUST(json_slice_text(&arena, slice, &text, &length));
    MUST(utf8_valid(text, length));
    MUST(is_misread(slice, text, length) ||
         ((size_t)json_object_get_string_len(value) == length &&
          memcmp(json_object_get_string(value), text, length) == 0));
}

static void compare_array(struct json_slice slice, struct json_object *value, int depth)
{
    struct json_walk walk = json_walk_begin(slice);
    struct json_slice element;
    size_t count = 0;
    MUST(json_object_is_type(value, json_type_array));
    while (json_walk_element(&walk, &element)) {
        MUST(count < json_object_array_length(value));
        compare(element, json_object_array_get_idx(value, count++), depth);
    }
    MUST(count == json_object_array_length(value));
}

/* As many members as the walk meets: none was there twice. */
static void compare_object(struct json_slice slice, struct json_object *value, int depth)
{
    struct json_walk walk = json_walk_begin(slice);
    struct json_slice name;
    struct json_slice member;
    int count = 0;
    bool misread = false;
    MUST(json_object_is_type(value, json_type_object));
    while (json_walk_member(&walk, &name, &member)) {
        const char *text;
        size_t length;
        struct json_object *found;
        MUST(json_slice_text(&arena, name, &text, &length));
        MUST(memchr(text, '\0', length) == NULL);
        const char *key = arena_copy(&arena, text, length);
        MUST(key != NULL && json_slice_is(&arena, name, key));
        count++;
        if (is_misread(name, text, length)) {
            misread = true;
            continue;
        }
        MUST(json_object_object_get_ex(value, key, &found));
        compare(member, found, depth);
    }
    MUST(misread || count == json_object_object_length(value));
}

static void compare(struct json_slice slice, struct json_object *value, int depth)
{
    switch (slice.kind) {
    case '{':
        MUST(depth < JSON_CHECK_DEPTH);
        compare_object(slice, value, depth + 1);
        break;
    case '[':
        MUST(depth < JSON_CHECK_DEPTH);
        compare_array(slice, value, depth + 1);
        break;
    case '"':
        compare_string(slice, value);
        break;
    case '0':
        compare_number(slice, value);
        break;
    case 't':
        MUST(json_object_is_type(value, json_type_boolean));
        MUST((json_object_get_boolean(value) != 0) == (slice.text[0] == 't'));
        break;
    default:
        MUST(slice.kind == 'n' && value == NULL);
        break;
    }
}

/* --- What is refused ------------------------------------------------------------------------- */

static void check_place(const char *text, size_t size, const struct json_fault *fault)
{
    size_t lines = 1;
    const char *line = text;
    for (const char *c = text; c < text + size && lines < fault->line; c++) {
        if (*c == '\n') {
            lines++;
            line = c + 1;
        }
    }
    MUST(fault->line >= 1 && fault->line == lines);
    MUST(fault->column >= 1 && fault->column <= (size_t)(text + size - line) + 1);
    MUST(memchr(line, '\n', fault->column - 1) == NULL);
    MUST(strnlen(fault->path, sizeof(fault->path)) < sizeof(fault->path));
    MUST(strnlen(fault->reason, sizeof(fault->reason)) < sizeof(fault->reason));
    MUST(utf8_valid(fault->path, strlen(fault->path)));
    MUST(fault->reason[0] != '\0' && utf8_valid(fault->reason, strlen(fault->reason)));
}

/* What json-c takes, even when it is strict, and we do not. */
static bool is_meant(const struct json_fault *fault)
{
    static const char *const reasons[] = {
        "is there twice",
        "a string holds a control character",
        "cannot hold NUL",
        "surrogate pair stands alone",
        "bytes that are not UTF-8",
        "a number has no digits after its point",
        "a number has no digits in its exponent",
        "a number has no digits", /* -Infinity */
        "begins with a zero",     /* -00.0 */
        "a value is neither",     /* NaN, True */
        "deeper than",
    };
    for (size_t i = 0; i < sizeof(reasons) / sizeof(*reasons); i++) {
        if (strstr(fault->reason, reasons[i]) != NULL) {
            return true;
        }
    }
    return fault->kind == JSON_UNFIT;
}

/* --------------------------------------------------------------------------------------------- */

/* Reads it as the API does, with the NUL behind the text. */
static enum json_tokener_error read_tree(const char *text, size_t size, int flags,
                                         struct json_object **tree)
{
    struct json_tokener *tokener = json_tokener_new_ex(JSON_CHECK_DEPTH + 1);
    MUST(tokener != NULL);
    json_tokener_set_flags(tokener, flags);
    *tree = json_tokener_parse_ex(tokener, text, (int)size + 1);
    enum json_tokener_error error = json_tokener_get_error(tokener);
    json_tokener_free(tokener);
    return error;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input whole = {data, size};
    struct json_fault fault;
    struct json_object *tree = NULL;
    char *exact = fuzz_bytes(&whole, size);
    bool good = json_check(exact, size, &fault);
    free(exact);

    MUST(arena_init(&arena, 4096, (size_t)1 << 24));
    char *text = arena_copy(&arena, (const char *)data, size);
    MUST(text != NULL);
    if (good) {
        MUST(read_tree(text, size, 0, &tree) == json_tokener_success);
        compare(json_slice_document(text), tree, 0);
        MUST(!json_check(text, size + 1, &fault)); /* the NUL is none of it */
    } else {
        MUST(fault.kind != JSON_NO_MEMORY);
        check_place(text, size, &fault);
        bool taken = memchr(text, '\0', size) == NULL &&
                     read_tree(text, size, JSON_TOKENER_STRICT, &tree) == json_tokener_success;
        MUST(!taken || is_meant(&fault));
    }
    json_object_put(tree);
    arena_free(&arena);
    return 0;
}
