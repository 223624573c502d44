/* JSON out, through json-c: columns to members, money from integers, decimals digit by digit. */
#include "json.h"

#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>

enum {
    MOMENT_SIZE = 40,
    TEXT_FIRST = 4096,
    TEXT_MOST = 64 * 1024 * 1024,
};

/* The most that a value of this length takes as JSON, escapes and quotes and what is around it. */
#define VALUE_MOST(length) (6 * (length) + 16)

static void release(void *object)
{
    json_object_put(object);
}

struct json_object *json_own(struct arena *arena, struct json_object *object)
{
    return arena_own(arena, object, release);
}

struct json_object *json_new_object(struct arena *arena)
{
    return json_own(arena, json_object_new_object());
}

struct json_object *json_new_array(void)
{
    return json_object_new_array();
}

/*
 * PostgreSQL prints 2026-06-02 10:30:00+00, with a fraction only where it is not zero and without
 * its trailing zeros (the connection's time zone is UTC): that is RFC 3339 but for two places.
 * Returns the length, or 0: infinity, or a year of five digits, which no table of ours can hold.
 */
static size_t print_timestamp(const char *text, size_t length, char out[MOMENT_SIZE])
{
    if (length < 22 || length >= MOMENT_SIZE || strcmp(text + length - 3, "+00") != 0) {
        return 0;
    }
    memcpy(out, text, length);
    out[10] = 'T';
    out[length - 3] = 'Z';
    return length - 2;
}

static struct json_object *timestamp(const char *text, size_t length)
{
    char out[MOMENT_SIZE];
    size_t printed = print_timestamp(text, length, out);
    return printed == 0 ? NULL : json_object_new_string_len(out, (int)printed);
}

/* The database's own digits: a double is only json-c's vessel for them and is never printed. */
static struct json_object *decimal(const char *text)
{
    return json_object_new_double_s(0, text);
}

/* Writes jsonb's text without the spaces that it has between its tokens; returns the end. */
static char *print_compact(const char *text, char *out)
{
    bool in_string = false;
    for (; *text != '\0'; text++) {
        if (*text == ' ' && !in_string) {
            continue;
        }
        if (*text == '\\') {
            *out++ = *text++; /* what is escaped ends no string */
        } else if (*text == '"') {
            in_string = !in_string;
        }
        *out++ = *text;
    }
    return out;
}

/* An object that is printed as this text, which it frees in the end. */
static struct json_object *verbatim(char *text)
{
    struct json_object *object = json_object_new_object();
    if (object == NULL || text == NULL) {
        json_object_put(object);
        free(text);
        return NULL;
    }
    json_object_set_serializer(object, json_object_userdata_to_json_string, text,
                               json_object_free_userdata);
    return object;
}

/* The database's own JSON, as it stands: reading it would clamp what does not fit in 64 bits. */
static struct json_object *json(const char *text)
{
    char *copy = malloc(strlen(text) + 1);
    if (copy != NULL) {
        *print_compact(text, copy) = '\0';
    }
    return verbatim(copy);
}

static bool value_of(const struct db_result *result, int row, int column,
                     struct json_object **value)
{
    const char *text = db_text(result, row, column);
    *value = NULL;
    if (db_is_null(result, row, column)) {
        return true;
    }
    switch (db_column_kind(result, column)) {
    case DB_INTEGER:
        *value = json_object_new_int64(db_integer(result, row, column));
        break;
    case DB_BOOLEAN:
        *value = json_object_new_boolean(text[0] == 't');
        break;
    case DB_DECIMAL:
        *value = decimal(text);
        break;
    case DB_TIMESTAMP:
        *value = timestamp(text, db_length(result, row, column));
        break;
    case DB_JSON:
        *value = json(text);
        break;
    case DB_TEXT:
    default:
        *value = json_object_new_string_len(text, (int)db_length(result, row, column));
        break;
    }
    return *value != NULL;
}

/* Puts the value away where it cannot be added. */
static bool add_new(struct json_object *object, const char *member, struct json_object *value)
{
    if (json_object_object_add_ex(object, member, value, JSON_C_OBJECT_ADD_KEY_IS_NEW) != 0) {
        json_object_put(value);
        return false;
    }
    return true;
}

struct json_object *json_from_row(const struct db_result *result, int row)
{
    struct json_object *object = json_object_new_object();
    for (int column = 0; object != NULL && column < db_columns(result); column++) {
        const char *name = db_column_name(result, column);
        struct json_object *value;
        if (name[0] == '_') {
            continue;
        }
        if (!value_of(result, row, column, &value) || !add_new(object, name, value)) {
            json_object_put(object);
            return NULL;
        }
    }
    return object;
}

