/*
 * What a command prints: one JSON document, or tables and lists for people, of the same JSON
 * objects. Times are shown to people in UTC.
 */
#ifndef KABAIDO_TOOL_OUTPUT_H
#define KABAIDO_TOOL_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>

#include "../key.h"

struct json_object;

/* How people see a member. */
enum output_form {
    OUTPUT_TEXT,    /* as it is */
    OUTPUT_MOMENT,  /* to the minute */
    OUTPUT_SECOND,  /* a moment to the second */
    OUTPUT_SCOPES,  /* an array's strings with commas, or "all" */
    OUTPUT_NAME,    /* an object's member "name" */
    OUTPUT_MEMBERS, /* an object's members that are not null: name=value, an array's with commas */
};

struct output_column {
    const char *member; /* of the JSON object */
    const char *title;
    enum output_form form;
    const char *absent; /* for null, or when there is no such member */
};

/* A table with a line for each object of an array, its columns aligned. */
void output_table(struct json_object *rows, const struct output_column *columns, size_t count);

/* A line for each member of one object, "title  value". */
void output_record(struct json_object *row, const struct output_column *columns, size_t count);

/* The object as a document on one line. */
void output_json(struct json_object *object);

/*
 * As output_json() with the whole key as first member, "key". The key goes straight from text to
 * the file: neither json-c nor stdio gets a copy that would stay behind.
 */
void output_json_with_key(struct json_object *object, const char text[KEY_LENGTH + 1]);

/* The whole key on a line of its own, as carefully. */
void output_key(const char text[KEY_LENGTH + 1]);

/* Writes out what is still buffered. False when not all could be written, also earlier. */
bool output_finish(void);

#endif
