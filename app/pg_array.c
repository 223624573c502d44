/* Writes PostgreSQL's binary arrays of one dimension. */
#include "pg_array.h"

#include <stdlib.h>
#include <string.h>

/* Dimensions, a flag for nulls, the elements' type; then length and lower bound of the dimension.
 */
enum { HEAD_SIZE = 20, TYPE_AT = 8, COUNT_AT = 12, FIRST_ROOM = 4096 };

static void put_int4(char *at, uint32_t value)
{
    for (int i = 0; i < 4; i++) {
        at[i] = (char)(value >> (24 - 8 * i));
    }
}

/* Room for size more bytes, or NULL and failed. */
static char *grow(struct pg_array *array, size_t size)
{
    if (array->failed || size > PG_ARRAY_MOST - array->size) {
        array->failed = true;
        return NULL;
    }
    if (array->size + size > array->room) {
        size_t room = array->room == 0 ? FIRST_ROOM : array->room;
        while (room < array->size + size) {
            room *= 2;
        }
        char *bytes = realloc(array->bytes, room);
        if (bytes == NULL) {
            array->failed = true;
            return NULL;
        }
        array->bytes = bytes;
        array->room = room;
    }
    char *at = array->bytes + array->size;
    array->size += size;
    return at;
}

void pg_array_init(struct pg_array *array, enum pg_array_type type)
{
    *array = (struct pg_array){.bytes = NULL};
    char *head = grow(array, HEAD_SIZE);
    if (head != NULL) {
        put_int4(head, 1);
        put_int4(head + 4, 1);
        put_int4(head + TYPE_AT, (uint32_t)type);
        put_int4(head + COUNT_AT, 0);
        put_int4(head + COUNT_AT + 4, 1);
    }
}

void pg_array_free(struct pg_array *array)
{
    free(array->bytes);
    *array = (struct pg_array){.bytes = NULL};
}

void pg_array_clear(struct pg_array *array)
{
    array->size = array->size < HEAD_SIZE ? array->size : HEAD_SIZE;
    array->count = 0;
}

void pg_array_add_null(struct pg_array *array)
{
    char *at = grow(array, 4);
    if (at != NULL) {
        put_int4(at, UINT32_MAX);
        array->count++;
    }
}

void pg_array_add_text(struct pg_array *array, const char *text, size_t length)
{
    char *at = grow(array, 4 + length);
    if (at != NULL) {
        put_int4(at, (uint32_t)length);
        memcpy(at + 4, text, length);
        array->count++;
    }
}

void pg_array_add_int4(struct pg_array *array, int32_t value)
{
    char *at = grow(array, 8);
    if (at != NULL) {
        put_int4(at, 4);
        put_int4(at + 4, (uint32_t)value);
        array->count++;
    }
}

void pg_array_add_int8(struct pg_array *array, int64_t value)
{
    char *at = grow(array, 12);
    if (at != NULL) {
        put_int4(at, 8);
        put_int4(at + 4, (uint32_t)((uint64_t)value >> 32));
        put_int4(at + 8, (uint32_t)(uint64_t)value);
        array->count++;
    }
}

void pg_array_finish(struct pg_array *array)
{
    if (!array->failed) {
        put_int4(array->bytes + COUNT_AT, (uint32_t)array->count);
    }
}
