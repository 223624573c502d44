/*
 * JSON in: what json_check() takes, json-c must read to the tree that json_tree makes of it; what
 * it refuses and json-c takes must be one of the differences that are meant.
 */
#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "json_check.h"
#include "json_tree.h"
#include "utf8.h"

/* --- What is accepted ------------------------------------------------------------------------ */

/*
 * json-c 0.16 takes the characters whose last 16 bits are those of a surrogate, such as U+1DA03,
 * for a lone one when they are written as escapes, and makes U+FFFD of them.
 */
static bool is_misread(const char *text, const char *plain)
{
    if (strchr(text, '\\') == NULL) {
        return false;
    }
    for (const char *at = plain; *at != '\0'; at++) {
        const unsigned char *bytes = (const unsigned char *)at;
        if (bytes[0] >= 0xF0 && (bytes[1] & 0x0F) == 0x0D && (bytes[2] & 0x20) != 0) {
            return true;
        }
    }
    return false;
}

/* Names, values, their order and number: as text. Doubles print as the text that they were. */
static void compare(const char *text, struct json_object *theirs)
{
    enum { FLAGS = JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE };
    struct arena arena;
    struct json_object *ours = NULL;
    struct json_fault fault;
    size_t size = 0;
    MUST(arena_init(&arena, 4096, (size_t)1 << 24));
    MUST(json_tree_read(&arena, text, &ours));
    const char *plain = json_object_to_json_string_length(ours, FLAGS, &size);
    MUST(is_misread(text, plain) ||
         strcmp(plain, json_object_to_json_string_ext(theirs, FLAGS)) == 0);
    MUST(json_check(plain, size, &fault)); /* what it means is JSON again */
    json_object_put(ours);
    arena_free(&arena);
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
        "name in double quotes",  /* {'a': 1} */
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

    char *text = malloc(size + 1);
    MUST(text != NULL);
    memcpy(text, data, size);
    text[size] = '\0';
    if (good) {
        MUST(read_tree(text, size, 0, &tree) == json_tokener_success);
        compare(text, tree);
        MUST(!json_check(text, size + 1, &fault)); /* the NUL is none of it */
    } else {
        MUST(fault.kind != JSON_NO_MEMORY);
        check_place(text, size, &fault);
        bool taken = memchr(text, '\0', size) == NULL &&
                     read_tree(text, size, JSON_TOKENER_STRICT, &tree) == json_tokener_success;
        MUST(!taken || is_meant(&fault));
    }
    json_object_put(tree);
    free(text);
    return 0;
}