/* --- Rows as text ------------------------------------------------------------------------------
 */

/*
 * Rows are printed as they are read: a list has thousands of values, and a tree of them would cost
 * an allocation or two each, several times what it takes to fetch them.
 */
struct text {
    char *bytes;
    size_t used;
    size_t room;
};

/* Makes room for so many bytes more; false when memory, or the most that a text may have, is out.
 */
static bool reserve(struct text *text, size_t more)
{
    size_t room = text->room;
    while (room - text->used < more) {
        room *= 2;
    }
    if (room > text->room) {
        char *bytes = room > TEXT_MOST ? NULL : realloc(text->bytes, room);
        if (bytes == NULL) {
            return false;
        }
        text->bytes = bytes;
        text->room = room;
    }
    return true;
}

/* The functions from here on write what there is room for already. */

static void put(struct text *text, const char *bytes, size_t size)
{
    memcpy(text->bytes + text->used, bytes, size);
    text->used += size;
}

/* What stands after the backslash of a character that a string cannot have as it is; 'u': its code.
 */
static const char escapes[256] = {
    ['"'] = '"',  ['\\'] = '\\', ['\b'] = 'b', ['\t'] = 't', ['\n'] = 'n', ['\f'] = 'f',
    ['\r'] = 'r', [0x00] = 'u',  [0x01] = 'u', [0x02] = 'u', [0x03] = 'u', [0x04] = 'u',
    [0x05] = 'u', [0x06] = 'u',  [0x07] = 'u', [0x0B] = 'u', [0x0E] = 'u', [0x0F] = 'u',
    [0x10] = 'u', [0x11] = 'u',  [0x12] = 'u', [0x13] = 'u', [0x14] = 'u', [0x15] = 'u',
    [0x16] = 'u', [0x17] = 'u',  [0x18] = 'u', [0x19] = 'u', [0x1A] = 'u', [0x1B] = 'u',
    [0x1C] = 'u', [0x1D] = 'u',  [0x1E] = 'u', [0x1F] = 'u',
};

static void put_escaped(struct text *text, unsigned char c)
{
    static const char digits[] = "0123456789abcdef";
    const char escape[] = {'\\', escapes[c], '0', '0', digits[c >> 4], digits[c & 0xF]};
    put(text, escape, escapes[c] == 'u' ? sizeof(escape) : 2);
}

static void put_string(struct text *text, const char *value, size_t length)
{
    size_t begin = 0;
    put(text, "\"", 1);
    for (size_t i = 0; i < length; i++) {
        if (escapes[(unsigned char)value[i]] != '\0') {
            put(text, value + begin, i - begin);
            put_escaped(text, (unsigned char)value[i]);
            begin = i + 1;
        }
    }
    put(text, value + begin, length - begin);
    put(text, "\"", 1);
}

static bool put_timestamp(struct text *text, const char *value, size_t length)
{
    char out[MOMENT_SIZE];
    size_t printed = print_timestamp(value, length, out);
    put_string(text, out, printed);
    return printed > 0;
}

static bool put_value(struct text *text, const struct db_result *result, int row, int column,
                      enum db_kind kind)
{
    const char *value = db_text(result, row, column);
    size_t length = db_length(result, row, column);
    if (!reserve(text, VALUE_MOST(length))) {
        return false;
    }
    if (length == 0 && db_is_null(result, row, column)) {
        put(text, "null", 4);
        return true;
    }
    switch (kind) {
    case DB_INTEGER:
    case DB_DECIMAL:
        put(text, value, length);
        return true;
    case DB_BOOLEAN:
        put(text, value[0] == 't' ? "true" : "false", value[0] == 't' ? 4 : 5);
        return true;
    case DB_TIMESTAMP:
        return put_timestamp(text, value, length);
    case DB_JSON:
        text->used = (size_t)(print_compact(value, text->bytes + text->used) - text->bytes);
        return true;
    case DB_TEXT:
    default:
        put_string(text, value, length);
        return true;
    }
}

/* A column that becomes a member: the same in every row, and so made once. */
struct member {
    int column;
    enum db_kind kind;
    size_t name; /* where in the text of all names its own begins, with what is around it: ,"id": */
    size_t name_end;
};

struct members {
    struct text names;
    struct member *list;
    size_t count;
};

