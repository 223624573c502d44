/* JSON out, through json-c: columns to members, money from integers, decimals digit by digit. */
#include "json.h"

#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>

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
 */
static struct json_object *timestamp(const char *text, size_t length)
{
    char out[40];
    if (length < 22 || length >= sizeof(out) || strcmp(text + length - 3, "+00") != 0) {
        return NULL; /* infinity, or a year of five digits: no table of ours can hold it */
    }
    memcpy(out, text, length);
    out[10] = 'T';
    out[length - 3] = 'Z';
    return json_object_new_string_len(out, (int)length - 2);
}

/* The database's own digits: a double is only json-c's vessel for them and is never printed. */
static struct json_object *decimal(const char *text)
{
    return json_object_new_double_s(0, text);
}

/* The text without the spaces that jsonb puts between its tokens; the caller frees it. */
static char *compact(const char *text)
{
    char *out = malloc(strlen(text) + 1);
    char *end = out;
    bool in_string = false;
    for (; out != NULL && *text != '\0'; text++) {
        if (*text == ' ' && !in_string) {
            continue;
        }
        if (*text == '\\') {
            *end++ = *text++; /* what is escaped ends no string */
        } else if (*text == '"') {
            in_string = !in_string;
        }
        *end++ = *text;
    }
    if (out != NULL) {
        *end = '\0';
    }
    return out;
}

/* The database's own JSON, as it stands: reading it would clamp what does not fit in 64 bits. */
static struct json_object *verbatim(const char *text)
{
    struct json_object *object = json_object_new_object();
    char *copy = compact(text);
    if (object == NULL || copy == NULL) {
        json_object_put(object);
        free(copy);
        return NULL;
    }
    json_object_set_serializer(object, json_object_userdata_to_json_string, copy,
                               json_object_free_userdata);
    return object;
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
        *value = verbatim(text);
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

struct json_object *json_from_first_rows(const struct db_result *result, int count)
{
    struct json_object *array = json_object_new_array_ext(count);
    for (int row = 0; array != NULL && row < count; row++) {
        array = add_element(array, json_from_row(result, row));
    }
    return array;
}

struct json_object *json_from_rows(const struct db_result *result)
{
    return json_from_first_rows(result, db_rows(result));
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
