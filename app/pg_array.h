/*
 * Arrays for PostgreSQL in its binary format (array_recv): a growing buffer that becomes one
 * parameter of a statement. Columns of a bulk write, a call with thousands of rows, travel so.
 */
#ifndef KABAIDO_PG_ARRAY_H
#define KABAIDO_PG_ARRAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum pg_array_type { PG_ARRAY_TEXT = 25, PG_ARRAY_INT4 = 23, PG_ARRAY_INT8 = 20 };

struct pg_array {
    char *bytes; /* kept by pg_array_clear() for the next rows */
    size_t size;
    size_t room;
    int32_t count;
    bool failed; /* memory was out, or it grew beyond PG_ARRAY_MOST */
};

enum { PG_ARRAY_MOST = 64 * 1024 * 1024 };

void pg_array_init(struct pg_array *array, enum pg_array_type type);
void pg_array_free(struct pg_array *array);

/* Empties it. */
void pg_array_clear(struct pg_array *array);

void pg_array_add_null(struct pg_array *array);
void pg_array_add_text(struct pg_array *array, const char *text, size_t length);
void pg_array_add_int4(struct pg_array *array, int32_t value);
void pg_array_add_int8(struct pg_array *array, int64_t value);

/* Writes the number of elements into the head: to be called before the bytes are sent. */
void pg_array_finish(struct pg_array *array);

#endif