static bool members_init(struct members *members, const struct db_result *result)
{
    *members = (struct members){
        .names = {.bytes = malloc(TEXT_FIRST), .room = TEXT_FIRST},
        .list = calloc((size_t)db_columns(result) + 1, sizeof(*members->list))
    };
    bool ok = members->names.bytes != NULL && members->list != NULL;
    for (int column = 0; ok && column < db_columns(result); column++) {
        const char *name = db_column_name(result, column);
        size_t length = strlen(name);
        ok = reserve(&members->names, VALUE_MOST(length));
        if (!ok || name[0] == '_') {
            continue;
        }
        struct member *member = &members->list[members->count++];
        *member = (struct member){column, db_column_kind(result, column), members->names.used, 0};
        put(&members->names, members->count == 1 ? "{" : ",", 1);
        put_string(&members->names, name, length);
        put(&members->names, ":", 1);
        member->name_end = members->names.used;
    }
    return ok;
}

static void members_free(struct members *members)
{
    free(members->names.bytes);
    free(members->list);
}

static bool put_row(struct text *text, const struct members *members,
                    const struct db_result *result, int row)
{
    for (size_t i = 0; i < members->count; i++) {
        const struct member *member = &members->list[i];
        size_t size = member->name_end - member->name;
        if (!reserve(text, size)) {
            return false;
        }
        put(text, members->names.bytes + member->name, size);
        if (!put_value(text, result, row, member->column, member->kind)) {
            return false;
        }
    }
    if (!reserve(text, VALUE_MOST(0))) {
        return false;
    }
    put(text, "}", 1);
    return true;
}

static bool put_rows(struct text *text, const struct db_result *result, int count)
{
    struct members members;
    bool ok = members_init(&members, result) && reserve(text, VALUE_MOST(0));
    for (int row = 0; ok && row < count; row++) {
        put(text, row == 0 ? "[" : ",", 1);
        ok = put_row(text, &members, result, row) && reserve(text, VALUE_MOST(0));
    }
    members_free(&members);
    return ok;
}

struct json_object *json_from_first_rows(const struct db_result *result, int count)
{
    struct text text = {.bytes = malloc(TEXT_FIRST), .room = TEXT_FIRST};
    if (text.bytes == NULL || !put_rows(&text, result, count)) {
        free(text.bytes);
        return NULL;
    }
    put(&text, count <= 0 ? "[]" : "]", count <= 0 ? 3 : 2); /* with its NUL */
    return verbatim(text.bytes);
}

struct json_object *json_from_rows(const struct db_result *result)
{
    return json_from_first_rows(result, db_rows(result));
}

/* --- Trees -------------------------------------------------------------------------------------
 */

/* Adds an element to an array; puts both away and returns NULL where that is not possible. */
static struct json_object *add_element(struct json_object *array, struct json_object *element)
{
    if (element == NULL || json_object_array_add(array, element) != 0) {
        json_object_put(element);
        json_object_put(array);
        return NULL;
    }
    return array;
}

struct json_object *json_tree_from_row(const struct db_result *result, int row)
{
    struct json_object *object = json_from_row(result, row);
    for (int column = 0; object != NULL && column < db_columns(result); column++) {
        if (db_is_null(result, row, column) || db_column_kind(result, column) != DB_JSON) {
            continue;
        }
        struct json_object *tree = json_tokener_parse(db_text(result, row, column));
        if (tree == NULL ||
            json_object_object_add(object, db_column_name(result, column), tree) != 0) {
            json_object_put(tree);
            json_object_put(object);
            object = NULL;
        }
    }
    return object;
}

struct json_object *json_tree_from_rows(const struct db_result *result)
{
    struct json_object *array = json_object_new_array_ext(db_rows(result));
    for (int row = 0; array != NULL && row < db_rows(result); row++) {
        array = add_element(array, json_tree_from_row(result, row));
    }
    return array;
}

struct json_object *json_add(struct json_object *object, const char *member,
                             struct json_object *value)
{
    if (object == NULL || value == NULL || json_object_object_add(object, member, value) != 0) {
        json_object_put(value);
        return NULL;
    }
    return object;
}

struct json_object *json_add_text(struct json_object *object, const char *member, const char *value)
{
    if (object != NULL && value == NULL) {
        return json_object_object_add(object, member, NULL) == 0 ? object : NULL;
    }
    return json_add(object, member, value == NULL ? NULL : json_object_new_string(value));
}

struct json_object *json_add_integer(struct json_object *object, const char *member, int64_t value)
{
    return json_add(object, member, json_object_new_int64(value));
}

const char *json_text(struct json_object *object, size_t *size)
{
    return object == NULL
               ? NULL
               : json_object_to_json_string_length(
                     object, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE, size);
}
