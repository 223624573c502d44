/*
 * A walk over JSON without a tree: each value is the slice of the text in which it stands. For
 * bodies that are too large to be made into objects.
 *
 * The document must have passed json_check(): nothing is checked again here.
 */
#ifndef KABAIDO_JSON_SLICE_H
#define KABAIDO_JSON_SLICE_H

#include <stdbool.h>
#include <stddef.h>

#include "arena.h"

/* Part of a document. kind: '{', '[', '"', '0' (a number), 't' (true or false), 'n' (null). */
struct json_slice {
    const char *text;
    size_t length;
    char kind;
};

/* Where a walk over an object's members or an array's elements stands. */
struct json_walk {
    const char *at;
};

/* The value of a whole document. */
struct json_slice json_slice_document(const char *text);

/* Begins a walk over an object or an array. */
struct json_walk json_walk_begin(struct json_slice container);

/* The next element of an array; false behind the last. */
bool json_walk_element(struct json_walk *walk, struct json_slice *element);

/* The next member of an object; name is a string with its quotes. False behind the last. */
bool json_walk_member(struct json_walk *walk, struct json_slice *name, struct json_slice *value);

/*
 * The text that a string means, in UTF-8: inside the document where nothing is escaped, else
 * decoded into the arena, without a NUL at its end. False when memory is out.
 */
bool json_slice_text(struct arena *arena, struct json_slice string, const char **text,
                     size_t *length);

/* True when a string means this word. Words are plain ASCII. */
bool json_slice_is(struct arena *arena, struct json_slice string, const char *word);

#endif
